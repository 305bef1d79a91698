import { age } from '../../draw/format.ts'
import { fresh } from '../../model/seen.ts'
import type { State } from '../../model/state.ts'
import { registrationsOf, shapeOf } from './known.ts'

/** A registration that waits for longer, where nobody has to ask for it to be brought, waits for something broken. */
const OVERDUE_MS = 10_000

/** What keeps the registrations from being whole, one short reason a part; empty when all is well. */
export function problemsOf(state: State): string[] {
  if (state.lab === null) return ['nothing has been seen yet']
  const { master, shards, apps } = shapeOf(state.lab)
  return [
    ...problemsOfContainers(state),
    ...[master, ...shards].flatMap((name) => problemsOfServer(state, name)),
    ...shards.flatMap((name) => problemsOfShard(state, name)),
    ...apps.flatMap((name) => problemsOfApp(state, name)),
  ]
}

function problemsOfContainers({ engine, lab, containers }: State): string[] {
  if (engine.unreachableSinceMs !== null) return []
  return Object.values(lab?.containerOf ?? {}).flatMap((service) => {
    const known = containers[service]
    if (known === undefined || known.container?.state === 'running') return []
    const { container } = known
    if (container === null) return [`${service}: its container does not exist`]
    const code =
      container.exitCode === null ? '' : ` with exit code ${container.exitCode}: docker logs ${container.name}`
    return [`${service}: its container is ${container.state}${code}`]
  })
}

function problemsOfServer(state: State, name: string): string[] {
  const own = registrationsOf(state)
  const seen = name === shapeOf(state.lab).master ? own.master : own.shards[name]?.seen
  if (seen === undefined || seen.checkedAtMs === null) return [`${name}: not seen yet`]
  return seen.unreachableSinceMs === null ? [] : [`${name}: PostgreSQL does not answer (${seen.error})`]
}

function problemsOfShard(state: State, name: string): string[] {
  const reading = fresh(registrationsOf(state).shards[name]?.seen)
  if (reading === null || reading.slot === null) return []
  const { unsynced, oldestMs, slot } = reading
  return [
    ...(slot.isActive ? [] : [`${name}: the master does not read from its slot`]),
    ...(oldestMs !== null && oldestMs > OVERDUE_MS
      ? [`${name}: ${unsynced} registrations wait for the master, the oldest for ${age(oldestMs)}`]
      : []),
  ]
}

function problemsOfApp(state: State, name: string): string[] {
  const seen = registrationsOf(state).apps[name]
  if (seen === undefined || seen.checkedAtMs === null) return [`${name}: not seen yet`]
  if (seen.unreachableSinceMs !== null) return [`${name}: it does not answer (${seen.error})`]
  const troubles = Object.entries(seen.value?.troubles ?? {})
  return troubles.map(([server, trouble]) => `${name}: ${server} is ${trouble}`)
}
