import { nothing, onReach, type Remark, type Remarks } from '../../model/remark.ts'
import type { Haproxy, HaproxyListener, HaproxyServer } from './events.ts'
import { leadingProxy, statsOf } from './proxies.ts'
import type { State } from './state.ts'

/** A HAProxy away or back; and of the one that clients get to, every server that went UP or DOWN in a listener. */
export function describeHaproxy(before: State, name: string, after: State): Remarks {
  const [was, is] = [statsOf(before, name), statsOf(after, name)]
  const reach = onReach(was, is, { atMs: after.atMs, source: name, who: 'HAProxy' })
  const proxy = leadingProxy(after)
  if (was.value === null || is.value === null || was.value === is.value || proxy?.name !== name) return reach
  const known = was.value.listeners
  return [...reach, ...is.value.listeners.flatMap((listener) => onServers(known, listener, proxy))]
}

function nameOf({ leader, replicas }: Haproxy, { proxy }: HaproxyListener): string {
  const known = [leader, replicas].find((listener) => listener.proxy === proxy)
  return known ? `${proxy} (${known.port})` : proxy
}

function onServers(before: readonly HaproxyListener[], listener: HaproxyListener, of: Haproxy): Remarks {
  const { proxy, servers } = listener
  const known = before.find((each) => each.proxy === proxy)?.servers
  if (known === undefined) return nothing
  const changed = servers.filter((server) => known.find((each) => each.name === server.name)?.isUp !== server.isUp)
  if (changed.length === 0) return nothing
  const [source, text] = [of.name, `${nameOf(of, listener)}: ${changed.map(say).join(', ')}`]
  if (!servers.some((server) => server.isUp)) {
    return [{ level: 'bad', source, text: `${text}; no server is left in ${proxy}` }]
  }
  const level: Remark['level'] = changed.every((server) => server.isUp) ? 'good' : 'warn'
  return [{ level, source, text }]
}

function say({ name, isUp, status, checkStatus }: HaproxyServer): string {
  // Other words than UP and DOWN are HAProxy's own (MAINT, DRAIN, no check): they say why.
  const word = /^(UP|DOWN)\b/.test(status) ? (isUp ? 'UP' : 'DOWN') : status
  return `${name} ${word}${checkStatus ? ` (${checkStatus})` : ''}`
}
