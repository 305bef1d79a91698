import { formatClock } from '../../model/units.ts'
import { overloadBeside } from '../overload.ts'
import { numbers, type PagePart, table } from '../page.ts'
import type { Summary } from '../summary-schema.ts'
import { durationText } from '../words/format.ts'

/** Every outage with its first error and what it came from. */
export function outageParts(summary: Summary): readonly PagePart[] {
  const { outages } = summary
  if (outages.length === 0) return []
  const rows = outages.map((outage) => {
    const { kind, fromMs, durationMs, firstErrorCode, sentence } = outage
    const overload = overloadBeside(outage, summary)
    return {
      cells: [
        kind,
        formatClock(fromMs),
        durationMs === null ? 'not over' : durationText(durationMs),
        firstErrorCode ?? 'silence',
        [sentence ?? '', ...(overload === null ? [] : [`But ${overload}.`])].join(' ').trim(),
      ],
    }
  })
  const columns = ['outage of', numbers('from'), numbers('length'), 'first error', 'what happened']
  return [{ ...table(columns, rows, 'steps'), inSight: IN_SIGHT }]
}

const IN_SIGHT = 12
