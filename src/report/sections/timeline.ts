import { formatClock } from '../../model/units.ts'
import { many } from '../../model/words.ts'
import type { LaneLook } from '../../systems/reported.ts'
import { type LegendEntry, numbers, type PagePart, type PageTable, table } from '../page.ts'
import { timelinePlot } from '../plots/timeline-plot.ts'
import type { Report } from '../summarise.ts'
import type { Summary } from '../summary-schema.ts'
import type { DrawnTimeline } from '../timeline.ts'
import { durationText } from '../words/format.ts'
import { outageSentence } from '../words/headline.ts'
import { tellOutAlone } from '../words/out-alone.ts'

/** Faults, who held the write authority, roles and proxies, on one axis of time; below it what was done, numbered. */
export function timelineParts(report: Report): readonly PagePart[] {
  const { summary, series } = report
  const spans = series.timeline.lanes.flatMap(({ label, spans }) => spans.map((span) => ({ label, ...span })))
  return [
    {
      type: 'plot',
      id: 'timeline-plot',
      title: series.timeline.title,
      reading: readingOf(summary, series.timeline.authority),
      legend: legendOf(series.timeline),
      draw: (size, label) => timelinePlot(report, size, label),
      table: table(
        ['what', 'was', numbers('from'), numbers('for')],
        spans.slice(0, MOST_ROWS).map(({ label, value, fromMs, toMs }) => {
          return { cells: [label, value, formatClock(fromMs), durationText(toMs - fromMs)] }
        }),
      ),
    },
    ...(summary.faults.length === 0 ? [] : [faultTable(summary)]),
  ]
}

const MOST_ROWS = 120

function legendOf({ legend }: DrawnTimeline): readonly LegendEntry[] {
  const texts = { ...LOOKS, ...legend }
  const own = ORDER.flatMap((look): LegendEntry[] => {
    const text = texts[look]
    return text === undefined ? [] : [{ look: `bar ${look}`, as: 'box', text }]
  })
  return [...own, ...LEGEND]
}

const ORDER: readonly LaneLook[] = ['primary', 'replica', 'no-postgres', 'unreachable', 'nobody', 'held']

const LOOKS: DrawnTimeline['legend'] = {
  primary: 'takes writes',
  replica: 'replica',
  unreachable: 'unreachable, nobody, or out',
}

const LEGEND: readonly LegendEntry[] = [
  { look: 'bar fault-bar', as: 'box', text: 'fault in force' },
  { look: 'outage', as: 'box', text: 'clients could not write' },
]

function readingOf(summary: Summary, authority: string): string {
  const { faults, failovers, outages } = summary
  const out = outages.filter((outage) => outage.kind === 'write').length
  const ofSome = tellOutAlone(summary, 'write')
    .map((sentence) => `${sentence} `)
    .join('')
  if (out > 1 || failovers.length > 1) {
    const landed = many(faults.length, 'fault')
    return `${ofSome}${landed} landed, the ${authority} passed on ${many(failovers.length, 'time')}, and there were ${many(out, 'outage')} of writes.`
  }
  const told = outages.find((outage) => outage.kind === 'write' && outage.sentence !== null)?.sentence
  if (told) return `${ofSome}${told}`
  const unnoticed = failovers.find((failover) => failover.sentence !== null)?.sentence
  if (unnoticed) return `${ofSome}${unnoticed}`
  const [first] = faults
  const done =
    first === undefined
      ? 'Nothing was done to the lab.'
      : `${first.part} ${first.text} at ${formatClock(first.landedMs)}.`
  return `${done} ${outageSentence(summary)}`
}

function faultTable({ faults }: Summary): PageTable {
  const rows = faults.map(({ part, text, landedMs, liftedMs }, index) => {
    const lifted = liftedMs === null ? 'not lifted' : formatClock(liftedMs)
    const length = liftedMs === null ? '–' : durationText(liftedMs - landedMs)
    return { cells: [`${index + 1}. ${part}`, text, formatClock(landedMs), lifted, length] }
  })
  const columns = ['fault', 'what', numbers('landed'), numbers('lifted'), numbers('in force for')]
  return { ...table(columns, rows, 'steps'), inSight: IN_SIGHT }
}

const IN_SIGHT = 12
