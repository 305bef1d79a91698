import { grouped } from '../../model/words.ts'
import { list, numbers, type PageRow, type PageSection, table } from '../page.ts'
import type { Summary } from '../summary-schema.ts'
import { aboutReplicas, aboutWrites, clientClasses, databaseClasses, type WriteClass } from '../words/write-classes.ts'

/** Every class of writes, and what each means. */
export function writesSection(summary: Summary): PageSection {
  const rows: PageRow[] = [
    { cells: ['How it ended for the client', '', ''], look: 'group' },
    { cells: ['attempted', grouped(summary.writes.attempted), 'All that were due.'] },
    ...clientClasses(summary).map(classRow),
    ...(summary.writes.audited === null
      ? []
      : [{ cells: ['What the database holds', '', ''], look: 'group' }, ...databaseClasses(summary).map(classRow)]),
  ]
  return {
    id: 'writes',
    title: 'What became of every write',
    lead: [aboutWrites(summary), ...aboutReplicas(summary)].join(' '),
    parts: [table(['class', numbers('writes'), 'what it means'], rows, 'classes')],
  }
}

function classRow({ name, count, meaning, tone }: WriteClass): PageRow {
  const look = count === null || count === 0 ? 'zero' : tone === 'bad' || tone === 'warn' ? tone : ''
  return { cells: [name, count === null ? 'not known' : grouped(count), meaning], look }
}

/** Why each lost write was lost, or where timelines forked without a loss; nothing where none did. */
export function autopsySection({ autopsy, writes }: Summary): readonly PageSection[] {
  const lost = (writes.lost ?? 0) + (writes.unguardedLost ?? 0)
  const section = { id: 'autopsy', title: lost === 0 ? 'Where the timelines forked' : 'Why they were lost' }
  if (autopsy === null) {
    if (lost === 0) return []
    return [{ ...section, lead: 'No autopsy was made: why the lost writes were lost is not known.', parts: [] }]
  }
  const { sentences, explained, unexplained, reasons } = autopsy
  if (sentences.length === 0) return []
  const lead =
    lost === 0 ? null : `${grouped(explained)} of ${grouped(lost)} lost writes are explained by a fork of the timeline.`
  return [{ ...section, lead, parts: [...list(sentences), ...list(unexplained > 0 ? reasons : [])] }]
}
