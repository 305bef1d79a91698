import { setTimeout as sleep } from 'node:timers/promises'
import type { Neighbour } from '../../../docker/neighbours.ts'
import type { Address } from '../../../model/address.ts'
import type { HaproxyListener } from '../events.ts'
import { parseStats, proxiesIn } from '../observe/haproxy.ts'
import type { FoundMember } from './discover-members.ts'
import { ask, open, speaksHttp, urlOf, waysTo } from './reach.ts'

export interface FoundHaproxy {
  readonly container: Neighbour | null
  readonly stats: string
  /** The listener that leads to the leader alone, and the one that leads to the others; null where none was found. */
  readonly leader: FoundListener | null
  readonly replicas: FoundListener | null
  /** HAProxy's names of the nodes' servers, where neither name nor address tells; only those that are certain. */
  readonly servers: Readonly<Record<string, string>>
  readonly proxies: readonly string[]
}

interface FoundListener {
  readonly proxy: string
  /** Null when none of the ports that were tried leads there. */
  readonly address: Address | null
}

interface Where {
  readonly members: readonly FoundMember[]
  readonly hosts: readonly string[]
  readonly neighbours: readonly Neighbour[]
}

const PORTS = [7000, 7001, 8404, 1936, 9000, 8080]
const PATHS = ['/;csv', '/stats;csv', '/haproxy?stats;csv', '/haproxy_stats;csv', '/haproxy-stats;csv']
const LISTENER_PORTS = [5000, 5001, 5432, 5433, 6432]

/** One beside the nodes is theirs, whatever it calls its servers; one elsewhere only when it has a server of theirs. */
export async function discoverHaproxy(where: Where, signal: AbortSignal): Promise<FoundHaproxy | null> {
  const found = await findStats(where, signal)
  if (found === null) return null
  const { stats, csv, container, address } = found
  const proxies = proxiesIn(csv)
  const listeners = parseStats(csv, proxies, ({ name, address }) => nodeOf(where.members, name, address))
  const leader = where.members.find(({ isLeader }) => isLeader)?.name ?? null
  const others = where.members.filter(({ isLeader }) => !isLeader).map(({ name }) => name)
  // A listener of one UP server among several leads to the leader, whatever that server is called.
  const nodes = where.members.length
  const toLeader = listeners.find((each) => each.servers.length >= nodes && isOnly(upIn(each), leader, where.members))
  const toOthers = listeners.find(
    (each) => each !== toLeader && each.servers.length >= nodes && isRest(upIn(each), others, toLeader),
  )
  const ports =
    container === null ? LISTENER_PORTS.map((port) => ({ host: address.host, port })) : ownPorts(container, address)
  const at = await portsOf(ports, stats, proxies, signal)
  const listener = (each: HaproxyListener | undefined) =>
    each === undefined ? null : { proxy: each.proxy, address: at.get(each.proxy) ?? null }
  const servers = strangersOf(toLeader, leader, others)
  return { container, stats, proxies, leader: listener(toLeader), replicas: listener(toOthers), servers }
}

async function findStats({ members, hosts, neighbours }: Where, signal: AbortSignal) {
  // The usual ports first: what does not speak HTTP, as PostgreSQL behind a listener, is to be asked last, if at all.
  const beside = neighbours.flatMap((container) => {
    const own = container.ports.map(({ inside }) => inside).filter((port) => !LISTENER_PORTS.includes(port))
    const ports = [...new Set([...PORTS, ...own])]
    const ways = ports.flatMap((port) => waysTo(container, port))
    return ways.map((address) => ({ container: container as Neighbour | null, address }))
  })
  const elsewhere = hosts.flatMap((host) => PORTS.map((port) => ({ container: null, address: { host, port } })))
  for (const { container, address } of [...beside, ...elsewhere]) {
    if (!(await speaksHttp(address, signal))) continue
    for (const path of PATHS) {
      const stats = urlOf(address, path)
      const csv = await ask(stats, signal)
      if (csv?.startsWith('# pxname,') && (container !== null || isTheirs(csv, members))) {
        return { stats, csv, container, address }
      }
    }
  }
  return null
}

