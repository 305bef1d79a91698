import { age } from '../../draw/format.ts'
import { fitLine, join, type Line, line, lineWidth, span } from '../../draw/line.ts'
import type { State } from '../../model/state.ts'
import type { Ui } from '../ui-state.ts'

/** Something that has been broken from here and not been put back. */
interface InForce {
  readonly what: string
  readonly parts: readonly string[]
  /** Since when it is in force; since when it has been on its way while it is not. */
  readonly sinceMs: number
  readonly isThere: boolean
  readonly isStuck: boolean
}

/** What is stuck first, then the oldest. */
export function faultsInForce(state: State): readonly InForce[] {
  const faults = state.faults.map(
    ({ fault, parts, requestedMs, landedMs, stuck }): InForce => ({
      what: fault,
      parts,
      sinceMs: landedMs ?? requestedMs,
      isThere: landedMs !== null,
      isStuck: stuck !== null,
    }),
  )
  return faults.sort((a, b) => Number(b.isStuck) - Number(a.isStuck) || a.sinceMs - b.sinceMs)
}

/** What goes on beside the panels and has a row of its own for as long as it does. */
export function hasStrip(ui: Pick<Ui, 'healing' | 'staging'>, state: State): boolean {
  return ui.healing !== null || ui.staging !== null || faultsInForce(state).length > 0
}

/** ` FAULTS  isolate patroni3 12 s · pause etcd1 3 s                H heals all ` */
export function stripLine(
  ui: Pick<Ui, 'healing' | 'staging'>,
  state: State,
  { nowMs, width, isReplay }: { readonly nowMs: number; readonly width: number; readonly isReplay: boolean },
): Line {
  const faults = faultsInForce(state)
  const { healing, staging } = ui
  const label = labelOf(faults, healing, nowMs)
  const stage = staging === null ? [] : stagingWords(staging, { nowMs, isShort: label.length > 0 })
  if (label.length === 0) return fitLine(stage, width)
  const hint = isReplay || healing !== null ? [] : line(span('H', 'key'), ' heals all ')
  const right = lineWidth(stage) > 0 && lineWidth(stage) < width / 2 ? stage : hint
  const room = width - lineWidth(label) - lineWidth(right) - 1
  const items = fitting(
    faults.map((each) => item(each, nowMs)),
    room,
  )
  const gap = Math.max(1, width - lineWidth(label) - lineWidth(items) - lineWidth(right))
  return fitLine([...label, ...items, span(' '.repeat(gap)), ...right], width)
}

function labelOf(faults: readonly InForce[], healing: Ui['healing'], nowMs: number): Line {
  if (healing !== null) return line(span(` HEALING ${age(nowMs - healing.sinceMs)} `, 'caution'), '  ')
  if (faults.length === 0) return []
  const stuck = faults.filter(({ isStuck }) => isStuck).length
  const word = faults.length === 1 ? 'FAULT' : `${faults.length} FAULTS`
  return line(stuck > 0 ? span(` ${stuck} STUCK `, 'alarm') : span(` ${word} `, 'caution'), '  ')
}

function stagingWords(
  { name, text, sinceMs }: NonNullable<Ui['staging']>,
  { nowMs, isShort }: { readonly nowMs: number; readonly isShort: boolean },
): Line {
  const length = span(` ${age(nowMs - sinceMs)} `, 'dim')
  const label = span(' SCENARIO ', 'caution')
  return isShort ? line(label, ` ${text}`, length) : line(label, '  ', span(name, 'bold'), `: ${text}`, length)
}

function item({ what, parts, sinceMs, isThere, isStuck }: InForce, nowMs: number): Line {
  const on = parts.length > 3 ? `${parts.slice(0, 2).join(', ')} +${parts.length - 2}` : parts.join(', ')
  const forS = age(nowMs - sinceMs)
  return line(
    span(isStuck ? '✗ stuck: ' : '', 'bad'),
    span(`${what} `, isStuck ? 'bad' : 'bold'),
    span(on, isStuck ? 'bad' : 'plain'),
    isThere ? span(` ${forS}`, 'dim') : span(` being injected ${forS}`, 'accent'),
  )
}

/** The items that fit as a whole, and how many more there are. */
function fitting(items: readonly Line[], room: number): Line {
  for (let shown = items.length; shown > 0; shown--) {
    const hidden = items.length - shown
    const more = hidden === 0 ? [] : line(span(`${hidden} more`, 'dim'))
    const all = join([...items.slice(0, shown), more])
    if (lineWidth(all) <= room || shown === 1) return all
  }
  return []
}
