import { age } from '../../draw/format.ts'
import { type Sight, sight } from '../../model/sight.ts'
import type { State } from '../../model/state.ts'
import type { Standing } from '../shown.ts'
import { leaderOf } from './health.ts'
import { pairOf } from './known.ts'

/** How the pair stands: by the proxy's word who leads, and by the servers' own who takes writes. */
export function standing(state: State, nowMs: number): Standing {
  const leader = leaderOf(state)
  if (leader === null) return { leader: null, alarm: null, awaited: 'the proxy' }
  const proxy = sight(pairOf(state).status, nowMs)
  const servers = (state.lab?.nodes ?? []).map((name) => ({ name, seen: sight(state.nodes[name]?.postgres, nowMs) }))
  const isConfirmed = proxy.type === 'fresh' && servers.some(({ name, seen }) => name === leader && isPrimary(seen))
  return {
    leader: { title: 'leader', names: [leader], isConfirmed },
    alarm: alarmOf(servers, proxy, leader),
    awaited: null,
  }
}

interface Server {
  readonly name: string
  readonly seen: Sight<{ readonly isInRecovery: boolean }>
}

function isPrimary(seen: Server['seen']): boolean {
  return seen.type === 'fresh' && !seen.value.isInRecovery
}

/** The gravest of what is true. */
function alarmOf(servers: readonly Server[], proxy: Sight<unknown>, leader: string): Standing['alarm'] {
  const primaries = servers.filter(({ seen }) => isPrimary(seen)).map(({ name }) => name)
  if (primaries.length > 1) return { word: 'TWO PRIMARIES', why: primaries.join(', ') }
  const led = servers.find(({ name }) => name === leader)?.seen
  if (led?.type === 'unreachable' || led?.type === 'silent')
    return { word: 'LEADER GONE?', why: `no answer for ${age(led.forMs)}` }
  if (led?.type === 'fresh' && primaries.length === 0) return { word: 'NO PRIMARY', why: `${leader} is in recovery` }
  return proxy.type === 'unreachable' ? { word: 'NO PROXY', why: `no answer for ${age(proxy.forMs)}` } : null
}
