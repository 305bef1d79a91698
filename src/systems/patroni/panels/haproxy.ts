import { age, lasted, runTime, sortedNames } from '../../../draw/format.ts'
import { fitLine, join, type Line, line, type Span, span } from '../../../draw/line.ts'
import { absence, type Panel, type PanelContent, type Scene, selectedIndex } from '../../../draw/panel.ts'
import { type Column, table } from '../../../draw/table.ts'
import type { PinnedSpan } from '../../../model/explained.ts'
import { sight } from '../../../model/sight.ts'
import { many } from '../../../model/words.ts'
import type { Haproxy, HaproxyListener, HaproxyServer, HaproxyStats, Listener } from '../events.ts'
import { listenerIn, proxiesOf, statsOf, upIn } from '../proxies.ts'
import { patroniOf, type State } from '../state.ts'

/** Where the two ports lead: every server in both listeners, as HAProxy's own checks see it. */
export const haproxyPanel: Panel = {
  id: 'haproxy',
  title: 'HAProxy',
  draw,
  inputs: (state) => [state.lab, patroniOf(state).proxies, state.containers, state.pinned],
  everyMs: 500,
  rows: (state) => serverNames(patroniOf(state)),
  rowsAre: 'parts',
  size(state) {
    const others = Math.max(0, proxiesOf(patroniOf(state)).length - 1)
    return { least: 5, wanted: 2 + 1 + Math.max(1, state.lab?.nodes.length ?? 3) + others }
  },
  rank: 70,
}

function draw(scene: Scene): PanelContent {
  const { nowMs } = scene
  const state = patroniOf(scene.state)
  const proxies = proxiesOf(state)
  if (state.lab !== null && proxies.length === 0) return { summary: line(span('not in this lab', 'dim')), lines: [] }
  // One of them is shown as a whole, the others by where they lead.
  const isFresh = ({ name }: Haproxy) => sight(statsOf(state, name), nowMs).type === 'fresh'
  const shown = proxies.find(isFresh) ?? proxies[0]
  const others = proxies.filter((proxy) => proxy !== shown).map((proxy) => gistOf(proxy, state, scene))
  if (shown === undefined || !isFresh(shown)) return absent(shown, state, scene, others)
  return whole(shown, state, scene, others)
}

function absent(proxy: Haproxy | undefined, state: State, { nowMs, width }: Scene, others: readonly Line[]) {
  const seen = sight(statsOf(state, proxy?.name ?? ''), nowMs)
  const error = seen.type === 'unreachable' ? [fitLine(line(' ', span(seen.error, 'dim')), width)] : []
  const was = proxy === undefined ? [] : lastKnown(proxy, state)
  return {
    summary: line(absence(seen) ?? span('not seen yet', 'dim')),
    lines: [...error, ...(was.length > 0 ? [fitLine(line(' ', ...was), width)] : []), ...others],
  }
}

function whole(proxy: Haproxy, state: State, scene: Scene, others: readonly Line[]): PanelContent {
  const { nowMs, width, height } = scene
  const stats = statsOf(state, proxy.name).value
  const [leader, replicas] = [listenerIn(stats, proxy.leader), listenerIn(stats, proxy.replicas)]
  const [writes, reads] = [upNames(stats, proxy.leader), upNames(stats, proxy.replicas)]
  const names = serverNames(state)
  const rows = names.map((name) => ({ name, leader: server(leader, name), replicas: server(replicas, name) }))
  const lines = table({
    columns: columns(proxy.leader.port, proxy.replicas.port, writes.length, reads.length),
    rows,
    width,
    height: Math.max(1, height - 1 - others.length),
    selected: selectedIndex(scene, names),
  })
  const free = Math.max(0, height - lines.length - others.length)
  const latestPinned = state.pinned.slice(Math.max(0, state.pinned.length - free))
  return {
    summary: join([pinnedNow(state.pinned, nowMs), leads('writes', writes), leads('reads', reads)]),
    lines: [...lines, ...others, ...latestPinned.map((each) => pinnedLine(each, nowMs, width))],
  }
}

/** `haproxy2 (:5011, :5012): writes → patroni1, reads → 2 servers`, or why that is not known. */
function gistOf(proxy: Haproxy, state: State, { nowMs, width }: Scene): Line {
  const stats = statsOf(state, proxy.name)
  const seen = sight(stats, nowMs)
  const isFresh = seen.type === 'fresh'
  const ways = [
    leads('writes', upNames(stats.value, proxy.leader)),
    leads('reads', upNames(stats.value, proxy.replicas)),
  ]
  const gist = isFresh ? join(ways) : line(absence(seen) ?? span('not seen yet', 'dim'))
  return fitLine(
    line(' ', span(proxy.name, 'bold'), ` (:${proxy.leader.port}, :${proxy.replicas.port}): `, ...gist),
    width,
  )
}

