import { age } from '../../draw/format.ts'
import { fresh } from '../../model/seen.ts'
import type { State } from '../../model/state.ts'
import { problemsOfContainers, problemsOfSource } from '../problems.ts'
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

function problemsOfServer(state: State, name: string): string[] {
  const own = registrationsOf(state)
  const seen = name === shapeOf(state.lab).master ? own.master : own.shards[name]?.seen
  return problemsOfSource(name, seen, 'PostgreSQL')
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
  const troubles = Object.entries(fresh(seen)?.troubles ?? {})
  return [...problemsOfSource(name, seen), ...troubles.map(([server, trouble]) => `${name}: ${server} is ${trouble}`)]
}
