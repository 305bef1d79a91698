import { sum } from '../../model/sum.ts'
import { capital, grouped, many } from '../../model/words.ts'
import { findFigure } from '../figures.ts'
import type { Summary } from '../summary-schema.ts'
import { durationText, formatShare, type Tone } from './format.ts'
import { type OutAlone, outAlone, tellOutAlone } from './out-alone.ts'

/** The run in one or two sentences that a student understands. */
export function headline(summary: Summary): string {
  return [lossSentence(summary), outageSentence(summary), ...withLosses(summary)].join(' ')
}

function lossSentence({ verdict, checks, writes }: Summary): string {
  if (sumLost(writes) > 0) return `${tellLost(writes)} lost.`
  const check = checks.find(({ name }) => name === 'writes')
  if (check?.verdict === 'pass' && writes.lost === 0) {
    return verdict.verdict === 'fail'
      ? 'No acknowledged write was lost, and yet the run failed.'
      : 'No acknowledged write was lost.'
  }
  if (check?.verdict === 'fail') return 'The database does not hold what its clients were told.'
  return 'Whether any acknowledged write was lost is not known.'
}

function sumLost({ lost, unguardedLost }: Summary['writes']): number {
  return (lost ?? 0) + (unguardedLost ?? 0)
}

/** Both kinds, each by its name: a client was told that they were done, with the standby's word or without. */
function tellLost({ lost, unguardedLost }: Summary['writes']): string {
  const guarded = many(lost ?? 0, 'acknowledged write')
  const without = `${many(unguardedLost ?? 0, 'write')} acknowledged without the standby`
  const all = [...(lost ? [guarded] : []), ...(unguardedLost ? [without] : [])]
  return `${all.join(' and ')} ${all.length === 1 && (lost || unguardedLost) === 1 ? 'was' : 'were'}`
}

/** For how long clients could not write, first those of one site or share that went without for longer; or how they were served. */
export function outageSentence(summary: Summary): string {
  const { outages, writes, service, unmeasured } = summary
  const mine = outages.filter((outage) => outage.kind === 'write')
  const ofSome = tellOutAlone(summary, 'write')
  if (mine.length > 0) return [...ofSome, outOfAll(summary, mine)].join(' ')
  if (ofSome.length > 0) return ofSome.join(' ')
  return writes.attempted === 0 ? 'No client tried to write.' : servedSentence(service.write, unmeasured)
}

function outOfAll(summary: Summary, mine: Summary['outages']): string {
  const { outages, failovers } = summary
  const clients = whoBeside(summary)
  if (mine.some((outage) => outage.toMs === null)) return `At the end ${clients} could not write.`
  const total = durationText(sum(mine.map(({ atLeastMs }) => atLeastMs)))
  const sentence = `${capital(clients)} could not write for ${total}`
  if (mine.length > 1) return `${sentence}, in ${mine.length} outages.`
  const passed = failovers.filter((failover) => failover.outage !== null && outages[failover.outage] === mine[0])
  if (passed.length === 0) return `${sentence}.`
  const takers = passed.map(({ to }) => to).join(' and then ')
  return `${sentence} while ${takers} took over from ${passed[0]?.from ?? 'the leader'}.`
}

/** Those at sites are asked for by themselves, those of shares are among all. */
function whoBeside(summary: Summary): string {
  const alone = outAlone(summary, 'write')
  if (alone.length === 0) return 'clients'
  return alone.some(({ isSite }) => isSite) ? 'other clients' : 'all clients at once'
}

/** What was acknowledged and lost makes the outage longer; one that is not over says so already. */
function withLosses({ lossOutages, outages }: Summary): string[] {
  const ended = (lossOutages?.spans ?? []).flatMap((span) =>
    span.durationMs === null ? [] : [{ ...span, lengthMs: span.durationMs }],
  )
  const worst = ended.toSorted((a, b) => b.lengthMs - a.lengthMs)[0]
  const longest = Math.max(0, ...outages.map(({ kind, atLeastMs }) => (kind === 'write' ? atLeastMs : 0)))
  if (worst === undefined || worst.lengthMs <= longest || worst.lengthMs < MIN_WITH_LOSSES_MS) return []
  const lost = durationText(worst.lastLostMs - worst.fromMs)
  return [`Nothing they wrote lasted for ${durationText(worst.lengthMs)}, of which acknowledged and lost: ${lost}.`]
}

/** A single write that is gone makes no outage. */
const MIN_WITH_LOSSES_MS = 1_000

/** Without an outage: some went without all the same, or waited for long. */
function servedSentence(
  { degraded, drops, gap }: Summary['service']['write'],
  unmeasured: Summary['unmeasured'],
): string {
  if (degraded.count > 0) return `For ${durationText(degraded.totalMs)} part of the writes failed.`
  if (drops.count > 0) return `For ${durationText(drops.totalMs)} writes were acknowledged only now and then.`
  if (gap !== null && gap.ms >= LONG_GAP_MS) {
    return `Clients could write, with ${durationText(gap.ms)} as the longest time without an acknowledgement.`
  }
  return unmeasured.longestMs >= LONG_GAP_MS
    ? 'Clients could write as long as the lab could see it.'
    : 'Clients could write all the time.'
}

