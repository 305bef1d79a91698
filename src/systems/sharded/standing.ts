import { age } from '../../draw/format.ts'
import { sight } from '../../model/sight.ts'
import type { State } from '../../model/state.ts'
import { many } from '../../model/words.ts'
import type { Standing } from '../shown.ts'
import { coordinatorOf, inDoubtOf, shardedOf, shardNames } from './known.ts'

/** How it stands: nobody leads; what cannot wait is who does not answer, and what is in doubt. */
export function standing(state: State, nowMs: number): Standing {
  const { executor, decisions } = shardedOf(state)
  const awaited =
    executor.checkedAtMs === null ? 'the executor' : decisions.checkedAtMs === null ? 'the decision log' : null
  return { leader: null, alarm: awaited === null ? alarmOf(state, nowMs) : null, awaited }
}

function alarmOf(state: State, nowMs: number): Standing['alarm'] {
  const { executor, shards, decisions } = shardedOf(state)
  const gone = shardNames(state).filter((name) => {
    const { type } = sight(shards[name], nowMs)
    return type === 'unreachable' || type === 'silent'
  })
  const { gids, oldestMs } = inDoubtOf(state)
  if (gids.length > 0) {
    return { word: 'IN DOUBT', why: `${many(gids.length, 'transaction')}, for ${age(oldestMs)}` }
  }
  if (gone.length > 0) return { word: 'SHARD GONE?', why: gone.join(', ') }
  const serves = sight(executor, nowMs)
  if (serves.type === 'unreachable') return { word: 'NO EXECUTOR', why: `no answer for ${age(serves.forMs)}` }
  const logs = sight(decisions, nowMs)
  if (logs.type !== 'unreachable') return null
  return { word: 'NO DECISION LOG', why: `${coordinatorOf(state)} does not answer for ${age(logs.forMs)}` }
}
