import { cellWidth, fitText, graphemes, wrapText } from '../../draw/cells.ts'
import { fitLine, type Line, line, span } from '../../draw/line.ts'
import { scrollTo } from '../../draw/table.ts'
import type { Setting } from '../../faults/settings.ts'
import { isAbout } from '../picking.ts'
import type { Form } from '../ui-state.ts'
import { boxed, centred, keyHints, type Overlay, wrapWhole } from './box.ts'

/** The settings of a fault: each with what is written, what can be, and what is wrong with it. */
export function faultFormOverlay(form: Form, columns: number, rows: number): Overlay {
  const width = Math.min(columns - 4, 84)
  const { kind, target, at } = form
  const widest = Math.max(...kind.settings.map(({ name }) => cellWidth(name)))
  const fields = kind.settings.flatMap((setting, index) => fieldRows(form, setting, index === at, widest, width - 2))
  const height = Math.max(3, rows - 9)
  const selected = fields.findIndex(({ isSelected }) => isSelected)
  const first = scrollTo(fields.length, Math.max(0, selected), height)
  const general = form.mistakes.filter(({ setting }) => !kind.settings.some(({ name }) => isAbout(name, setting)))
  const body: Line[] = [
    ...wrapText(kind.about, width - 6)
      .slice(0, 2)
      .map((text) => line('  ', span(text, 'dim'))),
    [],
    ...fields.slice(first, first + height).map((field) => field.spans),
    [],
    ...general.flatMap(({ message }) =>
      wrapWhole(message, width - 8).map((text) => line('  ', span(`✗ ${text}`, 'bad'))),
    ),
    keyHints(['enter', 'on'], ['↑ ↓', 'setting'], ['ctrl-u', 'clear'], ['esc', 'back']),
  ]
  return centred(boxed(body, width, `${kind.type} of ${target}`), columns, rows)
}

interface FieldRow {
  readonly spans: Line
  readonly isSelected: boolean
}

/** `▸ from = etcd,patroni█    a name; a comma makes a list`, and below it what is wrong. */
function fieldRows(form: Form, setting: Setting, isSelected: boolean, widest: number, width: number): FieldRow[] {
  const { name, initial, allowed, isRequired } = setting
  const value = form.values[name] ?? initial
  const room = Math.max(10, Math.floor((width - widest - 8) / 2))
  const shown = isSelected ? tail(value, room - 1) : value
  const isUntouched = value === initial
  const hint = `${allowed}${isRequired ? '; needed' : ''}`
  const spans = fitLine(
    line(
      isSelected ? span(' ▸ ', 'accent') : '   ',
      span(fitText(name, widest), isSelected ? 'bold' : 'plain'),
      span(' = ', 'dim'),
      ...(isSelected
        ? [span(shown, 'bold'), span(' ', 'caution'), span(' '.repeat(Math.max(0, room - 1 - cellWidth(shown))))]
        : [span(fitText(shown, room), isUntouched ? 'plain' : 'bold')]),
      ' ',
      span(hint, 'dim'),
    ),
    width,
  )
  const wrong = form.mistakes.filter((mistake) => isAbout(name, mistake.setting))
  const told = wrong.flatMap(({ message }) => wrapText(message, width - 8))
  return [
    { spans, isSelected },
    ...told.map((text) => ({ spans: line('     ', span(`✗ ${text}`, 'bad')), isSelected: false })),
  ]
}

/** The end of what is typed stays in sight. */
function tail(text: string, width: number): string {
  const letters = graphemes(text)
  let from = 0
  while (cellWidth(letters.slice(from).join('')) > width) from++
  return letters.slice(from).join('')
}
