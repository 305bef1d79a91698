import { cellWidth, fitText } from '../../draw/cells.ts'
import { bars, roundUp } from '../../draw/chart.ts'
import { age, count, lasted, latency } from '../../draw/format.ts'
import { fitLine, type Line, line, type Style, span } from '../../draw/line.ts'
import { ability } from '../../model/ability.ts'
import type { Outage } from '../../model/outage.ts'
import type { State } from '../../model/state.ts'
import { deeds } from '../words/deeds.ts'

interface ChartArea {
  readonly state: State
  readonly nowMs: number
  readonly width: number
  readonly height: number
}

/**
 * The last two minutes, one time axis for all rows: acknowledged writes and reads a second, the writes' p99, what was
 * done to the containers, and when clients could not write or read. Less than three rows show nothing.
 */
export function trafficChart({ state, nowMs, width, height }: ChartArea): Line[] {
  const axis = timeAxis(nowMs, width - LABEL - 1)
  if (height < 3 || axis.cells < 10) return []
  const marks = [
    mark('faults', place(faultMarks(state, axis), axis.cells), width),
    mark('no writes', place(outageMarks(state, 'write', axis, nowMs), axis.cells), width),
    ...(height >= 8 ? [mark('no reads', place(outageMarks(state, 'read', axis, nowMs), axis.cells), width)] : []),
    ...(height >= 6 ? [mark('', line(span(axisText(axis), 'dim')), width)] : []),
  ]
  const rest = height - marks.length
  const readRows = rest >= 6 ? Math.floor(rest / 3) : 0
  const latencyRows = rest >= 3 ? Math.max(1, Math.floor(rest / 3)) : 0
  const writeRows = rest - readRows - latencyRows
  return [
    ...throughput(state, 'write', axis, writeRows, width),
    ...(readRows > 0 ? throughput(state, 'read', axis, readRows, width) : []),
    ...(latencyRows > 0 ? slowness(state, axis, latencyRows, width) : []),
    ...marks,
  ]
}

const SPAN_MS = 120_000
const LABEL = 16

/** Cells stand for fixed spans of time, so that bars move by whole cells and do not change as they move. */
interface TimeAxis {
  readonly cells: number
  readonly cellMs: number
  readonly firstMs: number
}

function timeAxis(nowMs: number, width: number): TimeAxis {
  const cellMs = Math.max(1, Math.ceil(SPAN_MS / 1_000 / Math.max(1, width))) * 1_000
  const cells = Math.max(0, Math.min(width, Math.ceil(SPAN_MS / cellMs)))
  const endMs = (Math.floor(nowMs / cellMs) + 1) * cellMs
  return { cells, cellMs, firstMs: endMs - cells * cellMs }
}

function cellOf(axis: TimeAxis, atMs: number): number {
  return Math.floor((atMs - axis.firstMs) / axis.cellMs)
}

function ticksByCell(state: State, axis: TimeAxis) {
  const cells = Array.from({ length: axis.cells }, () => [] as State['traffic']['ticks'][number][])
  // A tick sums up the window before it: its middle says which cell it belongs to.
  for (const tick of state.traffic.ticks) cells[cellOf(axis, tick.atMs - tick.windowMs / 2)]?.push(tick)
  return cells
}

function throughput(state: State, kind: 'write' | 'read', axis: TimeAxis, rows: number, width: number): Line[] {
  const values = ticksByCell(state, axis).map((ticks) => {
    const windowMs = ticks.reduce((sum, tick) => sum + tick.windowMs, 0)
    const ok = ticks.reduce((sum, tick) => sum + tick[kind].ok, 0)
    const isHurt = ticks.some((tick) => tick[kind].failed + tick[kind].unknown > 0)
    const value = windowMs === 0 ? null : (ok * 1_000) / windowMs
    return { value, style: isHurt || value === 0 ? ('bad' as const) : ('good' as const) }
  })
  const max = roundUp(Math.max(1, ...values.map((bar) => bar.value ?? 0)))
  return labelled(`${kind}s/s`, count(max), bars(values, rows, max), width)
}

function slowness(state: State, axis: TimeAxis, rows: number, width: number): Line[] {
  const values = ticksByCell(state, axis).map((ticks) => {
    const known = ticks.flatMap((tick) => (tick.write.latencyMs === null ? [] : [tick.write.latencyMs.p99]))
    return { value: known.length === 0 ? null : Math.max(...known), style: 'warn' as const }
  })
  const max = roundUp(Math.max(1, ...values.map((bar) => bar.value ?? 0)))
  return labelled('p99', latency(max).replace(/\.0(?= )/, ''), bars(values, rows, max), width)
}

/** The name and the top of the scale stand on the first row. */
function labelled(name: string, top: string, rows: readonly Line[], width: number): Line[] {
  return rows.map((row, index) => {
    const scale = index === 0 ? fitText(top, LABEL - 3 - cellWidth(name), 'right') : ''
    const label = index === 0 ? `  ${name} ${scale}` : ''
    return fitLine([span(fitText(label, LABEL), 'dim'), span(index === 0 ? '┤' : '│', 'dim'), ...row], width)
  })
}

