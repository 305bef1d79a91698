import type { Verb } from '../../model/events.ts'
import type { Outage } from '../../model/outage.ts'
import type { Action, State } from '../../model/state.ts'
import { bars, roundUp } from '../text/chart.ts'
import { cellWidth, fit } from '../text/cells.ts'
import { count, lasted, latency } from '../text/format.ts'
import { fitLine, type Line, line, span } from '../text/line.ts'
import { ability } from '../words/writability.ts'

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
    mark('faults', faultCells(state.actions, axis), width),
    mark('no writes', outageCells(state, 'write', axis, nowMs), width),
    ...(height >= 8 ? [mark('no reads', outageCells(state, 'read', axis, nowMs), width)] : []),
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
    const scale = index === 0 ? fit(top, LABEL - 3 - cellWidth(name), 'right') : ''
    const label = index === 0 ? `  ${name} ${scale}` : ''
    return fitLine([span(fit(label, LABEL), 'dim'), span(index === 0 ? '┤' : '│', 'dim'), ...row], width)
  })
}

function mark(name: string, cells: Line, width: number): Line {
  return fitLine([span(fit(`  ${name}`, LABEL), 'dim'), span(name === '' ? '└' : '│', 'dim'), ...cells], width)
}

const NAMES: Readonly<Record<Verb, string>> = {
  stop: 'stop',
  start: 'start',
  restart: 'restart',
  kill: 'KILL',
  pause: 'pause',
  unpause: 'unpause',
}

/** `▲KILL patroni1` under the moment of each action, as much of it as there is room for. */
function faultCells(actions: readonly Action[], axis: TimeAxis): Line {
  const placed = actions
    .map((action) => ({ action, cell: cellOf(axis, action.requestedMs) }))
    .filter(({ cell }) => cell >= 0 && cell < axis.cells)
  let drawn = 0
  return placed.flatMap(({ action, cell }, index) => {
    if (cell < drawn) return []
    const next = placed.slice(index + 1).find((each) => each.cell > cell)?.cell ?? axis.cells
    const others = placed.filter((each) => each.cell === cell).length - 1
    const text = ` ${NAMES[action.verb]} ${action.service}${others > 0 ? ` +${others}` : ''}`
    const room = Math.min(next, axis.cells) - cell - 1
    const word = cellWidth(text) <= room ? text : cellWidth(text.split(' ', 2).join(' ')) <= room ? text.split(' ', 2).join(' ') : ''
    const gap = ' '.repeat(cell - drawn)
    drawn = cell + 1 + cellWidth(word)
    return line(gap, span('▲', action.error === null ? 'accent' : 'dim'), span(word, 'accent'))
  })
}

interface Stretch {
  readonly from: number
  readonly until: number
  readonly text: string
}

/** A bar under each outage, with its length beside it where nothing else stands. */
function outageCells(state: State, kind: Outage['kind'], axis: TimeAxis, nowMs: number): Line {
  const open = ability(state, kind, nowMs)
  const ended = state.outages
    .filter((outage) => outage.kind === kind && outage.lastAckMs !== null && outage.firstAckMs !== null)
    .map((outage) => stretch(axis, outage.lastAckMs ?? 0, outage.firstAckMs ?? 0, ''))
  const current = open.type === 'no' ? [stretch(axis, nowMs - open.forMs, nowMs, '…')] : []
  const shown = [...ended, ...current].filter(({ from, until }) => until >= 0 && from < axis.cells)
  let drawn = 0
  return shown.flatMap(({ from, until, text }, index) => {
    const start = Math.max(from, drawn)
    const end = Math.min(until, axis.cells - 1)
    if (end < start) return []
    const next = shown[index + 1]?.from ?? axis.cells
    const after = ` ${text}`
    const word = cellWidth(after) < next - end ? after : ''
    const gap = ' '.repeat(start - drawn)
    drawn = end + 1 + cellWidth(word)
    return line(gap, span('█'.repeat(end - start + 1), 'bad'), span(word, 'bad'))
  })
}

function stretch(axis: TimeAxis, fromMs: number, untilMs: number, more: string): Stretch {
  return { from: cellOf(axis, fromMs), until: cellOf(axis, untilMs), text: `${lasted(untilMs - fromMs)}${more}` }
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
