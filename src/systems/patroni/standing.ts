import { age } from '../../draw/format.ts'
import { sight } from '../../model/sight.ts'
import type { Standing } from '../shown.ts'
import { primariesNow } from './panels/agreement.ts'
import { keyWord } from './panels/leader-key.ts'
import { quorumWord } from './quorum.ts'
import type { State } from './state.ts'

/** Who holds the leader key, and what cannot wait. */
export function standing(state: State, nowMs: number): Standing {
  const key = keyWord(state, nowMs)
  return {
    leader:
      key.type === 'never'
        ? null
        : {
            title: 'leader',
            names: key.type === 'held' ? [key.holder] : [],
            isConfirmed: key.unconfirmedForMs === null,
          },
    alarm: alarmOf(state, nowMs),
    awaited: key.type === 'never' ? 'the leader key' : null,
  }
}

/** The gravest of what is true. */
function alarmOf(state: State, nowMs: number): Standing['alarm'] {
  const primaries = primariesNow(state, nowMs)
  if (primaries.length > 1) return { word: 'TWO PRIMARIES', why: primaries.join(', ') }
  const quorum = quorumWord(state, nowMs)
  if (quorum.hasQuorum === false) {
    return { word: 'NO QUORUM', why: `${quorum.answering} of ${quorum.members} etcd members answer` }
  }
  const key = keyWord(state, nowMs)
  if (key.type === 'none') return { word: 'NO LEADER', why: `no leader key for ${age(key.forMs)}` }
  const own = key.type === 'held' ? sight(state.nodes[key.holder]?.patroni, nowMs) : null
  return own?.type === 'unreachable' || own?.type === 'silent'
    ? { word: 'LEADER GONE?', why: `no answer for ${age(own.forMs)}, key not expired yet` }
    : null
}
