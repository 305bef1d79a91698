import { type Markup, markup } from '../markup.ts'
import { htmlTable, section } from '../page.ts'
import type { Summary } from '../summary-schema.ts'
import { group } from '../words/format.ts'
import { ownSections } from '../words/own-sections.ts'

/** What the workload and the system found, each in its own section. */
export function drawOwnSections(summary: Summary): Markup {
  return markup`${ownSections(summary).map(({ id, title, lead, rows, lines }) => {
    const cells = rows.map(({ name, value, meaning, isWrong }) => {
      const look = value === 0 ? 'zero' : isWrong ? 'bad' : ''
      return { cells: [name, typeof value === 'number' ? group(value) : value, meaning], look }
    })
    const list = lines.length > 0 && markup`<ul class="story">${lines.map((line) => markup`<li>${line}</li>`)}</ul>`
    return section(id, title, lead, htmlTable(COLUMNS, cells, 'classes'), list)
  })}`
}

const COLUMNS = [{ name: 'finding' }, { name: 'count', isNumber: true }, { name: 'what it means' }]
