import { fenced, linkTo, markdownTable, safe } from './markdown-text.ts'
import type { Page, PagePart, PageSection, PageTable, Piece, Text } from './page.ts'
import type { KeyFigure } from './words/headline.ts'

/** A report as Markdown, without its drawings: of a plot what it says. Text from outside cannot break the layout. */
export function toMarkdown(page: Page): string {
  const { name, when, verdict, heading, reasons = [], alert = null, cards = [], sections, footer } = page
  const blocks = [
    `# ${judged(verdict, heading)}`,
    reasons.length > 1 ? bullets(reasons) : reasons.map(safe).join(),
    alert === null ? '' : `> ${inline(alert)}`,
    `**${safe(name)}** · ${safe(when)}`,
    cardTable(cards),
    ...sections.flatMap(section),
    safe(footer),
  ]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

const VERDICTS = { pass: '✓ PASS', fail: '✗ FAIL', unknown: '? UNKNOWN' } as const

function judged(verdict: Page['verdict'], text: string): string {
  return verdict === undefined ? safe(text) : `${VERDICTS[verdict]}: ${safe(text)}`
}

function section({ title, verdict, lead, parts }: PageSection): string[] {
  return [`## ${judged(verdict, title)}`, safe(lead ?? ''), ...parts.flatMap(print)]
}

function print(part: PagePart): string[] {
  switch (part.type) {
    case 'heading':
      return [`### ${safe(part.text)}`]
    case 'paragraph':
      return [part.look === 'alert' ? `> ${inline(part.text)}` : inline(part.text)]
    case 'list':
      return [part.isNumbered ? numbered(part.items) : bullets(part.items)]
    case 'cards':
      return [cardTable(part.cards)]
    case 'facts':
      return [
        markdownTable(
          ['setting', 'value'],
          part.facts.map((fact) => fact.map(safe)),
        ),
      ]
    case 'findings':
      return [part.findings.map(({ title, text }) => `- **${safe(title)}**: ${safe(text)}`).join('\n')]
    case 'commands':
    case 'screen':
      return [fenced(part.text)]
    case 'more':
      return [`**${safe(part.title)}**`, ...part.parts.flatMap(print)]
    case 'table':
      return [tableOf(part)]
    case 'plot':
      return [`### ${safe(part.title)}`, safe(part.reading)]
  }
}

function bullets(items: readonly Text[]): string {
  return items.map((item) => `- ${inline(item)}`).join('\n')
}

function numbered(items: readonly Text[]): string {
  return items.map((item, index) => `${index + 1}. ${inline(item)}`).join('\n')
}

function cardTable(cards: readonly KeyFigure[]): string {
  if (cards.length === 0) return ''
  return markdownTable(
    ['', '', ''],
    cards.map(({ label, value, note }) => [safe(label), `**${safe(value)}**`, safe(note)]),
  )
}

function tableOf({ columns, rows }: PageTable): string {
  return markdownTable(
    columns.map(({ name }) => safe(name)),
    rows.map(({ cells, look }) => {
      const [first = '', ...others] = cells.map(inline)
      return [look === 'group' || look === 'sum' ? `**${first}**` : first, ...others]
    }),
  )
}

function inline(text: Text): string {
  return typeof text === 'string'
    ? safe(text)
    : 'type' in text
      ? piece(text)
      : text.map(inline).join('').replace(/^ · /, '')
}

function piece(of: Piece): string {
  switch (of.type) {
    case 'loud':
      return of.look === 'is-bad' ? `**${safe(of.text)}**` : safe(of.text)
    case 'note':
      return ` (${safe(of.text)})`
    case 'below':
      return ` · ${safe(of.text)}`
    case 'link':
      // Where a heading can be led to, no two readers of Markdown agree.
      return of.href.startsWith('#') ? safe(of.text) : linkTo(of.href, safe(of.text))
  }
}
