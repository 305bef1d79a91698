import type { State as CoreState } from '../../model/state.ts'
import { formatDuration } from '../../model/units.ts'
import { many } from '../../model/words.ts'
import { problemsOfContainers, problemsOfSource } from '../problems.ts'
import { coordinatorOf, EXECUTOR, inDoubtOf, shardedOf, shardNames } from './known.ts'

/** What keeps it from being whole, one short reason a part; empty when it is healthy. */
export function problemsOf(state: CoreState): string[] {
  if (state.lab === null) return ['nothing has been seen yet']
  const { gids, oldestMs } = inDoubtOf(state)
  return [
    ...problemsOfParts(state),
    ...(gids.length === 0
      ? []
      : [`${many(gids.length, 'transaction is', 'transactions are')} in doubt, for up to ${formatDuration(oldestMs)}`]),
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
    ...problemsOfSource(EXECUTOR, executor),
    ...shardNames(state).flatMap((name) => problemsOfSource(name, shards[name])),
    ...(coordinator === null ? [] : problemsOfSource(coordinator, decisions)),
  ]
}
