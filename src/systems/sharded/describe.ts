import type { LabEvent } from '../../model/events.ts'
import { nothing, onReach, type Remark, type Remarks } from '../../model/remark.ts'
import type { State as CoreState } from '../../model/state.ts'
import { coordinatorOf, EXECUTOR, inDoubtOf, shardedOf } from './known.ts'

/** What an event changed, for people. */
export function describeSharded(before: CoreState, event: LabEvent, after: CoreState): Remarks {
  const [was, is] = [shardedOf(before), shardedOf(after)]
  const { atMs } = after
  switch (event.type) {
    case 'sharded.executor':
      return onReach(was.executor, is.executor, { atMs, source: EXECUTOR, who: 'the executor' })
    case 'sharded.decisions':
      return onReach(was.decisions, is.decisions, { atMs, source: coordinatorOf(after) ?? '', who: 'the decision log' })
    case 'sharded.shard':
      return onDoubt(inDoubtOf(before).gids, inDoubtOf(after).gids, event.node)
    default:
      return nothing
  }
}

/** When the first comes to be in doubt, and when the last is settled. */
function onDoubt(was: readonly string[], is: readonly string[], source: string): readonly Remark[] {
  if (was.length === 0 && is.length > 0) return [{ level: 'bad', source, text: `${is[0]} is in doubt` }]
  return was.length > 0 && is.length === 0 ? [{ level: 'good', source, text: 'nothing is in doubt any more' }] : []
}
