import { cellWidth, graphemes, wrapText } from '../../draw/cells.ts'
import { fitLine, type Line, line, lineWidth, type Style, span } from '../../draw/line.ts'

/** Rows that lie over the panels. */
export interface Overlay {
  readonly x: number
  readonly y: number
  readonly lines: readonly Line[]
}

/** The rows in a frame with a title. */
export function boxed(body: readonly Line[], width: number, title: string, style: Style = 'accent'): Line[] {
  const inner = width - 2
  const name = title === '' || cellWidth(title) > inner - 4 ? '' : ` ${title} `
  const top = line(span('╭─', style), span(name, style), span(`${'─'.repeat(inner - 1 - cellWidth(name))}╮`, style))
  const side = span('│', style)
  return [
    top,
    ...body.map((each) => [side, ...fitLine(each, inner), side]),
    line(span(`╰${'─'.repeat(inner)}╯`, style)),
  ]
}

/** In the middle, below the lines that tell how the cluster and its clients fare if there is the room. */
export function centred(lines: readonly Line[], columns: number, rows: number): Overlay {
  const shown = lines.slice(0, rows)
  const width = lineWidth(shown[0] ?? [])
  const left = rows - TOP_ROWS - 1 - shown.length
  return {
    x: Math.max(0, Math.floor((columns - width) / 2)),
    y: left >= 0 ? TOP_ROWS + Math.floor(left / 2) : Math.max(0, Math.floor((rows - shown.length) / 2)),
    lines: shown,
  }
}

/** With the faults in force. */
const TOP_ROWS = 3

/** Like wrapText, but nothing is left out: a word that is longer than a row goes on in the next one. */
export function wrapWhole(text: string, width: number): string[] {
  const pieces = text.split(/\s+/).flatMap((word) => {
    const letters = graphemes(word)
    const rows = Math.max(1, Math.ceil(letters.length / width))
    return Array.from({ length: rows }, (_, row) => letters.slice(row * width, (row + 1) * width).join(''))
  })
  return wrapText(pieces.join(' '), width)
}

/** `enter on   esc back` */
export function keyHints(...hints: readonly (readonly [keys: string, text: string])[]): Line {
  return hints.flatMap(([keys, text], index) => [
    span(index === 0 ? '  ' : '    '),
    ...keys.split(' ').flatMap((key, number) => (number === 0 ? [span(key, 'key')] : [span(' or '), span(key, 'key')])),
    span(` ${text}`),
  ])
}

/** The first rows of these, with a row that says that there is more. */
export function shortened<T>(items: readonly T[], room: number, more: (hidden: number) => T): readonly T[] {
  if (items.length <= room) return items
  return [...items.slice(0, Math.max(0, room - 1)), more(items.length - Math.max(0, room - 1))]
}
