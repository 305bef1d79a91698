import { badge } from '../document.ts'
import { type Markup, markup } from '../markup.ts'
import { cards } from '../page.ts'
import type { Summary } from '../summary-schema.ts'
import { headline, keyFigures } from '../words/headline.ts'

/** Each system of a lab that has several: its verdict, its figures, and where its own report is. */
export function instancesSection({ instances = {} }: Summary): Markup {
  const each = Object.entries(instances).map(
    ([name, summary]) => markup`<h2 id="${name}"><a href="${name}/report.html">${name}</a></h2>
${badge(summary.verdict.verdict)}
<p><b>${headline(summary)}</b></p>
<p class="why">${summary.verdict.why}</p>
${cards(keyFigures(summary))}`,
  )
  return markup`${each}`
}
