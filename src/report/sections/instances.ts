import { badge } from '../document.ts'
import { type Markup, markup } from '../markup.ts'
import { cards, section } from '../page.ts'
import type { Summary } from '../summary-schema.ts'
import { headline, keyFigures } from '../words/headline.ts'

/** Each system of a lab that has several: its verdict, its figures, and where its own report is. */
export function instancesSection({ instances = {} }: Summary): Markup {
  const each = Object.entries(instances).map(([name, summary]) =>
    section(
      name,
      name,
      headline(summary),
      badge(summary.verdict.verdict),
      cards(keyFigures(summary)),
      markup`<p><a href="${name}/report.html">The report of ${name}</a></p>`,
    ),
  )
  return markup`${each}`
}
