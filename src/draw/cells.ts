/**
 * How many terminal cells a text takes: 1 a character, 2 for East Asian wide ones and emoji, 0 for combining marks.
 * Widths are those of Unicode's East Asian Width, ambiguous characters counted as narrow.
 */
export function cellWidth(text: string): number {
  if (NARROW.test(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += graphemeWidth(segment)
  return width
}

/** Text from outside in one harmless line: whatever could move the cursor or change a style becomes a space. */
export function clean(text: string): string {
  return NARROW.test(text) ? text : text.replaceAll(ESCAPES, '').replaceAll(CONTROLS, ' ')
}

/** At most `width` cells of the text; what was cut shows as `…`. */
export function cut(text: string, width: number): string {
  if (width <= 0) return ''
  if (cellWidth(text) <= width) return text
  if (NARROW.test(text)) return `${text.slice(0, width - 1)}…`
  let kept = ''
  let room = width - 1
  for (const { segment } of segmenter.segment(text)) {
    room -= graphemeWidth(segment)
    if (room < 0) break
    kept += segment
  }
  return `${kept}…`
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
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last !== undefined && cellWidth(last) + 1 + cellWidth(word) <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(cut(word, width))
  }
  return lines
}

/** The text in characters as a person sees them, so that none is cut in the middle. */
export function graphemes(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment)
}

/** ASCII, Latin, Cyrillic and the line, block and shape characters that the screen draws: one cell each. */
const NARROW =
  /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u0400-\u0482\u048a-\u04ff\u2013\u2014\u2026\u2190-\u2193\u2500-\u25fc\u2713\u2717]*$/
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u
const INVISIBLE = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]+$/u
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what it is there to take out
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.)?/g
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}]+/gu

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

function graphemeWidth(segment: string): number {
  if (INVISIBLE.test(segment)) return 0
  return WIDE.test(segment) ? 2 : 1
}
