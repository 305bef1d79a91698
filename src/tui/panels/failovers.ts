import { age, lasted, runTime } from '../../draw/format.ts'
import { join, type Line, line, type Span, span } from '../../draw/line.ts'
import type { Panel, PanelContent, Scene } from '../../draw/panel.ts'
import { type Column, table } from '../../draw/table.ts'
import { ability } from '../../model/ability.ts'
import { type Anatomy, type Failover, latestAnatomy } from '../../model/explained.ts'
import { isTaking } from '../../model/failovers.ts'
import { beganMs, type Outage, outageMs } from '../../model/outage.ts'
import type { State } from '../../model/state.ts'
import { sum } from '../../model/sum.ts'
import type { FailoverWords } from '../../systems/system.ts'
import { systemOf } from '../../systems/systems.ts'
import { plainFailover, waterfall, waterfallRows } from './waterfall.ts'

/**
 * Every change of leader with what clients noticed of it, and the outages that had no change of leader; of the one
 * under the cursor, or else the latest of writes, where its time went. With few rows that comes before the list.
 */
export const failoversPanel: Panel = {
  id: 'failovers',
  title: 'Failovers',
  draw,
  inputs: ({ failovers, outages, probes, anatomy }) => [
    failovers,
    outages,
    probes.write.open,
    probes.write.recovery === null,
    anatomy.ended,
    anatomy.open,
  ],
  everyMs: 500,
  rows: failoverRows,
  size({ anatomy, scenario }) {
    const hasOutages = anatomy.ended.length + anatomy.open.length > 0
    // While a scenario runs, where the time of an outage goes is what it is run for.
    return { least: scenario !== null && hasOutages ? 9 : 5, wanted: hasOutages ? 12 : 5 }
  },
  column: 'clients',
  row: 3,
  rank: 80,
  grows: [0, 16, Number.POSITIVE_INFINITY],
}

function draw(scene: Scene): PanelContent {
  const { state, nowMs, width, height } = scene
  const rows = spans(state, nowMs)
  const summary = summaryOf(state, nowMs)
  if (rows.length === 0)
    return { summary, lines: [line('  ', span('no change of leader and no outage so far', 'dim'))] }
  const shown = shownRow(scene, rows)
  const anatomy = rows[shown]?.anatomy ?? null
  const { words } = systemOf(state.lab)
  const columns = columnsOf(words.failover ?? plainFailover)
  const list = (room: number) =>
    table({ columns, rows, width, height: Math.max(1, room - 1), selected: scene.isFocused ? shown : null })
  if (anatomy === null || height < LEAST_WATERFALL) return { summary, lines: list(height) }
  const wanted = waterfallRows(anatomy) + SENTENCE_ROWS
  // One row alone says no more than the phases do, unless there is plenty of room.
  const hasBoth = height >= wanted + 1 + LIST_ROWS && (rows.length > 1 || height >= 2 * wanted)
  const drawn = waterfall({ tell: words, anatomy, nowMs, width, height: hasBoth ? wanted : height })
  if (hasBoth) return { summary, lines: [...drawn, [], ...list(height - drawn.length - 1)] }
  const place = rows.length > 1 ? `${shown + 1} of ${rows.length}` : null
  return { summary: summaryOf(state, nowMs, place), lines: drawn }
}

/** Fewer rows say more as a list. */
const LEAST_WATERFALL = 5
/** What happened in words, and the sum. */
const SENTENCE_ROWS = 4
const LIST_ROWS = 3

function shownRow(scene: Scene, rows: readonly SpanRow[]): number {
  const selected = scene.isFocused ? rows.findIndex((row) => row.id === scene.selected) : -1
  if (selected >= 0) return selected
  const latest = latestAnatomy(scene.state.anatomy)
  return Math.max(
    0,
    rows.findIndex((row) => row.anatomy !== null && row.anatomy === latest),
  )
}

/** The rows' names, newest first. */
function failoverRows(state: State): string[] {
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
  readonly anatomy: Anatomy | null
}

const columnsOf = ({ gap, routed }: FailoverWords): readonly Column<SpanRow>[] => [
  { title: 'at', width: 6, align: 'right', cell: (row) => runTime(row.atMs) },
  { title: 'from → to', width: 19, isGrowing: true, cell: (row) => row.what },
  { title: 'outage', width: 9, align: 'right', cell: (row) => row.outage },
  { title: gap, width: 7, align: 'right', cell: (row) => row.keyGap },
  { title: 'promoted', width: 8, align: 'right', leaves: 2, cell: (row) => row.promoted },
  { title: routed, width: 8, align: 'right', leaves: 3, cell: (row) => row.proxyUp },
  { title: 'first error', width: 24, leaves: 4, cell: (row) => span(row.firstError, 'dim') },
]

function spans(state: State, nowMs: number): SpanRow[] {
  const explained = new Set(state.failovers.map((failover) => failover.outage))
  const rows = [
    ...openRow(state, nowMs),
    ...byOutage(state).map((passes) => failoverRow(passes, state, nowMs)),
    ...state.outages.filter((outage) => !explained.has(outage)).map((outage) => outageRow(outage, state)),
  ]
  return rows.sort((a, b) => b.atMs - a.atMs || (a.id < b.id ? 1 : -1))
}