/** `12 pinned to patroni1 7.6 s`: sessions that the proxy holds to a node without the leader key. */
function pinnedNow(spans: readonly PinnedSpan[], nowMs: number): Line {
  const open = spans.findLast((each) => each.toMs === null)
  if (open === undefined) return []
  return line(
    span(`${open.mostSessions} pinned to ${open.node} ${age(nowMs - open.fromMs, { isPrecise: true })}`, 'bad'),
  )
}

function pinnedLine(
  { node, fromMs, toMs, mostSessions, acknowledged }: PinnedSpan,
  nowMs: number,
  width: number,
): Line {
  const length = toMs === null ? `${age(nowMs - fromMs, { isPrecise: true })}…` : lasted(toMs - fromMs)
  const sessions = many(mostSessions, 'session')
  const acks = acknowledged > 0 ? `, ${acknowledged} probes acknowledged` : ''
  const words = `  pinned to ${node} without the key at ${runTime(fromMs)}: ${length}, ${sessions}${acks}`
  return fitLine(line(span(words, toMs === null ? 'bad' : 'dim')), width)
}

/** The servers of all listeners, in order. */
function serverNames(state: State): string[] {
  const listeners = proxiesOf(state).flatMap(({ name }) => statsOf(state, name).value?.listeners ?? [])
  return sortedNames(listeners.flatMap((each) => each.servers.map(({ name }) => name)))
}

interface ServerRow {
  readonly name: string
  readonly leader: HaproxyServer | null
  readonly replicas: HaproxyServer | null
}

function columns(leaderPort: number, replicaPort: number, leaders: number, replicas: number): Column<ServerRow>[] {
  return [
    { title: 'server', width: 9, isGrowing: true, cell: (row) => span(row.name, 'bold') },
    { title: `:${leaderPort}`, width: 10, cell: (row) => status(row.leader, leaders, 1) },
    { title: 'sess', width: 4, align: 'right', cell: (row) => sessions(row.leader) },
    { title: 'check', width: 6, leaves: 2, cell: (row) => span(row.leader?.checkStatus ?? '', 'dim') },
    { title: `:${replicaPort}`, width: 10, cell: (row) => status(row.replicas, replicas, null) },
    { title: 'sess', width: 4, align: 'right', cell: (row) => sessions(row.replicas) },
    { title: 'check', width: 6, leaves: 2, cell: (row) => span(row.replicas?.checkStatus ?? '', 'dim') },
    {
      title: 'changed',
      width: 18,
      leaves: 3,
      cell: (row) => span(`${row.leader ? age(row.leader.lastChangeSeconds * 1_000) : ''} ago`, 'dim'),
    },
  ]
}

/** DOWN is nothing bad in itself: a replica is DOWN in the leader's listener, and the other way round. */
function status(each: HaproxyServer | null, upCount: number, most: number | null): Span {
  if (each === null) return span('–', 'dim')
  if (each.isUp) return span(`● ${each.status}`, most !== null && upCount > most ? 'bad' : 'good')
  return span(`○ ${each.status}`, upCount === 0 ? 'bad' : 'dim')
}

function sessions(each: HaproxyServer | null): Span | string {
  if (each === null) return ''
  return span(String(each.sessions), each.sessions === 0 ? 'dim' : 'plain')
}

function leads(what: string, names: readonly string[]): Line {
  const [first, second] = names
  if (first === undefined) return line(`${what} → `, span('nobody', 'bad'))
  if (second === undefined) return line(`${what} → `, first)
  return line(`${what} → `, span(`${names.length} servers`, what === 'writes' ? 'bad' : 'plain'))
}

/** Where the ports led when the proxy last answered, said as the past that it is. */
function lastKnown(proxy: Haproxy, state: State): Line {
  const { value } = statsOf(state, proxy.name)
  if (value === null) return []
  return [span(`when last seen: writes → ${upNames(value, proxy.leader).join(', ') || 'nobody'}`, 'dim')]
}

function server(listener: HaproxyListener | null, name: string): HaproxyServer | null {
  return listener?.servers.find((each) => each.name === name) ?? null
}

function upNames(stats: HaproxyStats | null, listener: Listener): string[] {
  return sortedNames(upIn(stats, listener))
}
