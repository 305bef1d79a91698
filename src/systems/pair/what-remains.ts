import { bytes } from '../../draw/format.ts'
import { isCurrent } from '../../model/sight.ts'
import type { State as CoreState } from '../../model/state.ts'
import { isStreaming, lagBytesOf, leaderOf, standbysOf } from './health.ts'
import { pairOf } from './known.ts'

/** What would remain if these services were gone now, a sentence a line. */
export function whatRemains(state: CoreState, services: readonly string[]): readonly string[] {
  const { lab } = state
  const isGone = (node: string) => services.includes(lab?.containerOf[node] ?? '')
  const proxies = Object.keys(lab?.containerOf ?? {}).filter((part) => !lab?.nodes.includes(part))
  const leader = leaderOf(state)
  const [standby] = standbysOf(state)
  return [
    ...(proxies.some(isGone) ? ['No client reaches the pair through its proxy, and nobody is promoted.'] : []),
    ...ofServers(state, leader, standby ?? null, isGone, proxies.some(isGone)),
  ]
}

function ofServers(
  state: CoreState,
  leader: string | null,
  standby: string | null,
  isGone: (node: string) => boolean,
  isProxyGone: boolean,
): readonly string[] {
  if (leader !== null && isGone(leader)) {
    const unheard = (state.lab?.nodes ?? []).filter((node) => node !== leader && !isGone(node) && !isHeard(state, node))
    if (standby === null && unheard.length > 0)
      return [`Whether anybody could take over is not known: ${unheard.join(', ')} does not answer.`]
    if (standby === null || isGone(standby)) return ['Nobody could take over: no server would take writes.']
    if (isProxyGone) return [`${standby} stays a standby: there is no proxy to promote it.`]
    const { status } = pairOf(state)
    if (!isCurrent(status, state.atMs))
      return [`The proxy does not answer: whether it would promote ${standby} is not known.`]
    const { settings } = status.value ?? {}
    const when = settings
      ? `after ${settings.fall} failed checks over ${settings.overMs / 1_000} s`
      : 'as soon as a session breaks'
    const lag = lagBytesOf(state, standby)
    const lost = lag === null ? '' : ` (now: ${bytes(lag)})`
    return [
      `The proxy promotes ${standby} ${when}; there is no other standby then.`,
      `What ${standby} has not received is lost${lost}.`,
    ]
  }
  if (leader === null) {
    const isServer = (state.lab?.nodes ?? []).some(isGone)
    return isServer
      ? ['Whether a server would be left that takes writes is not known: nobody has been seen to lead.']
      : []
  }
  const gone = (state.lab?.nodes ?? []).filter((node) => node !== leader && isGone(node))
  if (gone.length === 0) return []
  if (!isHeard(state, leader))
    return [`The proxy leads to ${leader}, which does not answer: it may be gone, and nobody could take over.`]
  const had = gone.some((node) => isStreaming(state, node)) ? '' : ', as it is now'
  return [`${leader} has no standby${had}: nobody could take over, and what it takes is on one server.`]
}

function isHeard(state: CoreState, node: string): boolean {
  return isCurrent(state.nodes[node]?.postgres, state.atMs)
}
