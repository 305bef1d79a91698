import { cellWidth, fitText, wrapText } from '../../draw/cells.ts'
import { age, count, lasted } from '../../draw/format.ts'
import { fitLine, type Line, line, type Span, type Style, span } from '../../draw/line.ts'
import type { Anatomy, Phase } from '../../model/explained.ts'
import type { FailoverWords, Words } from '../../systems/system.ts'
import { formatRange } from '../../systems/tell-phases.ts'

interface WaterfallArea {
  readonly tell: Words
  readonly anatomy: Anatomy
  readonly nowMs: number
  readonly width: number
  readonly height: number
}

/**
 * Where the time of one outage went, as far as it has come: what happened in words, then a row a phase with its place
 * in the outage, its length, what governs it, and whether it took as long as that predicts. What does not fit is left
 * out: while the outage lasts its first phases, afterwards its last.
 */
export function waterfall({ tell, anatomy, nowMs, width, height }: WaterfallArea): Line[] {
  const steps = stepsOf(anatomy)
  const axis = axisOf(anatomy, nowMs)
  const grid = gridOf(width)
  const rows = steps.map((step) => stepRow(step, axis, grid, { tell, nowMs }))
  const story = wrapText(anatomy.sentence, width - 2)
  const room = Math.max(1, height - rows.length)
  const told = story.length <= room ? story : [...story.slice(0, room - 1), story.slice(room - 1).join(' ')]
  const words = told.map((text) => fitLine([span(' '), span(text, anatomy.isOpen ? 'bold' : 'plain')], width))
  const hasRoom = words.length + rows.length < height
  const sum = hasRoom && anatomy.endMs !== null ? [sumRow(anatomy, anatomy.endMs, grid, tell)] : []
  const left = height - words.length - sum.length
  const isLate = rows.length > left && anatomy.isOpen
  const at = steps.findLastIndex((step) => step.part !== 'after') + 1
  const all = [...rows.slice(0, at), ...sum, ...rows.slice(at)]
  const shown = isLate ? all.slice(-left) : all.slice(0, left + sum.length)
  return [...words, ...shown].map((each) => fitLine(each, width))
}

/** How many rows all of it takes beside the words. */
export function waterfallRows(anatomy: Anatomy): number {
  return stepsOf(anatomy).length
}

/** What the steps of a change of leader are called where the system has no words of its own for them. */
export const plainFailover: FailoverWords = { gap: 'no lead', routed: 'routed', whole: 'change of leader' }

interface Step {
  readonly phase: Phase
  readonly part: 'before' | 'during' | 'after'
}

function stepsOf({ before, phases, after }: Anatomy): Step[] {
  return [
    ...before.map((phase): Step => ({ phase, part: 'before' })),
    ...phases.map((phase): Step => ({ phase, part: 'during' })),
    ...after.map((phase): Step => ({ phase, part: 'after' })),
  ]
}

/** From what led to the outage to its end; while it lasts, to the latest end that is predicted for what it waits for. */
interface Axis {
  readonly fromMs: number
  readonly toMs: number
}

function axisOf({ before, phases, startMs, endMs }: Anatomy, nowMs: number): Axis {
  const latest = phases.at(-1)
  const dueMs = latest === undefined || latest.endMs !== null ? 0 : latest.startMs + (latest.bounds?.maxMs ?? 0)
  const fromMs = before[0]?.startMs ?? startMs
  return { fromMs, toMs: Math.max(fromMs + 1, endMs ?? Math.max(nowMs, dueMs)) }
}

/** Cells of each column; 0 leaves it out. */
interface Grid {
  readonly name: number
  readonly isFullName: boolean
  readonly bar: number
  readonly length: number
  readonly blur: number
  readonly why: number
}

function gridOf(width: number): Grid {
  const isFullName = width >= 140
  const name = isFullName ? 44 : 16
  const blur = width >= 110 ? 9 : 0
  const why = width >= 110 ? 48 : width >= 76 ? 32 : 15
  const length = 10
  // One cell before the row, one between any two columns, two for the sign.
  const bar = width - 1 - name - 1 - 1 - length - (blur === 0 ? 0 : blur + 1) - 1 - 2 - why
  return { name, isFullName, bar: Math.max(6, bar), length, blur, why }
}

