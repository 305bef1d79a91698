import type { Section, SectionTable } from '../../model/section.ts'
import { grouped } from '../../model/words.ts'
import { findWorkload } from '../../workloads/workloads.ts'
import { list, numbers, type PageSection, type PageTable, table } from '../page.ts'
import type { Summary } from '../summary-schema.ts'

/** What the workload and the system under test have to say of a run; nothing where they have nothing. */
export function ownSections({ workload, system }: Summary): readonly PageSection[] {
  const found = workload !== null && Object.keys(workload.counts).length > 0 ? findWorkload(workload.type) : null
  const told = workload === null ? null : (found?.section(workload) ?? null)
  return [
    ...(told === null ? [] : [ownSection('workload', told)]),
    ...(system?.sections ?? []).map((section, index) => ownSection(`system-${index + 1}`, section)),
  ]
}

function ownSection(id: string, { title, lead, rows, lines, table: found }: Section): PageSection {
  const cells = rows.map(({ name, value, meaning, isWrong }) => {
    const look = value === 0 ? 'zero' : isWrong ? 'bad' : ''
    return { cells: [name, typeof value === 'number' ? grouped(value) : value, meaning], look }
  })
  return {
    id,
    title,
    lead,
    parts: [
      table(['finding', numbers('count'), 'what it means'], cells, 'classes'),
      ...(found ? [oneByOne(found)] : []),
      ...list(lines),
    ],
  }
}

/** So many of what was found one by one are in sight. */
const IN_SIGHT = 20

function oneByOne({ columns, rows }: SectionTable): PageTable {
  const each = rows.map((cells) => ({ cells }))
  return { ...table(columns, each, 'steps'), inSight: IN_SIGHT }
}
