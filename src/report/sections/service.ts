import { type Insert, markup } from '../markup.ts'
import { table } from '../page.ts'
import type { Summary } from '../summary-schema.ts'
import { serviceRows, serviceSentences } from '../words/service.ts'

/** What clients experienced, in figures, and what is to be said of it. */
export function serviceFigures(summary: Summary): Insert[] {
  if (summary.settings.probeIntervalMs === null) return []
  const sentences = serviceSentences(summary)
  return [
    table(
      [{ name: 'what clients saw' }, { name: 'writes', isNumber: true }, { name: 'reads', isNumber: true }],
      serviceRows(summary).map((cells) => ({ cells: [...cells] })),
    ),
    sentences.length > 0 && markup`<ul>${sentences.map((sentence) => markup`<li>${sentence}</li>`)}</ul>`,
  ]
}
