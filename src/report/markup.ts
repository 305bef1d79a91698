/** Text that may stand in a page as it is. Made by `markup` alone, which escapes whatever comes from outside. */
export interface Markup {
  readonly [MARKUP]: string
}

const MARKUP = Symbol('markup')

export type Insert = Markup | string | number | null | false | readonly Insert[]

/** A template of HTML or SVG: markup and lists of it go in as they are, everything else is escaped. */
export function markup(strings: TemplateStringsArray, ...inserts: readonly Insert[]): Markup {
  const text = strings.reduce((all, part, index) => all + toText(inserts[index - 1] as Insert) + part)
  return { [MARKUP]: text }
}

export const noMarkup: Markup = { [MARKUP]: '' }

/** Text of the program's own, such as a style sheet, that is markup already. */
export function asMarkup(text: string): Markup {
  return { [MARKUP]: text }
}

/** The markup as text, once it is complete. */
export function render(whole: Markup): string {
  return whole[MARKUP]
}

function toText(insert: Insert): string {
  if (insert === null || insert === false) return ''
  if (typeof insert === 'number') return String(insert)
  if (typeof insert === 'string') return escapeText(insert)
  return Array.isArray(insert) ? insert.map(toText).join('') : (insert as Markup)[MARKUP]
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Also for attributes in quotes. What no document may hold (control characters) is left out. */
function escapeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 forbids exactly these
  const printable = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/g, '\ufffd')
  return printable.replace(/[&<>"']/g, (sign) => ENTITIES[sign] as string)
}