function stepRow({ phase, part }: Step, axis: Axis, grid: Grid, { tell, nowMs }: { tell: Words; nowMs: number }): Line {
  const judged = judge(phase, part, nowMs)
  const [long, short] = tell.phaseName(phase)
  const name = grid.isFullName ? long : short
  const isOpen = phase.endMs === null
  return [
    span(' '),
    span(fitText(name, grid.name), part === 'during' ? (isOpen ? 'bold' : 'plain') : 'dim'),
    span(' '),
    ...(part === 'after'
      ? [span(fitText('after', grid.bar, 'right'), 'dim')]
      : barOf(phase, axis, grid.bar, judged.style, nowMs)),
    span(' '),
    span(fitText(lengthOf(phase, nowMs), grid.length, 'right'), part === 'during' ? 'bold' : 'plain'),
    ...(grid.blur === 0 ? [] : [span(` ${fitText(blurOf(phase), grid.blur)}`, 'dim')]),
    span(' '),
    span(fitText(judged.sign, 2), judged.style),
    ...why(phase, judged, grid, tell),
  ]
}

interface Judgement {
  readonly sign: string
  readonly style: Style
  /** The end of a sentence about the prediction. */
  readonly text: string
}

function judge(
  { startMs, endMs, bounds, isInside, resolutionMs }: Phase,
  part: Step['part'],
  nowMs: number,
): Judgement {
  if (isInside !== null) {
    return isInside
      ? { sign: '✓', style: 'good', text: ', as predicted' }
      : { sign: '✗', style: 'bad', text: ', NOT as predicted' }
  }
  if (endMs !== null) return { sign: '', style: part === 'during' ? 'plain' : 'dim', text: '' }
  const isLate = bounds !== null && nowMs - startMs > bounds.maxMs + resolutionMs
  return isLate ? { sign: '✗', style: 'bad', text: ', LATE' } : { sign: '', style: 'warn', text: '' }
}

/** To the millisecond once it is over; what goes on is clocked in tenths of a second. */
function lengthOf({ startMs, endMs }: Phase, nowMs: number): string {
  if (endMs === null) return `${age(nowMs - startMs, { isPrecise: true })}…`
  return `${count(endMs - startMs)} ms`
}

function blurOf({ resolutionMs, endMs }: Phase): string {
  return endMs === null || resolutionMs < 1 ? '' : `± ${lasted(resolutionMs)}`
}

/** `ttl 20 s: 18.0 s to 20.5 s, as predicted`, or as much of it as there is room for. */
function why(phase: Phase, { style, text }: Judgement, { why: room }: Grid, tell: Words): Line {
  const told = tell.tellCause(phase)
  if (told === null) return []
  const [cause, short] = told
  const range = phase.bounds === null ? '' : `: ${formatRange(phase.bounds)}`
  const fullest = [[cause + range, text], [short + range, text], [cause + range], [short + range], [cause]]
  const fitting = fullest.find((each) => cellWidth(each.join('')) <= room)
  const [words, judged] = fitting ?? [short]
  return fitLine(line(span(words ?? '', 'dim'), span(judged ?? '', style === 'good' ? 'dim' : style)), room)
}

const BAR_SIGN = { filled: '█', sliver: '▏', toCome: '·' }

/** The phase's place in the whole; what is still predicted of one that goes on is dotted. */
function barOf({ startMs, endMs, bounds }: Phase, axis: Axis, width: number, style: Style, nowMs: number): Span[] {
  const scale = width / (axis.toMs - axis.fromMs)
  const cell = (atMs: number) => Math.min(width, Math.max(0, Math.round((atMs - axis.fromMs) * scale)))
  const from = Math.min(width - 1, cell(startMs))
  const isSliver = ((endMs ?? nowMs) - startMs) * scale < 0.5
  const filled = isSliver ? BAR_SIGN.sliver : BAR_SIGN.filled.repeat(Math.max(1, cell(endMs ?? nowMs) - from))
  const end = from + filled.length
  const dueAt = endMs !== null || bounds === null ? end : Math.max(end, cell(startMs + bounds.maxMs))
  return [
    span(' '.repeat(from)),
    span(filled, style),
    span(BAR_SIGN.toCome.repeat(dueAt - end), 'dim'),
    span(' '.repeat(Math.max(0, width - dueAt))),
  ]
}

function sumRow({ startMs, outage, of }: Anatomy, endMs: number, grid: Grid, tell: Words): Line {
  const { whole } = tell.failover ?? plainFailover
  const what = outage === null ? whole : of === 'write' ? 'no writes' : 'no reads'
  return [
    span(` ${fitText(what, grid.name)} ${fitText('', grid.bar)} `, 'dim'),
    span(fitText(`${count(endMs - startMs)} ms`, grid.length, 'right'), 'bold'),
    span(' in all', 'dim'),
  ]
}
