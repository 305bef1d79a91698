import type { Summary } from '../summary-schema.ts'
import { counted, formatDuration, group, type Tone } from './format.ts'

/** The run in one or two sentences that a student understands. */
export function headline(summary: Summary): string {
  return `${lossSentence(summary)} ${outageSentence(summary)}`
}

function lossSentence({ verdict, checks, writes }: Summary): string {
  const lost = (writes.lost ?? 0) + (writes.unguardedLost ?? 0)
  if (lost > 0) return `${counted(lost, 'acknowledged write was', 'acknowledged writes were')} lost.`
  const check = checks.find(({ name }) => name === 'writes')
  if (check?.verdict === 'pass' && writes.lost === 0) {
    return verdict.verdict === 'fail'
      ? 'No acknowledged write was lost, and yet the run failed.'
      : 'No acknowledged write was lost.'
  }
  if (check?.verdict === 'fail') return 'The database does not hold what its clients were told.'
  return 'Whether any acknowledged write was lost is not known.'
}

function outageSentence({ outages, writes, failovers }: Summary): string {
  const mine = outages.filter((outage) => outage.kind === 'write')
  if (mine.length === 0) {
    return writes.attempted === 0 ? 'No client tried to write.' : 'Clients could write all the time.'
  }
  if (mine.some((outage) => outage.toMs === null)) return 'At the end clients could not write.'
  const total = formatDuration(mine.reduce((sum, outage) => sum + (outage.durationMs ?? 0), 0))
  if (mine.length > 1) return `Clients could not write for ${total}, in ${mine.length} outages.`
  const passed = failovers.filter((failover) => failover.outage !== null && outages[failover.outage] === mine[0])
  if (passed.length === 0) return `Clients could not write for ${total}.`
  const takers = passed.map(({ to }) => to).join(' and then ')
  return `Clients could not write for ${total} while ${takers} took over from ${passed[0]?.from ?? 'the leader'}.`
}

/** A key figure: large, with what it means. */
export interface KeyFigure {
  readonly label: string
  readonly value: string
  readonly note: string
  readonly tone: Tone
}

export function keyFigures(summary: Summary): KeyFigure[] {
  return [outageFigure(summary), lostFigure(summary), unknownFigure(summary), redundancyFigure(summary)]
}

function outageFigure({ outages, writes }: Summary): KeyFigure {
  const label = 'Write outage'
  const mine = outages.filter((outage) => outage.kind === 'write')
  if (mine.length === 0) {
    const isTold = writes.attempted > 0
    return {
      label,
      value: isTold ? 'none' : '–',
      note: isTold ? 'clients were always served' : 'there was no traffic',
      tone: isTold ? 'good' : 'plain',
    }
  }
  const lengths = mine.map((outage) => outage.durationMs ?? 0)
  const total = formatDuration(lengths.reduce((sum, ms) => sum + ms, 0))
  const isOpen = mine.some((outage) => outage.toMs === null)
  const longest = `longest ${formatDuration(Math.max(...lengths))}`
  const note = mine.length === 1 ? 'in one outage' : `in ${mine.length} outages, ${longest}`
  return {
    label,
    value: isOpen ? 'not over' : total,
    note: isOpen ? 'at the end of the recording' : note,
    tone: isOpen ? 'bad' : 'warn',
  }
}

function lostFigure({ writes }: Summary): KeyFigure {
  const label = 'Lost writes'
  if (writes.lost === null) return { label, value: '?', note: 'not audited', tone: 'warn' }
  const lost = writes.lost + (writes.unguardedLost ?? 0)
  const note = `of ${group(writes.acknowledged + (writes.unguarded ?? 0))} acknowledged`
  return { label, value: group(lost), note, tone: lost > 0 ? 'bad' : 'good' }
}

function unknownFigure({ writes: { unknown, recovered } }: Summary): KeyFigure {
  const label = 'Unknown outcome'
  if (unknown === 0) return { label, value: '0', note: 'every write got an answer', tone: 'good' }
  const there = recovered === null ? '' : `; ${recovered === 0 ? 'none' : group(recovered)} of them in the database`
  return { label, value: group(unknown), note: `no answer came${there}`, tone: 'warn' }
}

function redundancyFigure({ failovers, outages }: Summary): KeyFigure {
  const label = 'Redundancy restored'
  const last = failovers.at(-1)
  if (last === undefined) return { label, value: '–', note: 'there was no failover', tone: 'plain' }
  if (last.redundancyRestoredMs === null) {
    const note = `${last.from ?? 'the old leader'} was not seen to stream again`
    return { label, value: 'not seen', note, tone: 'warn' }
  }
  const waits = failovers.flatMap(({ redundancyRestoredMs, outage, keyGoneMs, keyTakenMs }) => {
    const sinceMs = (outage === null ? null : outages[outage]?.fromMs) ?? keyGoneMs ?? keyTakenMs
    return redundancyRestoredMs === null ? [] : [redundancyRestoredMs - sinceMs]
  })
  const since = last.outage === null ? 'after the key passed on' : 'after the last write before it'
  const note = waits.length === 1 ? since : `at the longest, after one of ${failovers.length} failovers`
  return { label, value: formatDuration(Math.max(...waits)), note, tone: 'plain' }
}