/** The outage that lasts, while no new leader is there to be blamed or thanked for it. */
function openRow(state: State, nowMs: number): SpanRow[] {
  const writes = ability(state, 'write', nowMs)
  if (writes.type !== 'no') return []
  const atMs = nowMs - writes.forMs
  if ((state.failovers.at(-1)?.takenMs ?? Number.NEGATIVE_INFINITY) >= atMs) return []
  const row = outageRow(writes.outage, state)
  return [
    {
      ...row,
      id: 'open',
      atMs,
      what: span('no writes now', 'bad'),
      outage: span(`${soFar(writes.forMs)}…`, 'bad'),
      anatomy: state.anatomy.open.find((each) => each.of === 'write') ?? null,
    },
  ]
}

/** Those that came in one outage are told as one, in their order. */
function byOutage(state: State): readonly (readonly [Failover, ...Failover[]])[] {
  const groups: [Failover, ...Failover[]][] = []
  let latest: Anatomy | null = null
  for (const failover of state.failovers) {
    const anatomy = anatomyOf(failover, state)
    if (anatomy !== null && anatomy === latest) groups.at(-1)?.push(failover)
    else groups.push([failover])
    latest = anatomy
  }
  return groups
}

function failoverRow(passes: readonly [Failover, ...Failover[]], state: State, nowMs: number): SpanRow {
  const failover = passes.at(-1) as Failover
  const { takenMs, promotedMs, proxyUpMs } = failover
  const isLatest = failover === state.failovers.at(-1)
  const gaps = passes.map(({ goneMs, takenMs: atMs }) => (goneMs === null ? 0 : atMs - goneMs))
  const gapMs = sum(gaps)
  return {
    id: `failover ${takenMs} ${failover.to}`,
    atMs: takenMs,
    what: span([passes[0].from ?? '?', ...passes.map(({ to }) => to)].join(' → '), 'bold'),
    outage: outageOf(failover, isLatest, state, nowMs),
    keyGap: gapMs === 0 ? 'none' : lasted(gapMs),
    promoted: promotedMs === null ? '…' : `+${lasted(Math.max(0, promotedMs - takenMs))}`,
    proxyUp: proxyUpMs === null ? '…' : `+${lasted(Math.max(0, proxyUpMs - takenMs))}`,
    firstError: failover.outage?.firstErrorCode ?? '',
    anatomy: anatomyOf(failover, state),
  }
}

/** The anatomy that tells of this failover. */
function anatomyOf(failover: Failover, { anatomy }: State): Anatomy | null {
  const all = [...anatomy.ended, ...anatomy.open].filter((each) => each.of === 'write')
  return all.findLast(({ moments }) => moments.some((moment) => isTaking(failover, moment))) ?? null
}

function outageOf({ outage }: Failover, isLatest: boolean, state: State, nowMs: number): Span {
  const lengthMs = outage === null ? null : outageMs(outage)
  if (lengthMs !== null) return span(lasted(lengthMs), 'bold')
  const writes = isLatest ? ability(state, 'write', nowMs) : null
  if (writes?.type === 'no') return span(`${soFar(writes.forMs)}…`, 'bad')
  if (writes?.type === 'recovering') return span(`${lasted(writes.afterMs)}?`, 'warn')
  return span(state.probes.write.lastAckMs === null ? '?' : 'none', 'dim')
}

/** What goes on is never said to have lasted longer than it has. */
function soFar(ms: number): string {
  return age(ms, { isPrecise: true })
}

function outageRow(outage: Outage, state: State): SpanRow {
  const what = outage.kind === 'write' ? 'no writes' : 'no reads'
  const atMs = beganMs(outage)
  return {
    id: `outage ${outage.kind} ${atMs}`,
    atMs,
    what: span(`${what}, same leader`, outage.kind === 'write' ? 'plain' : 'dim'),
    outage: span(lasted(outageMs(outage) ?? 0), 'bold'),
    keyGap: '',
    promoted: '',
    proxyUp: '',
    firstError: outage.firstErrorCode ?? 'no answer',
    anatomy: state.anatomy.ended.findLast((each) => each.outage === outage) ?? null,
  }
}

/** @param place which of the rows is shown, where that is one alone: it stands for how many there are */
function summaryOf(state: State, nowMs: number, place: string | null = null): Line {
  const [open] = openRow(state, nowMs)
  const latest = state.failovers.at(-1)
  const which = place === null ? [] : line(span(place, 'dim'))
  if (open !== undefined) return join([which, line(span('no writes for ', 'bad'), open.outage)])
  if (latest === undefined) return join([line(span('none yet', 'dim')), which])
  const told = line('latest without writes ', outageOf(latest, true, state, nowMs))
  return join([place === null ? line(String(state.failovers.length)) : which, told])
}
