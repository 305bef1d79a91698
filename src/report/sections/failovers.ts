import { formatClock } from '../../model/units.ts'
import { tellUnmeasured } from '../../systems/tell-phases.ts'
import {
  type LegendEntry,
  numbers,
  type PagePart,
  type PagePlot,
  type PageRow,
  type PageSection,
  type PageTable,
  type Text,
  table,
} from '../page.ts'
import { type Phases, waterfallPlot } from '../plots/waterfall-plot.ts'
import type { Summary } from '../summary-schema.ts'
import { durationText } from '../words/format.ts'
import { lines, RANGE_COLUMNS, rangeRows, route } from '../words/phase-ranges.ts'

/** Where the time of each outage, and of each failover that nobody noticed, went; nothing where there was none. */
export function failoverSection(summary: Summary): readonly PageSection[] {
  const stories = storiesOf(summary)
  if (stories.length === 0) return []
  const undrawn = stories
    .slice(MOST_DRAWN)
    .flatMap((story): PagePart[] => [
      { type: 'heading', text: story.title },
      { type: 'paragraph', text: story.sentence, look: 'lead' },
      phaseTable(story),
    ])
  return [
    {
      id: 'failovers',
      title: stories.length === 1 ? 'Where the time went' : 'Where the time of each outage went',
      lead: 'Each step waits for the next thing to happen. A bracket under a bar is what the configuration allows for; a step outside it is marked with an exclamation mark.',
      parts: [
        ...stories
          .slice(0, MOST_DRAWN)
          .flatMap((story, index) => [storyPlot(story, index, summary.durationMs), phaseTable(story)]),
        ...(undrawn.length === 0
          ? []
          : [{ type: 'more', title: `${stories.length - MOST_DRAWN} more`, parts: undrawn } as const]),
        ...rangeParts(summary.phaseRanges),
      ],
    },
  ]
}

const MOST_DRAWN = 10

/** The steps of all failovers, of a run or of all repeats; nothing where there is but one. */
export function rangeParts(ranges: Summary['phaseRanges']): readonly PagePart[] {
  const rows = rangeRows(ranges).map((cells) => ({ cells }))
  if (rows.length === 0) return []
  const [step, ...figures] = RANGE_COLUMNS
  return [{ type: 'heading', text: 'Steps of all failovers' }, table([step, ...figures.map(numbers)], rows, 'steps')]
}

interface Story {
  readonly title: string
  readonly sentence: string
  readonly phases: Phases
  readonly durationMs: number | null
}

function storiesOf({ outages, failovers }: Summary): Story[] {
  const ofOutages = outages.map((outage, index): Story => {
    const passed = failovers.filter((failover) => failover.outage === index)
    const what = passed.length > 0 ? `Failover ${route(passed)}` : TITLES[outage.kind]
    const sentence = outage.sentence ?? `Clients could not ${outage.kind} from ${formatClock(outage.fromMs)}.`
    return {
      title: `${what}, at ${formatClock(outage.fromMs)}`,
      sentence,
      phases: outage.phases,
      durationMs: outage.durationMs,
    }
  })
  const unnoticed = failovers
    .filter((failover) => failover.outage === null && failover.phases.length > 0)
    .map((failover): Story => {
      const { keyTakenMs, sentence, phases } = failover
      const title = `Failover ${route([failover])}, at ${formatClock(keyTakenMs)}`
      return { title, sentence: sentence ?? '', phases, durationMs: null }
    })
  return [...ofOutages, ...unnoticed].filter((story) => story.phases.length > 0)
}

const TITLES = { write: 'Write outage', read: 'Read outage' } as const

const LEGEND: readonly LegendEntry[] = [
  { look: 'bar phase', as: 'box', text: 'a step of the outage' },
  { look: 'bar phase after', as: 'box', text: 'before and after it' },
  { look: 'bar phase-outside', as: 'box', text: 'not as predicted' },
  { look: 'bound', as: 'line', text: 'predicted end' },
]

function storyPlot({ title, sentence, phases }: Story, index: number, untilMs: number): PagePlot {
  return {
    type: 'plot',
    id: `waterfall-${index + 1}-plot`,
    title,
    reading: sentence,
    legend: LEGEND,
    draw: (size, label) => waterfallPlot(phases, untilMs, size, label),
  }
}

function phaseTable({ phases, durationMs }: Story): PageTable {
  const rows = phases.map((phase, index): PageRow => {
    const { name, knob, proof, predicted, isInside } = phase
    return {
      cells: [
        `${index + 1}. ${name}`,
        formatClock(phase.fromMs),
        length(phase),
        governedBy(knob, lines(proof)),
        range(predicted),
        judgement(isInside),
      ],
      look: phase.stage === 'during' ? '' : 'aside',
    }
  })
  const sum: PageRow[] =
    durationMs === null ? [] : [{ cells: ['the outage', '', durationText(durationMs), '', '', ''], look: 'sum' }]
  const lastDuring = phases.findLastIndex(({ stage }) => stage === 'during') + 1
  return table(
    ['step', numbers('from'), numbers('took'), 'governed by', 'predicted', 'as predicted?'],
    [...rows.slice(0, lastDuring), ...sum, ...rows.slice(lastDuring)],
    'steps',
  )
}

/** What governs a step, and under it what shows that it does. */
function governedBy(knob: string | null, shownBy: readonly string[]): Text {
  if (shownBy.length === 0) return knob ?? ''
  return [knob ?? '', ...shownBy.map((text) => ({ type: 'below', text }) as const)]
}

function length({ durationMs, unmeasuredMs, resolutionMs }: Phases[number]): string {
  if (durationMs === null) return 'goes on'
  return `${durationText(durationMs)}${tellUnmeasured(unmeasuredMs)}${resolutionMs >= 1 ? ` ± ${durationText(resolutionMs)}` : ''}`
}

function range(predicted: Phases[number]['predicted']): string {
  if (predicted === null) return ''
  const { minMs, maxMs } = predicted
  return minMs === 0 ? `up to ${durationText(maxMs)}` : `${durationText(minMs)} to ${durationText(maxMs)}`
}

function judgement(isInside: boolean | null): string {
  return isInside === null ? '' : isInside ? '✓ yes' : '! no'
}
