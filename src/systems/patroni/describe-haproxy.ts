import { nothing, onReach, type Remark, type Remarks } from '../../model/remark.ts'
import type { HaproxyListener, HaproxyServer } from './events.ts'
import { SECOND_PROXY } from './second-proxy.ts'
import type { State } from './state.ts'

/** HAProxy away or back, and every server that went UP or DOWN in a listener. */
export function describeHaproxy(before: State, after: State): Remarks {
  const reach = onReach(before.haproxy, after.haproxy, { atMs: after.atMs, source: 'haproxy', who: 'HAProxy' })
  const [was, is] = [before.haproxy.value, after.haproxy.value]
  if (was === null || is === null || was === is) return reach
  return [...reach, ...is.listeners.flatMap((listener) => onServers(was.listeners, listener, portOf(after, listener)))]
}

/** The second proxy away or back: to whom it leads is as with the first. */
export function describeSecondProxy(before: State, after: State): Remarks {
  const who = { atMs: after.atMs, source: SECOND_PROXY, who: 'the second HAProxy' }
  return onReach(before.secondProxy, after.secondProxy, who)
}

function portOf(state: State, { proxy }: HaproxyListener): string {
  const { leader, replicas } = state.lab?.listeners ?? {}
  const known = [leader, replicas].find((listener) => listener?.proxy === proxy)
  return known ? `${proxy} (${known.port})` : proxy
}

function onServers(before: readonly HaproxyListener[], { proxy, servers }: HaproxyListener, name: string): Remarks {
  const known = before.find((listener) => listener.proxy === proxy)?.servers
  if (known === undefined) return nothing
  const changed = servers.filter((server) => known.find((each) => each.name === server.name)?.isUp !== server.isUp)
  if (changed.length === 0) return nothing
  const text = `${name}: ${changed.map(say).join(', ')}`
  if (!servers.some((server) => server.isUp)) {
    return [{ level: 'bad', source: 'haproxy', text: `${text}; no server is left in ${proxy}` }]
  }
  const level: Remark['level'] = changed.every((server) => server.isUp) ? 'good' : 'warn'
  return [{ level, source: 'haproxy', text }]
}

function say({ name, isUp, status, checkStatus }: HaproxyServer): string {
  // Other words than UP and DOWN are HAProxy's own (MAINT, DRAIN, no check): they say why.
  const word = /^(UP|DOWN)\b/.test(status) ? (isUp ? 'UP' : 'DOWN') : status
  return `${name} ${word}${checkStatus ? ` (${checkStatus})` : ''}`
}
