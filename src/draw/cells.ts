import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
/** For any text. Nearly none needs them, and to make what they match emoji with takes Node 40 ms. */
const anyText = {
  width: (text: string) => (require('string-width') as typeof import('string-width')).default(text),
  cut: (text: string, width: number) => (require('cli-truncate') as typeof import('cli-truncate')).default(text, width),
  wrap: (text: string, width: number) => (require('wrap-ansi') as typeof import('wrap-ansi')).default(text, width),
}

/** How many terminal cells a text takes: 1 a character, 2 for East Asian wide ones and emoji, 0 for combining marks. */
export function cellWidth(text: string): number {
  return NARROW.test(text) ? text.length : anyText.width(text)
}

/** Text from outside in one harmless line: whatever could move the cursor or change a style becomes a space. */
export function clean(text: string): string {
  return NARROW.test(text) ? text : text.replaceAll(ESCAPES, '').replaceAll(CONTROLS, ' ')
}

/** At most `width` cells of the text; what was cut shows as `…`. */
export function cut(text: string, width: number): string {
  if (!NARROW.test(text)) return anyText.cut(text, width)
  if (text.length <= width) return text
  return width <= 0 ? '' : `${text.slice(0, width - 1)}…`
}

/** At most `width` cells, cut between two words where there is such a place. */
export function cutWords(text: string, width: number): string {
  if (cellWidth(text) <= width) return text
  const [first = ''] = wrapText(text, width - 2)
  return cut(`${first.replace(/[:;,.]$/, '')} …`, width)
}

/** Exactly `width` cells: cut with `…` or filled with spaces. */
export function fitText(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const shown = cut(text, width)
  const fill = ' '.repeat(Math.max(0, width - cellWidth(shown)))
  return align === 'left' ? shown + fill : fill + shown
}

/** The text broken at spaces into lines of at most `width` cells; only a word that is longer than a line is cut. */
export function wrapText(text: string, width: number): string[] {
  return anyText
    .wrap(text.replaceAll(/\s+/g, ' '), width)
    .split('\n')
    .map((each) => cut(each, width))
}

/** The text in characters as a person sees them, so that none is cut in the middle. */
export function graphemes(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment)
}

/**
 * ASCII, Latin, Cyrillic and the line, block and shape characters that the screen draws: one cell each. Nearly all of a
 * frame is of these; with the libraries measuring them too, it would take two to three times as long.
 */
const NARROW =
  /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u0400-\u0482\u048a-\u04ff\u2013\u2014\u2026\u2190-\u2193\u2500-\u25fc\u2713\u2717]*$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what it is there to take out
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.)?/g
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}]+/gu

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
