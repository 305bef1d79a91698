import type { LabEvent } from '../../model/events.ts'
import type { HaproxyRead, Listener, PatroniShape, ProxyCheck } from './events.ts'

/** Up to 21 November 2026, 0.1.0 knew one HAProxy and perhaps a second, each by keys and events of its own. */
type Older =
  | (Omit<LabEvent & { type: 'run.started' }, 'lab'> & { readonly lab: OlderShape })
  | (Omit<LabEvent & HaproxyRead, 'type' | 'proxy'> & { readonly type: 'second-proxy.stats' })

type OlderShape = Omit<PatroniShape, 'proxies'> & {
  readonly listeners?: Listeners | null
  readonly secondProxy?: Listeners
  readonly proxyCheck?: ProxyCheck | null
}

interface Listeners {
  readonly leader: Listener
  readonly replicas: Listener
}

const SECOND = 'haproxy2'

/** What older recordings of a Patroni cluster say otherwise, as this version says it. */
export function asToday(written: LabEvent): LabEvent {
  const event = written as LabEvent | Older
  switch (event.type) {
    case 'second-proxy.stats':
      return { ...event, type: 'haproxy.stats', proxy: SECOND }
    case 'run.started':
      return 'proxies' in event.lab ? written : { ...event, lab: withProxies(event.lab as OlderShape) }
    default:
      return written
  }
}

function withProxies({ listeners, secondProxy, proxyCheck, ...lab }: OlderShape): PatroniShape {
  const check = proxyCheck === undefined ? {} : { check: proxyCheck }
  return {
    ...lab,
    proxies: [
      ...(listeners ? [{ name: 'haproxy', ...listeners, ...check }] : []),
      ...(secondProxy ? [{ name: SECOND, ...secondProxy, ...check, isOptional: true as const }] : []),
    ],
  }
}
