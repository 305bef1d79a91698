import { cellWidth, clean, cut } from './cells.ts'

/** What a piece of text means; how that looks is the painter's business. */
export type Style =
  | 'plain'
  | 'dim'
  | 'bold'
  | 'accent'
  | 'good'
  | 'warn'
  | 'bad'
  /** Cannot be overlooked, with or without colour: the reason why somebody is looking at the screen. */
  | 'alarm'
  /** The same for what is nearly over or nearly as bad. */
  | 'caution'
  | 'key'

export interface Span {
  readonly text: string
  readonly style: Style
  readonly isSelected?: boolean
}

/** One row of text in pieces. */
export type Line = readonly Span[]

/** Much of what is shown comes from outside, so every piece is cleaned where it is made. */
export function span(text: string, style: Style = 'plain'): Span {
  return { text: clean(text), style }
}

/** A line from plain texts and spans. */
export function line(...parts: readonly (string | Span)[]): Line {
  return parts.map((part) => (typeof part === 'string' ? span(part) : part))
}

export function lineWidth(spans: Line): number {
  let width = 0
  for (const each of spans) width += cellWidth(each.text)
  return width
}

/** Exactly `width` cells: cut with `…` or filled with spaces. */
export function fitLine(spans: Line, width: number): Line {
  const kept: Span[] = []
  let room = width
  for (const [index, each] of spans.entries()) {
    const needed = cellWidth(each.text)
    const isLast = index === spans.length - 1
    if (needed > room || (needed === room && !isLast && lineWidth(spans.slice(index + 1)) > 0)) {
      const text = cut(needed === room ? `${each.text} ` : each.text, room)
      kept.push({ ...each, text })
      room -= cellWidth(text)
      break
    }
    kept.push(each)
    room -= needed
  }
  if (room > 0) kept.push(span(' '.repeat(room)))
  return kept
}

/** The left part at the left edge, the right one at the right; the left one gives way when both do not fit. */
export function spread(left: Line, right: Line, width: number): Line {
  const rightWidth = Math.min(lineWidth(right), width)
  return [...fitLine(left, width - rightWidth), ...fitLine(right, rightWidth)]
}

/** The parts with a separator between them, leaving out the empty ones. */
export function join(parts: readonly Line[], separator = ' · '): Line {
  return parts
    .filter((part) => part.length > 0)
    .flatMap((part, index) => (index === 0 ? part : [span(separator, 'dim'), ...part]))
}

/** Those of them that fit side by side, the first ones before the others; the first is there whatever its width. */
export function joinWithin([first = [], ...others]: readonly Line[], width: number): Line {
  return others.reduce((shown, part) => {
    const all = join([shown, part])
    return lineWidth(all) <= width ? all : shown
  }, first)
}

/** The line as the row that the cursor is on. */
export function selectedLine(spans: Line): Line {
  return spans.map((each) => ({ ...each, isSelected: true }))
}

/** The text alone, for tests and for comparing. */
export function textOf(spans: Line): string {
  return spans.map((each) => each.text).join('')
}
