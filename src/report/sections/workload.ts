import { type Markup, markup, nothing } from '../markup.ts'
import { section, table } from '../page.ts'
import type { Summary } from '../summary-schema.ts'
import { group } from '../words/format.ts'
import { workloadSection } from '../words/workload.ts'

/** What the workload found in its answers. */
export function ownSection(summary: Summary): Markup {
  const told = workloadSection(summary)
  if (told === null) return nothing
  const rows = told.rows.map(({ name, count, meaning, isWrong }) => {
    return { cells: [name, group(count), meaning], look: count === 0 ? 'zero' : isWrong ? 'bad' : '' }
  })
  const lines =
    told.lines.length > 0 && markup`<ul class="story">${told.lines.map((line) => markup`<li>${line}</li>`)}</ul>`
  return section('workload', told.title, told.lead, table(COLUMNS, rows, 'classes'), lines)
}

const COLUMNS = [{ name: 'finding' }, { name: 'count', isNumber: true }, { name: 'what it means' }]