function mark(name: string, cells: Line, width: number): Line {
  return fitLine([span(fitText(`  ${name}`, LABEL), 'dim'), span(name === '' ? '└' : '│', 'dim'), ...cells], width)
}

interface Mark {
  readonly from: number
  readonly until: number
  readonly sign: string
  /** What stands beside it, the fullest that there is room for. */
  readonly words: readonly string[]
  readonly style: Style
}

/** `▲ killed patroni1` under the moment of each fault. */
function faultMarks(state: State, axis: TimeAxis): Mark[] {
  const cells = Map.groupBy(deeds(state), (deed) => cellOf(axis, deed.atMs))
  return [...cells].map(([cell, [first, ...others]]) => {
    const more = others.length > 0 ? ` +${others.length}` : ''
    const words = first === undefined ? [] : [`${first.what} ${first.part}${more}`, `${first.what}${more}`]
    return { from: cell, until: cell, sign: '▲', words, style: 'accent' }
  })
}

/** A bar under each outage, with its length beside it; lighter where only some were served, or nobody measured. */
function outageMarks(state: State, kind: Outage['kind'], axis: TimeAxis, nowMs: number): Mark[] {
  const bar = (fromMs: number, untilMs: number, more: string): Mark => ({
    from: cellOf(axis, fromMs),
    until: cellOf(axis, untilMs),
    sign: '█',
    // What goes on is never said to have lasted longer than it has.
    words: [more === '' ? lasted(untilMs - fromMs) : `${age(untilMs - fromMs, { isPrecise: true })}${more}`],
    style: 'bad',
  })
  const ended = state.outages.flatMap(({ kind: each, lastAckMs, firstAckMs }) =>
    each === kind && lastAckMs !== null && firstAckMs !== null ? [bar(lastAckMs, firstAckMs, '')] : [],
  )
  const sinceMs = outSince(state, kind, nowMs)
  const all = [...ended, ...(sinceMs === null ? [] : [bar(sinceMs, nowMs, '…')]), ...lighterMarks(state, kind, axis)]
  return all.sort((one, other) => one.from - other.from)
}

/** Since when clients have gone without: as the probe sees it, or the workload alone. */
function outSince(state: State, kind: Outage['kind'], nowMs: number): number | null {
  const open = ability(state, kind, nowMs)
  if (open.type === 'no') return nowMs - open.forMs
  const waiting = state.service[kind].workload.open
  return waiting !== null && waiting.toMs - waiting.fromMs >= SHOWN_MS ? waiting.fromMs : null
}

function lighterMarks({ service, asleep }: State, kind: Outage['kind'], axis: TimeAxis): Mark[] {
  const mark = (sign: string, word: string, style: Style) => (span: { fromMs: number; toMs: number }) => {
    return { from: cellOf(axis, span.fromMs), until: cellOf(axis, span.toMs), sign, words: [word], style }
  }
  const { spans, open } = service[kind].degraded
  const partly = open === null ? spans : [...spans, open]
  const isLong = ({ fromMs, toMs }: { fromMs: number; toMs: number }) => toMs - fromMs >= SHOWN_MS
  return [
    ...partly.filter(isLong).map(mark('▒', 'in part', 'warn')),
    ...asleep.spans.filter(isLong).map(mark('░', 'not measured', 'dim')),
  ]
}

/** Shorter ones are no more than a cell of the axis, and a busy machine's. */
const SHOWN_MS = 1_000

/** Marks at their places; words go to the right of them, or to the left, wherever nothing else stands. */
function place(marks: readonly Mark[], cells: number): Line {
  const shown = marks.filter(({ from, until }) => until >= 0 && from < cells)
  let drawn = 0
  return shown.flatMap(({ from, until, sign, words, style }, index) => {
    const start = Math.max(from, drawn)
    const end = Math.min(until, cells - 1)
    if (end < start) return []
    const right = (shown[index + 1]?.from ?? cells) - end - 2
    const left = start - drawn - 2
    const word = words.find((each) => cellWidth(each) <= Math.max(left, right)) ?? ''
    const isLeft = word !== '' && cellWidth(word) > right
    const before = isLeft ? `${word} ` : ''
    const after = word !== '' && !isLeft ? ` ${word}` : ''
    const gap = ' '.repeat(start - drawn - cellWidth(before))
    drawn = end + 1 + cellWidth(after)
    return line(gap, span(before + sign.repeat(end - start + 1) + after, style))
  })
}

function axisText(axis: TimeAxis): string {
  const cells = Array.from({ length: axis.cells }, () => '─')
  const put = (text: string, at: number) => {
    for (let index = 0; index < text.length; index++) cells[Math.max(0, at) + index] = text[index] ?? '─'
  }
  const thirty = 30_000 / axis.cellMs
  for (const seconds of [120, 90, 60, 30]) put(`-${seconds}s`, axis.cells - Math.round((seconds / 30) * thirty))
  put('now', axis.cells - 3)
  return cells.slice(0, axis.cells).join('')
}