/** Shorter ones are a busy machine's. */
const LONG_GAP_MS = 500

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

function outageFigure(summary: Summary): KeyFigure {
  const service = summary.service.write
  const label = 'Longest write outage'
  const count = summary.outages.filter(({ kind }) => kind === 'write').length
  const alone = outAlone(summary, 'write').toSorted((a, b) => b.longestMs - a.longestMs)[0]
  const all = summary.outages.filter(({ kind }) => kind === 'write')
  const ofAllMs = Math.max(0, ...all.map(({ atLeastMs }) => atLeastMs))
  const isWorse = alone !== undefined && (alone.longestMs > ofAllMs || !alone.isOver)
  if (isWorse && all.every(({ toMs }) => toMs !== null)) return outageOfSome(alone, ofAllMs, summary)
  if (count === 0) {
    const isTold = summary.writes.attempted > 0
    return {
      label,
      value: isTold ? 'none' : '–',
      note: isTold ? servedNote(service) : 'there was no traffic',
      tone: !isTold ? 'plain' : service.degraded.count > 0 ? 'warn' : 'good',
    }
  }
  const [longest, total] = ['write_outage', 'write_outage_total'].map((name) => findFigure(name)?.read(summary) ?? null)
  if (typeof longest !== 'number' || typeof total !== 'number') {
    const note = longest == null || typeof longest === 'number' ? '' : `at least ${durationText(longest.atLeast)}`
    return { label, value: 'not over', note: `${note} at the end of the recording`.trim(), tone: 'bad' }
  }
  const note = count === 1 ? 'in one outage' : `of ${count}, ${durationText(total)} together`
  return { label, value: durationText(longest), note, tone: 'warn' }
}

function outageOfSome({ name, longestMs, isOver }: OutAlone, ofAllMs: number, summary: Summary): KeyFigure {
  const others = ofAllMs === 0 ? '' : `; ${whoBeside(summary)}: ${durationText(ofAllMs)}`
  const note = `of ${name} alone${isOver ? '' : ', not over at the end'}${others}`
  return { label: 'Longest write outage', value: durationText(longestMs), note, tone: isOver ? 'warn' : 'bad' }
}

function servedNote({ gap, availability }: Summary['service']['write']): string {
  if (gap === null || availability === null) return 'no probe ran'
  return `${formatShare(availability)} acknowledged, largest gap ${durationText(gap.ms)}`
}

function lostFigure({ checks, writes }: Summary): KeyFigure {
  const label = 'Lost writes'
  const { lost, unguardedLost, acknowledged } = writes
  if (lost === null) return { label, value: '?', note: 'not audited', tone: 'warn' }
  const isKnown = checks.find(({ name }) => name === 'writes')?.verdict !== 'unknown'
  if (sumLost(writes) === 0 && !isKnown) {
    return { label, value: '?', note: 'none was found, and not every write could be judged', tone: 'warn' }
  }
  const besides = unguardedLost ? `; and ${grouped(unguardedLost)} acknowledged without the standby` : ''
  const tone = sumLost(writes) > 0 ? 'bad' : 'good'
  return { label, value: grouped(lost), note: `of ${grouped(acknowledged)} acknowledged${besides}`, tone }
}

function unknownFigure({ writes: { unknown, recovered } }: Summary): KeyFigure {
  const label = 'Unknown outcome'
  if (unknown === 0) return { label, value: '0', note: 'every write got an answer', tone: 'good' }
  const there = recovered === null ? '' : `; ${recovered === 0 ? 'none' : grouped(recovered)} of them in the database`
  return { label, value: grouped(unknown), note: `no answer came${there}`, tone: 'warn' }
}

function redundancyFigure(summary: Summary): KeyFigure {
  const label = 'Redundancy restored'
  const { failovers } = summary
  const value = findFigure('redundancy_restored')?.read(summary) ?? null
  if (failovers.length === 0) return { label, value: '–', note: 'there was no failover', tone: 'plain' }
  const missing = failovers.findLast(({ redundancyRestoredMs }) => redundancyRestoredMs === null)
  if (typeof value !== 'number') {
    const note = `${missing?.from ?? 'the old leader'} was not seen to stream again`
    return { label, value: 'not seen', note, tone: 'warn' }
  }
  const [first] = failovers
  const since = first?.causeMs == null ? 'from the beginning of the outage' : 'from the fault'
  const note = failovers.length === 1 ? since : `the slowest of ${failovers.length} failovers`
  return { label, value: durationText(value), note, tone: 'plain' }
}