function isTheirs(csv: string, members: readonly FoundMember[]): boolean {
  let isKnown = false
  parseStats(csv, proxiesIn(csv), ({ name, address }) => {
    isKnown ||= nodeOf(members, name, address) !== null
    return null
  })
  return isKnown
}

function nodeOf(members: readonly FoundMember[], name: string, address: string | null): string | null {
  const byName = members.find((member) => member.name === name)
  return (byName ?? members.find(({ host, port }) => address === `${host}:${port}`))?.name ?? null
}

function upIn({ servers }: HaproxyListener): readonly string[] {
  return servers.filter(({ isUp }) => isUp).map(({ name }) => name)
}

function isOnly(up: readonly string[], leader: string | null, members: readonly FoundMember[]): boolean {
  const [only] = up
  if (up.length !== 1 || only === undefined || members.length < 2) return false
  return only === leader || !members.some(({ name }) => name === only)
}

/** All but the server of the leader. */
function isRest(up: readonly string[], others: readonly string[], toLeader: HaproxyListener | undefined): boolean {
  const [leader] = toLeader === undefined ? [] : upIn(toLeader)
  return up.length > 0 && up.length >= others.length && leader !== undefined && !up.includes(leader)
}

/** The leader's server is the one that is UP; of two nodes the other is the other's. */
function strangersOf(toLeader: HaproxyListener | undefined, leader: string | null, others: readonly string[]) {
  const [only] = toLeader === undefined ? [] : upIn(toLeader)
  if (toLeader === undefined || leader === null || only === undefined || only === leader) return {}
  const [rest, ...more] = toLeader.servers.map(({ name }) => name).filter((name) => name !== only)
  const [other] = others
  const isPair = rest !== undefined && more.length === 0 && other !== undefined && others.length === 1
  return { [leader]: only, ...(isPair && rest !== other ? { [other]: rest } : {}) }
}

function ownPorts(container: Neighbour, stats: Address): readonly Address[] {
  const inside = [
    ...new Set([...container.ports.map((port) => port.inside), ...(container.ports.length > 0 ? [] : LISTENER_PORTS)]),
  ]
  const ways = inside.flatMap((port) => waysTo(container, port).slice(0, 1))
  return ways.filter(({ host, port }) => host !== stats.host || port !== stats.port)
}

/** Several at once, so that they stand out from the sessions that others open meanwhile. */
const CALLS = 7

/** Which port leads to which proxy: connections are opened, and the statistics asked whose sessions they are. */
async function portsOf(
  ports: readonly Address[],
  stats: string,
  proxies: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Address>> {
  const found = new Map<string, Address>()
  for (const address of ports) {
    const before = await sessionsOf(stats, proxies, signal)
    const sockets = await Promise.all(Array.from({ length: CALLS }, () => open(address)))
    const proxy = sockets.includes(null) ? null : await grownSince(before, stats, proxies, signal)
    for (const socket of sockets) socket?.destroy()
    if (proxy !== null && !found.has(proxy)) found.set(proxy, address)
  }
  return found
}

/** The one proxy that has so many sessions more; it may take a moment to count them. Null when it is none, or several. */
async function grownSince(
  before: ReadonlyMap<string, number>,
  stats: string,
  proxies: readonly string[],
  signal: AbortSignal,
): Promise<string | null> {
  for (let look = 1; look <= LOOKS; look++) {
    const now = await sessionsOf(stats, proxies, signal)
    const grown = proxies.filter((proxy) => (now.get(proxy) ?? 0) - (before.get(proxy) ?? 0) >= CALLS)
    if (grown.length > 0) return grown.length === 1 ? (grown[0] ?? null) : null
    await sleep(LOOK_EVERY_MS, undefined, { signal })
  }
  return null
}

const LOOKS = 10
const LOOK_EVERY_MS = 50

async function sessionsOf(stats: string, proxies: readonly string[], signal: AbortSignal) {
  const csv = await ask(stats, signal)
  const listeners = csv === null ? [] : parseStats(csv, proxies)
  return new Map(listeners.map(({ proxy, sessions }) => [proxy, sessions]))
}
