import { age } from '../../draw/format.ts'
import { sight } from '../../model/sight.ts'
import type { State } from '../../model/state.ts'
import type { Standing } from '../shown.ts'
import { gatewayOf, shardsOf } from './known.ts'

/** How the store stands: by the gateway's word who leads each shard. */
export function standing(state: State, nowMs: number): Standing {
  const gateway = sight(gatewayOf(state), nowMs)
  if (gatewayOf(state).value === null) return { leader: null, alarm: null, awaited: 'a gateway' }
  const shards = shardsOf(state)
  const names = shards.map(({ leader, isSettled }) => (isSettled ? (leader ?? 'none') : 'none'))
  // A new one that holds nothing yet has still to be led; nobody lacks it.
  const leaderless = shards
    .filter(({ leader, isSettled, slots }) => slots > 0 && (leader === null || !isSettled))
    .map(({ id }) => id)
  return {
    leader: { title: 'shards led by', names, isConfirmed: gateway.type === 'fresh' },
    alarm:
      gateway.type === 'unreachable'
        ? { word: 'NO GATEWAY', why: `no answer for ${age(gateway.forMs)}` }
        : leaderless.length > 0
          ? { word: 'SHARD WITHOUT A LEADER', why: leaderless.join(', ') }
          : null,
    awaited: null,
  }
}
