import { formatClock } from '../../model/units.ts'
import { type Markup, markup, noMarkup } from '../markup.ts'
import { htmlTable, type PageRow, section } from '../page.ts'
import type { Summary } from '../summary-schema.ts'
import { circumstances } from '../words/circumstances.ts'
import { group } from '../words/format.ts'
import { witnesses } from '../words/witnesses.ts'
import { aboutReplicas, aboutWrites, clientClasses, databaseClasses, type WriteClass } from '../words/write-classes.ts'

/** Every class of writes, and what each means. */
export function writesSection(summary: Summary): Markup {
  const rows: PageRow[] = [
    { cells: ['How it ended for the client', '', ''], look: 'group' },
    { cells: ['attempted', group(summary.writes.attempted), 'All that were due.'] },
    ...clientClasses(summary).map(classRow),
    ...(summary.writes.audited === null
      ? []
      : [{ cells: ['What the database holds', '', ''], look: 'group' }, ...databaseClasses(summary).map(classRow)]),
  ]
  const about = [aboutWrites(summary), ...aboutReplicas(summary)].join(' ')
  return section('writes', 'What became of every write', about, htmlTable(COLUMNS, rows, 'classes'))
}

const COLUMNS = [{ name: 'class' }, { name: 'writes', isNumber: true }, { name: 'what it means' }]

function classRow({ name, count, meaning, tone }: WriteClass): PageRow {
  const look = count === null || count === 0 ? 'zero' : tone === 'bad' || tone === 'warn' ? tone : ''
  return { cells: [name, count === null ? 'not known' : group(count), meaning], look }
}

/** Why each lost write was lost. */
export function autopsySection({ autopsy, writes }: Summary): Markup {
  const lost = (writes.lost ?? 0) + (writes.unguardedLost ?? 0)
  if (autopsy === null) {
    if (lost === 0) return noMarkup
    return section('autopsy', 'Why they were lost', 'No autopsy was made: why the lost writes were lost is not known.')
  }
  if (autopsy.sentences.length === 0) return noMarkup
  const rest =
    autopsy.unexplained > 0
      ? markup`<ul class="story">${autopsy.reasons.map((reason) => markup`<li>${reason}</li>`)}</ul>`
      : noMarkup
  const lead =
    lost === 0
      ? null
      : `${group(autopsy.explained)} of ${group(lost)} lost writes are explained by a fork of the timeline.`
  return section(
    'autopsy',
    lost === 0 ? 'Where the timelines forked' : 'Why they were lost',
    lead,
    markup`<ul class="story">${autopsy.sentences.map((sentence) => markup`<li>${sentence}</li>`)}</ul>`,
    rest,
  )
}

export function witnessSection(summary: Summary): Markup {
  const told = witnesses(summary).map(
    ({ title, text, tone }) => markup`<div class="witness"><h3 class="${tone}">${title}</h3><p>${text}</p></div>`,
  )
  return section('witnesses', 'Witnesses', null, told)
}

export function circumstancesSection(summary: Summary): Markup {
  const pairs = circumstances(summary).map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)
  const changed = summary.settings.wasChanged
    ? 'The configuration was changed during the run; this is how it ended.'
    : 'The configuration and the versions under which the run was made.'
  return section('circumstances', 'Circumstances', changed, markup`<dl class="facts">${pairs}</dl>`)
}

export function reproduceSection({ injections, startedAt }: Summary, folder: string): Markup {
  const byHand = injections.flatMap(({ byHand, requestedMs }) =>
    byHand.map((command) => `${command}    # at ${formatClock(requestedMs)}`),
  )
  const commands = [
    `chaoslab report ${folder}                    # make this report anew`,
    `chaoslab replay ${folder} --speed 8          # watch the run again`,
    `chaoslab export ${folder} --format csv       # every write with its outcome`,
  ]
  return section(
    'reproduce',
    'Do it again',
    startedAt === null ? null : `Clock 00:00 was ${startedAt}.`,
    markup`<pre>${commands.join('\n')}</pre>`,
    byHand.length > 0 && markup`<p class="lead">What was done, as commands:</p><pre>${byHand.join('\n')}</pre>`,
  )
}
