import { fresh, neverSeen, type Seen } from '../../model/seen.ts'
import type { Haproxy, HaproxyListener, HaproxyRead, HaproxyStats, Listener, PatroniShape } from './events.ts'
import type { State } from './state.ts'

/** What is asked of a state here. */
type Known = Pick<State, 'lab' | 'proxies'>

/** The proxies that are there: an optional one whose container was removed is no part of the lab any more. */
export function proxiesOf({ lab, containers }: Pick<State, 'lab' | 'containers'>): readonly Haproxy[] {
  const isGone = ({ name, isOptional }: Haproxy) => {
    const service = lab?.containerOf[name]
    return isOptional === true && service !== undefined && containers[service]?.container === null
  }
  return (lab?.proxies ?? []).filter((proxy) => !isGone(proxy))
}

/** Those that the clients of this run know, in the order in which they try them: the first alone, or more. */
export function clientProxies({ lab, traffic }: Pick<State, 'lab' | 'traffic'>): readonly Haproxy[] {
  return (lab?.proxies ?? []).slice(0, traffic.settings?.endpoints ?? 1)
}

/** The first that clients know and that answers, or else the first: who it leads to is who clients get to. */
export function leadingProxy(state: Known & Pick<State, 'traffic'>): Haproxy | null {
  const known = clientProxies(state)
  return known.find(({ name }) => fresh(state.proxies[name]) !== null) ?? known[0] ?? null
}

/** What its statistics page has said. */
export function statsOf({ proxies }: Pick<State, 'proxies'>, name: string): Seen<HaproxyStats> {
  return proxies[name] ?? neverSeen
}

/** Whose reading it is. */
export function readProxy({ proxy }: Pick<HaproxyRead, 'proxy'>, lab: PatroniShape | null): string {
  return proxy ?? lab?.proxies[0]?.name ?? FIRST_PROXY
}

/** What the first proxy is called where the definition does not say. */
export const FIRST_PROXY = 'haproxy'

export function listenerIn(stats: HaproxyStats | null, { proxy }: Listener): HaproxyListener | null {
  return stats?.listeners.find((each) => each.proxy === proxy) ?? null
}

/** The servers of a listener that it leads to. */
export function upIn(stats: HaproxyStats | null, listener: Listener): readonly string[] {
  return (listenerIn(stats, listener)?.servers ?? []).filter(({ isUp }) => isUp).map(({ name }) => name)
}
