import type { Failover } from '../../model/failover.ts'
import { type Outage, outageMs } from '../../model/outage.ts'
import type { State } from '../../model/state.ts'
import { lasted, runTime } from '../text/format.ts'
import { type Line, line, type Span, span } from '../text/line.ts'
import { type Column, table } from '../text/table.ts'
import { ability } from '../words/writability.ts'
import type { PanelContent, Scene } from './content.ts'
import { selectedIndex } from './content.ts'

/** Every change of leader with what clients noticed of it, and the outages that had no change of leader. */
export function failoversPanel(scene: Scene): PanelContent {
  const { state, nowMs, width, height } = scene
  const rows = spans(state, nowMs)
  const summary = summaryOf(state, nowMs)
  if (rows.length === 0)
    return { summary, lines: [line('  ', span('no change of leader and no outage so far', 'dim'))] }
  const names = rows.map((row) => row.id)
  return {
    summary,
    lines: table({ columns, rows, width, height: Math.max(1, height - 1), selected: selectedIndex(scene, names) }),
  }
}

/** The rows' names, newest first. */
export function failoverRows(state: State): string[] {
  return spans(state, state.atMs).map((row) => row.id)
}

interface SpanRow {
  readonly id: string
  readonly atMs: number
  readonly what: Span
  readonly outage: Span
  readonly keyGap: string
  readonly promoted: string
  readonly proxyUp: string
  readonly firstError: string
}

const columns: readonly Column<SpanRow>[] = [
  { title: 'at', width: 6, align: 'right', cell: (row) => runTime(row.atMs) },
  { title: 'from → to', width: 19, isGrowing: true, cell: (row) => row.what },
  { title: 'outage', width: 9, align: 'right', cell: (row) => row.outage },
  { title: 'no key', width: 7, align: 'right', cell: (row) => row.keyGap },
  { title: 'promoted', width: 8, align: 'right', leaves: 2, cell: (row) => row.promoted },
  { title: 'proxy UP', width: 8, align: 'right', leaves: 3, cell: (row) => row.proxyUp },
  { title: 'first error', width: 24, leaves: 4, cell: (row) => span(row.firstError, 'dim') },
]

function spans(state: State, nowMs: number): SpanRow[] {
  const explained = new Set(state.failovers.map((failover) => failover.outage))
  const rows = [
    ...openRow(state, nowMs),
    ...state.failovers.map((failover, index) => failoverRow(failover, index, state, nowMs)),
    ...state.outages.filter((outage) => !explained.has(outage)).map(outageRow),
  ]
  return rows.sort((a, b) => b.atMs - a.atMs || (a.id < b.id ? 1 : -1))
}

/** The outage that lasts, while no new leader is there to be blamed or thanked for it. */
function openRow(state: State, nowMs: number): SpanRow[] {
  const writes = ability(state, 'write', nowMs)
  if (writes.type !== 'no') return []
  const atMs = nowMs - writes.forMs
  if ((state.failovers.at(-1)?.keyTakenMs ?? Number.NEGATIVE_INFINITY) >= atMs) return []
  const row = outageRow(writes.outage)
  return [
    { ...row, id: 'open', atMs, what: span('no writes now', 'bad'), outage: span(`${lasted(writes.forMs)}…`, 'bad') },
  ]
}

function failoverRow(failover: Failover, index: number, state: State, nowMs: number): SpanRow {
  const { keyGoneMs, keyTakenMs, promotedMs, proxyUpMs } = failover
  const isLatest = index === state.failovers.length - 1
  return {
    id: `failover ${keyTakenMs} ${failover.to}`,
    atMs: keyTakenMs,
    what: span(`${failover.from ?? '?'} → ${failover.to}`, 'bold'),
    outage: outageOf(failover, isLatest, state, nowMs),
    keyGap: keyGoneMs === null ? 'none' : lasted(keyTakenMs - keyGoneMs),
    promoted: promotedMs === null ? '…' : `+${lasted(Math.max(0, promotedMs - keyTakenMs))}`,
    proxyUp: proxyUpMs === null ? '…' : `+${lasted(Math.max(0, proxyUpMs - keyTakenMs))}`,
    firstError: failover.outage?.firstErrorCode ?? '',
  }
}

function outageOf({ outage }: Failover, isLatest: boolean, state: State, nowMs: number): Span {
  const lengthMs = outage === null ? null : outageMs(outage)
  if (lengthMs !== null) return span(lasted(lengthMs), 'bold')
  const writes = isLatest ? ability(state, 'write', nowMs) : null
  if (writes?.type === 'no') return span(`${lasted(writes.forMs)}…`, 'bad')
  if (writes?.type === 'recovering') return span(`${lasted(writes.afterMs)}?`, 'warn')
  return span(state.probes.write.lastAckMs === null ? '?' : 'none', 'dim')
}

function outageRow(outage: Outage): SpanRow {
  const lengthMs = outageMs(outage)
  const what = outage.kind === 'write' ? 'no writes' : 'no reads'
  const atMs = outage.lastAckMs ?? outage.firstErrorMs ?? 0
  return {
    id: `outage ${outage.kind} ${atMs}`,
    atMs,
    what: span(`${what}, same leader`, outage.kind === 'write' ? 'plain' : 'dim'),
    outage: span(lengthMs === null ? '?' : lasted(lengthMs), 'bold'),
    keyGap: '',
    promoted: '',
    proxyUp: '',
    firstError: outage.firstErrorCode ?? 'no answer',
  }
}

function summaryOf(state: State, nowMs: number): Line {
  const [open] = openRow(state, nowMs)
  if (open !== undefined) return line(span('no writes for ', 'bad'), open.outage)
  const latest = state.failovers.at(-1)
  if (latest === undefined) return line(span('none yet', 'dim'))
  const length = outageOf(latest, true, state, nowMs)
  return line(`${state.failovers.length} · latest without writes `, length)
}
