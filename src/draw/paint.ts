import type { Line, Span, Style } from './line.ts'

/** Turns a line into text with SGR sequences. */
export type Painter = (spans: Line) => string

type Codes = readonly [open: string, close: string]

const BOLD: Codes = ['\u001b[1m', '\u001b[22m']
const DIM: Codes = ['\u001b[2m', '\u001b[22m']
const INVERSE: Codes = ['\u001b[7m', '\u001b[27m']
const RED: Codes = ['\u001b[31m', '\u001b[39m']
const GREEN: Codes = ['\u001b[32m', '\u001b[39m']
const YELLOW: Codes = ['\u001b[33m', '\u001b[39m']
const CYAN: Codes = ['\u001b[36m', '\u001b[39m']
const WHITE: Codes = ['\u001b[97m', '\u001b[39m']
const BLACK: Codes = ['\u001b[30m', '\u001b[39m']
const ON_RED: Codes = ['\u001b[41m', '\u001b[49m']
const ON_YELLOW: Codes = ['\u001b[43m', '\u001b[49m']

/** The sixteen colours of the person's own theme; nothing that could vanish on a light or a dark background. */
const colored: Readonly<Record<Style, readonly Codes[]>> = {
  plain: [],
  dim: [DIM],
  bold: [BOLD],
  accent: [BOLD, CYAN],
  good: [GREEN],
  warn: [YELLOW],
  bad: [BOLD, RED],
  alarm: [BOLD, WHITE, ON_RED],
  caution: [BLACK, ON_YELLOW],
  key: [CYAN],
}

const colorless: Readonly<Record<Style, readonly Codes[]>> = {
  plain: [],
  dim: [DIM],
  bold: [BOLD],
  accent: [BOLD],
  good: [],
  warn: [],
  bad: [BOLD],
  alarm: [BOLD, INVERSE],
  caution: [INVERSE],
  key: [BOLD],
}

export function createPainter({ isColored }: { isColored: boolean }): Painter {
  const styles = isColored ? colored : colorless
  return (spans) => {
    let text = ''
    for (const each of spans) text += paintSpan(each, styles[each.style])
    return text
  }
}

/** Colour unless `NO_COLOR` is set to anything (no-color.org) or the terminal says that it is a dumb one. */
export function wantsColor(environment: Readonly<Record<string, string | undefined>>): boolean {
  return !environment.NO_COLOR && environment.TERM !== 'dumb'
}

function paintSpan({ text, isSelected }: Span, codes: readonly Codes[]): string {
  if (text === '') return ''
  // An inverted background under a coloured one would be hard to read: the cursor's row is inverted as a whole.
  const all = isSelected ? [INVERSE] : codes
  let opened = ''
  let closed = ''
  for (const [open, close] of all) {
    opened += open
    closed = close + closed
  }
  return opened + text + closed
}
