import type { Page, PagePart, PageSection } from './page.ts'
import { serviceParts, trafficPlots } from './sections/clients.ts'
import { failoverSection } from './sections/failovers.ts'
import { outageParts } from './sections/outages.ts'
import { ownSections } from './sections/own.ts'
import { timelineParts } from './sections/timeline.ts'
import { autopsySection, writesSection } from './sections/writes.ts'
import type { Report } from './summarise.ts'
import type { Summary } from './summary-schema.ts'
import { circumstances } from './words/circumstances.ts'
import { durationText } from './words/format.ts'
import { headline, keyFigures } from './words/headline.ts'
import { reproduced } from './words/reproduced.ts'
import { verdictLines } from './words/verdict.ts'
import { witnesses } from './words/witnesses.ts'

export interface RunPageOptions {
  /** The run's folder as a person would name it to `chaoslab report`; default: its name. */
  readonly folder?: string
}

/** The report of a run, or of one with several systems, which have reports of their own. */
export function runPage(report: Report, { folder = report.summary.name }: RunPageOptions = {}): Page {
  const { summary } = report
  const { name, verdict, versions, instances, whyIncomplete } = summary
  const lab = versions.lab === null ? '' : ` ${versions.lab}`
  const all = {
    title: `${name}: ${verdict.verdict}`,
    name,
    when: when(summary),
    verdict: verdict.verdict,
    reasons: verdictLines(summary),
    footer: `Made by chaoslab${lab} from the recording of the run. All times count from its beginning; the figures are in summary.json, too.`,
  }
  if (instances !== undefined) {
    const sections = [...Object.entries(instances).map(instanceSection), reproduceSection(summary, folder)]
    return { ...all, heading: Object.keys(instances).join(', '), sections }
  }
  return {
    ...all,
    heading: headline(summary),
    alert:
      whyIncomplete === null
        ? null
        : [
            { type: 'loud', text: 'This report is incomplete', look: 'is-bad' },
            `: ${whyIncomplete}. It tells what was recorded up to then.`,
          ],
    cards: keyFigures(summary),
    sections: sectionsOf(report, folder),
  }
}

function sectionsOf(report: Report, folder: string): readonly PageSection[] {
  const { summary } = report
  const section = (id: string, title: string, ...parts: readonly PagePart[]) => ({ id, title, parts })
  return [
    section('timeline', 'What happened', ...timelineParts(report), ...outageParts(summary)),
    section('traffic', 'What clients saw', ...serviceParts(summary), ...trafficPlots(report)),
    ...failoverSection(summary),
    writesSection(summary),
    ...ownSections(summary),
    ...autopsySection(summary),
    section('witnesses', 'Witnesses', { type: 'findings', findings: witnesses(summary) }),
    {
      ...section('circumstances', 'Circumstances', { type: 'facts', facts: circumstances(summary) }),
      lead: summary.settings.wasChanged
        ? 'The configuration was changed during the run; this is how it ended.'
        : 'The configuration and the versions under which the run was made.',
    },
    reproduceSection(summary, folder),
  ]
}

/** One system of a lab that has several: its verdict, its figures, and where its own report is. */
function instanceSection([name, summary]: readonly [string, Summary]): PageSection {
  return {
    id: name,
    title: name,
    verdict: summary.verdict.verdict,
    lead: headline(summary),
    parts: [
      { type: 'cards', cards: keyFigures(summary) },
      {
        type: 'paragraph',
        text: { type: 'link', text: `The report of ${name}`, href: `${name}/report.html` },
        look: 'lead',
      },
    ],
  }
}

function reproduceSection(summary: Summary, folder: string): PageSection {
  const { commands, byHand } = reproduced(summary, folder)
  return {
    id: 'reproduce',
    title: 'Do it again',
    lead: summary.startedAt === null ? null : `Clock 00:00 was ${summary.startedAt}.`,
    parts: [
      { type: 'commands', text: commands.join('\n') },
      ...(byHand.length === 0
        ? []
        : ([
            { type: 'paragraph', text: 'What was done, as commands:', look: 'lead' },
            { type: 'commands', text: byHand.join('\n') },
          ] as const)),
    ],
  }
}

function when({ lab, startedAt, durationMs }: Summary): string {
  const date = startedAt === null ? 'at an unknown time' : `${startedAt.slice(0, 10)} ${startedAt.slice(11, 19)} UTC`
  return `${lab === null ? '' : `lab ${lab} · `}${date} · ${durationText(durationMs)}`
}
