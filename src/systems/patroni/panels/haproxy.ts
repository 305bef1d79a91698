import { age, lasted, runTime } from '../../../draw/format.ts'
import { fitLine, join, type Line, line, type Span, span } from '../../../draw/line.ts'
import { absence, type Panel, type PanelContent, type Scene, selectedIndex } from '../../../draw/panel.ts'
import { sortedNames } from '../../../draw/sorted-names.ts'
import { type Column, table } from '../../../draw/table.ts'
import type { PinnedSpan } from '../../../model/explained.ts'
import { sight } from '../../../model/sight.ts'
import type { HaproxyListener, HaproxyServer } from '../events.ts'
import { patroniOf, type State } from '../state.ts'

/** Where the two ports lead: every server in both listeners, as HAProxy's own checks see it. */
export const haproxyPanel: Panel = {
  id: 'haproxy',
  title: 'HAProxy',
  draw,
  inputs: (state) => [state.lab, patroniOf(state).haproxy, state.pinned],
  everyMs: 500,
  rows: (state) => haproxyNames(patroniOf(state)),
  rowsAre: 'parts',
  size: ({ lab }) => ({ least: 5, wanted: 2 + 1 + Math.max(1, lab?.nodes.length ?? 3) }),
  rank: 70,
}

function draw(scene: Scene): PanelContent {
  const { nowMs, width, height } = scene
  const state = patroniOf(scene.state)
  const shape = state.lab?.listeners
  if (state.lab !== null && !shape) return { summary: line(span('not in this lab', 'dim')), lines: [] }
  const seen = sight(state.haproxy, nowMs)
  const absent = absence(seen)
  if (seen.type !== 'fresh' || !shape) {
    const error = seen.type === 'unreachable' ? [fitLine(line(' ', span(seen.error, 'dim')), width)] : []
    const was = lastKnown(state)
    return {
      summary: line(absent ?? span('not seen yet', 'dim')),
      lines: [...error, ...(was.length > 0 ? [fitLine(line(' ', ...was), width)] : [])],
    }
  }
  const leader = find(seen.value.listeners, shape.leader.proxy)
  const replicas = find(seen.value.listeners, shape.replicas.proxy)
  const names = haproxyNames(state)
  const rows = names.map((name) => ({ name, leader: server(leader, name), replicas: server(replicas, name) }))
  const lines = table({
    columns: columns(shape.leader.port, shape.replicas.port, upNames(leader).length, upNames(replicas).length),
    rows,
    width,
    height: Math.max(1, height - 1),
    selected: selectedIndex(scene, names),
  })
  const pinned = pinnedNow(state.pinned, nowMs)
  const latestPinned = state.pinned.slice(Math.max(0, state.pinned.length - Math.max(0, height - lines.length)))
  return {
    summary: join([pinned, leads('writes', upNames(leader), 1), leads('reads', upNames(replicas), 1)]),
    lines: [...lines, ...latestPinned.map((each) => pinnedLine(each, nowMs, width))],
  }
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
  const sessions = `${mostSessions} session${mostSessions === 1 ? '' : 's'}`
  const acks = acknowledged > 0 ? `, ${acknowledged} probes acknowledged` : ''
  const words = `  pinned to ${node} without the key at ${runTime(fromMs)}: ${length}, ${sessions}${acks}`
  return fitLine(line(span(words, toMs === null ? 'bad' : 'dim')), width)
}

/** The servers of both listeners, in order. */
function haproxyNames(state: State): string[] {
  return sortedNames((state.haproxy.value?.listeners ?? []).flatMap((each) => each.servers.map(({ name }) => name)))
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

function leads(what: string, names: readonly string[], most: number): Line {
  if (names.length === 0) return line(`${what} → `, span('nobody', 'bad'))
  const shown = names.length > most ? `${names.length} servers` : names.join(', ')
  return line(`${what} → `, span(shown, what === 'writes' && names.length > 1 ? 'bad' : 'plain'))
}

/** Where the ports led when the proxy last answered, said as the past that it is. */
function lastKnown(state: State): Line {
  const shape = state.lab?.listeners
  if (!shape || state.haproxy.value === null) return []
  const leader = upNames(find(state.haproxy.value.listeners, shape.leader.proxy))
  return [span(`when last seen: writes → ${leader.join(', ') || 'nobody'}`, 'dim')]
}

function find(listeners: readonly HaproxyListener[], proxy: string): HaproxyListener | null {
  return listeners.find((each) => each.proxy === proxy) ?? null
}

function server(listener: HaproxyListener | null, name: string): HaproxyServer | null {
  return listener?.servers.find((each) => each.name === name) ?? null
}

function upNames(listener: HaproxyListener | null): string[] {
  return sortedNames((listener?.servers ?? []).filter((each) => each.isUp).map(({ name }) => name))
}
