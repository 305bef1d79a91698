import { fitLine, type Line, lineWidth, span } from './line.ts'

interface Framed {
  readonly title: string
  readonly number: number
  readonly summary: Line
  readonly lines: readonly Line[]
  readonly width: number
  readonly height: number
  readonly isFocused: boolean
}

/** Rows of a panel with its frame; one row alone is the title and the gist, without a frame. */
export function frame({ title, number, summary, lines, width, height, isFocused }: Framed): Line[] {
  const name = [span(`${number} `, isFocused ? 'accent' : 'dim'), span(title, isFocused ? 'accent' : 'bold')]
  const border = isFocused ? 'accent' : 'dim'
  if (height < MIN_FRAMED) {
    const named = [span(isFocused ? '▸ ' : '  '), ...name]
    const head = fitLine(named, Math.max(COLLAPSED_NAME, lineWidth(named) + 1))
    return [fitLine([...head, ...summary], width), ...Array.from({ length: height - 1 }, () => fitLine([], width))]
  }
  const inner = width - 2
  const side = span('│', border)
  const body = Array.from({ length: height - 2 }, (_, row) => [side, ...fitLine(lines[row] ?? [], inner), side])
  return [topBorder(name, summary, width, border), ...body, [span(`╰${'─'.repeat(inner)}╯`, border)]]
}

/** A frame needs room for a heading and a row at least. */
export const MIN_FRAMED = 4

const COLLAPSED_NAME = 16

/** `╭─ 1 Cluster ─────── leader patroni1 ─╮` */
function topBorder(name: Line, summary: Line, width: number, border: 'accent' | 'dim'): Line {
  const left = [span('╭─ ', border), ...name, span(' ', border)]
  const right = [span(' ─╮', border)]
  const room = width - lineWidth(left) - lineWidth(right) - 2
  const gist = lineWidth(summary) <= room ? summary : fitLine(summary, Math.max(0, room))
  const fill = Math.max(1, width - lineWidth(left) - lineWidth(right) - lineWidth(gist) - 1)
  return fitLine([...left, span('─'.repeat(fill), border), span(' '), ...gist, ...right], width)
}
