import { formatClock } from '../../model/units.ts'
import type { LaneLook } from '../../systems/reported.ts'
import { type Insert, markup } from '../markup.ts'
import { figure, htmlTable, type LegendEntry, type PageRow } from '../page.ts'
import { timelinePlot } from '../plots/timeline-plot.ts'
import type { Report } from '../summarise.ts'
import type { Summary } from '../summary-schema.ts'
import type { Timeline } from '../timeline.ts'
import { counted, durationText } from '../words/format.ts'
import { outageSentence } from '../words/headline.ts'

/** Faults, who held the write authority, roles and proxies, on one axis of time; below it what was done, numbered. */
export function timelineFigure(report: Report): Insert[] {
  const { summary, series } = report
  const spans = series.timeline.lanes.flatMap(({ label, spans }) => spans.map((span) => ({ label, ...span })))
  return [
    figure({
      id: 'timeline-plot',
      title: series.timeline.title,
      reading: readingOf(summary, series.timeline.authority),
      legend: legendOf(series.timeline),
      draw: (size, label) => timelinePlot(report, size, label),
      table: htmlTable(
        [{ name: 'what' }, { name: 'was' }, { name: 'from', isNumber: true }, { name: 'for', isNumber: true }],
        spans.slice(0, MOST_ROWS).map(({ label, value, fromMs, toMs }) => {
          return { cells: [label, value, formatClock(fromMs), durationText(toMs - fromMs)] }
        }),
      ),
    }),
    faultTable(summary),
  ]
}

const MOST_ROWS = 120

function legendOf({ legend }: Timeline): readonly LegendEntry[] {
  const texts = { ...LOOKS, ...legend }
  const own = ORDER.flatMap((look): LegendEntry[] => {
    const text = texts[look]
    return text === undefined ? [] : [{ look: `bar ${look}`, as: 'box', text }]
  })
  return [...own, ...LEGEND]
}

const ORDER: readonly LaneLook[] = ['primary', 'replica', 'no-postgres', 'unreachable', 'nobody', 'held']

const LOOKS: Timeline['legend'] = {
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
  if (out > 1 || failovers.length > 1) {
    const landed = counted(faults.length, 'fault', 'faults')
    return `${landed} landed, the ${authority} passed on ${counted(failovers.length, 'time', 'times')}, and there were ${counted(out, 'outage', 'outages')} of writes.`
  }
  const told = outages.find((outage) => outage.kind === 'write' && outage.sentence !== null)?.sentence
  if (told) return told
  const unnoticed = failovers.find((failover) => failover.sentence !== null)?.sentence
  if (unnoticed) return unnoticed
  const [first] = faults
  const done =
    first === undefined
      ? 'Nothing was done to the lab.'
      : `${first.part} ${first.text} at ${formatClock(first.landedMs)}.`
  return `${done} ${outageSentence(summary)}`
}

/** The first few in sight, the others at hand. */
function faultTable({ faults }: Summary): Insert {
  const rows = faults.slice(0, MOST_ROWS).map(({ part, text, landedMs, liftedMs }, index): PageRow => {
    const lifted = liftedMs === null ? 'not lifted' : formatClock(liftedMs)
    const length = liftedMs === null ? '–' : durationText(liftedMs - landedMs)
    return { cells: [`${index + 1}. ${part}`, text, formatClock(landedMs), lifted, length] }
  })
  const more = faults.length - IN_SIGHT
  return [
    rows.length > 0 && htmlTable(FAULT_COLUMNS, rows.slice(0, IN_SIGHT), 'steps'),
    more > 0 &&
      markup`<details><summary>${counted(more, 'fault', 'faults')} more</summary>${htmlTable(FAULT_COLUMNS, rows.slice(IN_SIGHT), 'steps')}</details>`,
  ]
}

const IN_SIGHT = 12

const FAULT_COLUMNS = [
  { name: 'fault' },
  { name: 'what' },
  { name: 'landed', isNumber: true },
  { name: 'lifted', isNumber: true },
  { name: 'in force for', isNumber: true },
]
