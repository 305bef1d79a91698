import { fresh, type Seen } from '../../model/seen.ts'
import type { State as CoreState } from '../../model/state.ts'
import { formatDuration } from '../../model/units.ts'
import { coordinatorOf, EXECUTOR, inDoubtOf, shardedOf, shardNames } from './known.ts'

/** What keeps it from being whole, one short reason a part; empty when it is healthy. */
export function problemsOf(state: CoreState): string[] {
  if (state.lab === null) return ['nothing has been seen yet']
  const { gids, oldestMs } = inDoubtOf(state)
  const doubt = gids.length === 1 ? '1 transaction is' : `${gids.length} transactions are`
  return [
    ...problemsOfParts(state),
    ...(gids.length === 0 ? [] : [`${doubt} in doubt, for up to ${formatDuration(oldestMs)}`]),
  ]
}

/** Whether all that it consists of answers, whatever is in doubt. */
export function isAnswering(state: CoreState): boolean {
  return state.lab !== null && problemsOfParts(state).length === 0
}

function problemsOfParts(state: CoreState): string[] {
  const { executor, shards, decisions } = shardedOf(state)
  const coordinator = coordinatorOf(state)
  return [
    ...problemsOfContainers(state),
    ...problemOf(EXECUTOR, executor),
    ...shardNames(state).flatMap((name) => problemOf(name, shards[name])),
    ...(coordinator === null ? [] : problemOf(coordinator, decisions)),
  ]
}

function problemOf(part: string, seen: Seen<unknown> | undefined): string[] {
  if (seen === undefined || seen.checkedAtMs === null) return [`${part}: not seen yet`]
  return fresh(seen) === null ? [`${part}: it does not answer (${seen.error})`] : []
}

function problemsOfContainers({ engine, lab, containers }: CoreState): string[] {
  if (engine.unreachableSinceMs !== null) return []
  return Object.values(lab?.containerOf ?? {}).flatMap((service) => {
    const known = containers[service]
    if (known === undefined || known.container?.state === 'running') return []
    return [`${service}: its container ${known.container === null ? 'does not exist' : `is ${known.container.state}`}`]
  })
}
