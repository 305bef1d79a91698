/** A table; the cells are Markdown already. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Text from outside: nothing in it starts markup, ends a table's cell or a line. */
export function safe(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp} ]+/gu, ' ').replace(/[\\`*_[\]<>|#&~]/g, (sign) => `\\${sign}`)
}

/** The address is encoded, so that it can end neither the link nor a table's cell; the text is Markdown already. */
export function linkTo(href: string, text: string): string {
  return `[${text}](${href.replace(/[()|~_*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)})`
}

/** Text from outside as it is, in a block of its own that nothing in it can end. */
export function fenced(text: string): string {
  const printable = text.replace(/(?!\n)\p{Cc}/gu, '\ufffd')
  const longest = Math.max(2, ...[...printable.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}\n${printable}\n${fence}`
}
