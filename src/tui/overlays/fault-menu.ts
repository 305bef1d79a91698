import { cellWidth, cutWords, fitText, wrapText } from '../../draw/cells.ts'
import { fitLine, type Line, line, selectedLine, span } from '../../draw/line.ts'
import { scrollTo } from '../../draw/table.ts'
import type { State } from '../../model/state.ts'
import type { FaultChoice, FaultConsole } from '../control.ts'
import { aimOf, kindsFor } from '../picking.ts'
import type { Menu } from '../ui-state.ts'
import { boxed, centred, keyHints, type Overlay } from './box.ts'

/** The faults that can be aimed at the target, by family, and what the one under the cursor does. */
export function faultMenuOverlay(
  state: State,
  menu: Extract<Menu, { type: 'faults' }>,
  { columns, rows, console }: { readonly columns: number; readonly rows: number; readonly console: FaultConsole },
): Overlay {
  const width = Math.min(columns - 2, 96)
  const aim = aimOf(menu.target, state, console)
  const kinds = kindsFor(aim, console)
  const at = Math.max(
    0,
    kinds.findIndex(({ type }) => type === menu.chosen),
  )
  const about = wrapText(kinds[at]?.about ?? '', width - 6).slice(0, ABOUT_ROWS)
  const height = Math.max(3, Math.min(rows - 11 - ABOUT_ROWS, LIST_ROWS))
  const nothing = aim.parts.length === 0 ? 'there is nobody to aim at' : 'no fault can be aimed at all of these'
  const entries = kinds.length === 0 ? [line('  ', span(nothing, 'warn'))] : list(kinds, at, width)
  const selected = entries.findIndex((entry) => entry.some(({ isSelected }) => isSelected))
  const first = scrollTo(entries.length, Math.max(0, selected), height)
  const more = entries.length > height ? ` ${at + 1} of ${kinds.length}` : ''
  const body: Line[] = [
    aimLine(
      aim.target,
      aim.parts.map(({ name }) => name),
    ),
    [],
    ...pad(entries.slice(first, first + height), Math.min(height, Math.max(entries.length, LEAST_ROWS))),
    [],
    ...pad(
      about.map((text) => line('  ', span(text))),
      ABOUT_ROWS,
    ),
    [],
    [...keyHints(['↑ ↓', 'fault'], ['← →', 'target'], ['enter', 'on'], ['esc', 'back']), span(more, 'dim')],
  ]
  return centred(boxed(body, width, 'inject a fault'), columns, rows)
}

const ABOUT_ROWS = 2
const LIST_ROWS = 24
const LEAST_ROWS = 6
const NAME_WIDTH = 20

/** `target ‹ leader ›  now patroni3` */
function aimLine(target: string, names: readonly string[]): Line {
  const isSame = names.length === 1 && names[0] === target
  const now = names.length === 0 ? span('nobody at this moment', 'warn') : span(`now ${names.join(', ')}`, 'dim')
  return line('  target ', span('‹ ', 'key'), span(target, 'bold'), span(' ›', 'key'), '  ', isSame ? '' : now)
}

/** Each family's name stands before its first fault. */
function list(kinds: readonly FaultChoice[], at: number, width: number): Line[] {
  const widest = Math.max(...kinds.map(({ family }) => cellWidth(family)))
  return kinds.map(({ type, family, about }, index) => {
    const isFirst = kinds[index - 1]?.family !== family
    const spans = line(
      index === at ? ' ▸ ' : '   ',
      span(fitText(isFirst ? family : '', widest), 'dim'),
      '  ',
      span(fitText(type, NAME_WIDTH), 'bold'),
      ' ',
      span(cutWords(about, width - widest - NAME_WIDTH - 9), 'dim'),
    )
    const whole = fitLine(spans, width - 2)
    return index === at ? selectedLine(whole) : whole
  })
}

function pad(lines: readonly Line[], height: number): Line[] {
  return [...lines, ...Array.from({ length: Math.max(0, height - lines.length) }, (): Line => [])]
}
