import type { Part, Role } from '../../faults/part.ts'
import { isCurrent } from '../../model/sight.ts'
import type { State } from '../../model/state.ts'
import { coordinatorOf, EXECUTOR, RECOVERY, shardedOf, shardNames } from './known.ts'

export const roles = [
  { name: 'shard', kind: 'node' },
  { name: 'shards', kind: 'node' },
] as const satisfies readonly Role[]

/** The parts that are in a role at this moment: one shard is as good as another. */
export function inRole(role: string, parts: readonly Part[], state: State): readonly string[] {
  const shards = shardNames(state).filter((name) => parts.some((part) => part.name === name))
  return role === 'shard' ? shards.slice(0, 1) : shards
}

/** What would remain if these services were gone now, a sentence a line. */
export function whatRemains(state: State, services: readonly string[]): readonly string[] {
  const { lab } = state
  const isGone = (part: string | null) => part !== null && services.includes(lab?.containerOf[part] ?? '')
  const shards = shardNames(state)
  const gone = shards.filter(isGone)
  const left = shards.filter((name) => !isGone(name))
  const silent = left.filter((name) => !isCurrent(shardedOf(state).shards[name], state.atMs))
  const unheard =
    silent.length > 0 ? [`Of those ${silent.join(', ')} ${silent.length === 1 ? 'does' : 'do'} not answer.`] : []
  return [
    ...(isGone(EXECUTOR) ? ['No client can begin a transaction; what is under way is left as it is.'] : []),
    ...(isGone(RECOVERY) ? ['Nobody settles what an executor leaves.'] : []),
    ...(isGone(coordinatorOf(state)) ? ['Nothing can be decided by two-phase commit.'] : []),
    ...(gone.length > 0
      ? [`${left.length} of ${shards.length} shards: no transaction that spans the others can commit.`, ...unheard]
      : []),
  ]
}
