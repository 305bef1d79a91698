import { formatClock } from '../model/units.ts'
import { tellUnmeasured } from '../systems/tell-phases.ts'
import { markdownTable, safe } from './markdown-text.ts'
import type { Summary } from './summary-schema.ts'
import { circumstances } from './words/circumstances.ts'
import { durationText, group } from './words/format.ts'
import { headline, keyFigures } from './words/headline.ts'
import { ownSections } from './words/own-sections.ts'
import { lines, RANGE_COLUMNS, rangeRows, route } from './words/phase-ranges.ts'
import { serviceRows, serviceSentences } from './words/service.ts'
import { verdictLines } from './words/verdict.ts'
import { witnesses } from './words/witnesses.ts'
import { aboutReplicas, aboutWrites, clientClasses, databaseClasses } from './words/write-classes.ts'

/** The report as Markdown: the verdict first, then the figures as tables. Text from outside cannot break the layout. */
export function toMarkdown(summary: Summary): string {
  const blocks = summary.instances === undefined ? ofOne(summary) : ofSeveral(summary, summary.instances)
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

function ofSeveral(summary: Summary, instances: NonNullable<Summary['instances']>): string[] {
  return [
    `# ${VERDICTS[summary.verdict.verdict]}: ${safe(Object.keys(instances).join(', '))}`,
    verdictLines(summary)
      .map((line) => `- ${safe(line)}`)
      .join('\n'),
    about(summary),
    ...Object.entries(instances).flatMap(([name, own]) => [
      `## ${safe(name)}: ${VERDICTS[own.verdict.verdict]}`,
      safe(headline(own)),
      `[Its own report](${safe(name)}/report.md)`,
    ]),
  ]
}

function ofOne(summary: Summary): string[] {
  return [
    `# ${VERDICTS[summary.verdict.verdict]}: ${safe(headline(summary))}`,
    safe(summary.verdict.why),
    summary.whyIncomplete === null ? '' : `> **This report is incomplete**: ${safe(summary.whyIncomplete)}.`,
    about(summary),
    markdownTable(
      ['', '', ''],
      keyFigures(summary).map(({ label, value, note }) => [label, `**${safe(value)}**`, safe(note)]),
    ),
    ...faults(summary),
    ...outages(summary),
    ...service(summary),
    ...failovers(summary),
    ...ranges(summary),
    '## What became of every write',
    safe([aboutWrites(summary), ...aboutReplicas(summary)].join(' ')),
    markdownTable(
      ['class', 'writes', 'what it means'],
      [...clientClasses(summary), ...(summary.writes.audited === null ? [] : databaseClasses(summary))].map(
        ({ name, count, meaning }) => {
          return [name, count === null ? 'not known' : group(count), meaning]
        },
      ),
    ),
    ...own(summary),
    ...autopsy(summary),
    '## Witnesses',
    witnesses(summary)
      .map(({ title, text }) => `- **${title}**: ${safe(text)}`)
      .join('\n'),
    '## Circumstances',
    markdownTable(
      ['setting', 'value'],
      circumstances(summary).map(([name, value]) => [name, safe(value)]),
    ),
  ]
}

const VERDICTS = { pass: '✓ PASS', fail: '✗ FAIL', unknown: '? UNKNOWN' } as const

function about({ name, lab, startedAt, durationMs }: Summary): string {
  const parts = [
    `**${safe(name)}**`,
    lab === null ? '' : `lab ${safe(lab)}`,
    safe(startedAt ?? ''),
    durationText(durationMs),
  ]
  return parts.filter((part) => part !== '').join(' · ')
}

function faults({ faults }: Summary): string[] {
  if (faults.length === 0) return []
  const rows = faults.map(({ part, text, landedMs, liftedMs }) => {
    return [safe(part), safe(text), formatClock(landedMs), liftedMs === null ? 'not lifted' : formatClock(liftedMs)]
  })
  return ['## Faults', markdownTable(['part', 'what', 'landed', 'lifted'], rows)]
}

function outages({ outages }: Summary): string[] {
  if (outages.length === 0) return ['## Outages', 'None.']
  const rows = outages.map(({ kind, fromMs, durationMs, firstErrorCode, sentence }) => [
    kind,
    formatClock(fromMs),
    durationMs === null ? 'not over' : durationText(durationMs),
    safe(firstErrorCode ?? 'silence'),
    safe(sentence ?? ''),
  ])
  return ['## Outages', markdownTable(['of', 'from', 'length', 'first error', 'what happened'], rows)]
}

/** Each outage once, by whichever way the leader key went in it; then the failovers that nobody noticed. */
function service(summary: Summary): string[] {
  if (summary.settings.probeIntervalMs === null) return []
  const rows = serviceRows(summary).map(([name, ...values]) => [name, ...values.map(safe)])
  const sentences = serviceSentences(summary).map((sentence) => `- ${safe(sentence)}`)
  return ['## What clients saw', markdownTable(['', 'writes', 'reads'], rows), sentences.join('\n')]
}

function failovers({ failovers, outages }: Summary): string[] {
  const phased = [
    ...outages.map(({ kind, fromMs, phases }, index) => {
      const passed = failovers.filter((failover) => failover.outage === index)
      const what = passed.length > 0 ? `Failover ${safe(route(passed))}` : TITLES[kind]
      return { title: `${what} at ${formatClock(fromMs)}`, phases }
    }),
    ...failovers
      .filter(({ outage }) => outage === null)
      .map((failover) => ({ title: `Failover ${safe(route([failover]))}`, phases: failover.phases })),
  ]
  return phased.flatMap(({ title, phases }) => {
    if (phases.length === 0) return []
    const rows = phases.map(({ name, fromMs, durationMs, unmeasuredMs, knob, proof, predicted, isInside }) => [
      safe(name),
      formatClock(fromMs),
      durationMs === null ? 'goes on' : `${durationText(durationMs)}${tellUnmeasured(unmeasuredMs)}`,
      safe(knob ?? ''),
      predicted === null ? '' : `${durationText(predicted.minMs)} to ${durationText(predicted.maxMs)}`,
      isInside === null ? '' : isInside ? 'yes' : '**no**',
      lines(proof).map(safe).join('<br>'),
    ])
    return [
      `## ${title}`,
      markdownTable(['step', 'from', 'took', 'governed by', 'predicted', 'as predicted', 'shown by'], rows),
    ]
  })
}

const TITLES = { write: 'Write outage', read: 'Read outage' } as const

function ranges({ phaseRanges }: Summary): string[] {
  const rows = rangeRows(phaseRanges)
  return rows.length === 0
    ? []
    : [
        '## Steps of all failovers',
        markdownTable(
          [...RANGE_COLUMNS],
          rows.map((row) => row.map(safe)),
        ),
      ]
}

function own(summary: Summary): string[] {
  return ownSections(summary).flatMap((told) => {
    const rows = told.rows.map(({ name, value, meaning }) => {
      return [safe(name), typeof value === 'number' ? group(value) : safe(value), safe(meaning)]
    })
    const lines = told.lines.map((line) => `- ${safe(line)}`).join('\n')
    return [
      `## ${safe(told.title)}`,
      safe(told.lead),
      markdownTable(['finding', 'count', 'what it means'], rows),
      lines,
    ]
  })
}

function autopsy({ autopsy, writes }: Summary): string[] {
  if (autopsy === null || autopsy.sentences.length === 0) return []
  const lines = [...autopsy.sentences, ...autopsy.reasons].map((sentence) => `- ${safe(sentence)}`)
  return [(writes.lost ?? 0) > 0 ? '## Why they were lost' : '## Forks', lines.join('\n')]
}
