import { worstOf } from '../../model/verdict.ts'
import { grouped, many } from '../../model/words.ts'
import type { PageFinding } from '../page.ts'
import type { Summary } from '../summary-schema.ts'
import { durationText, type Tone } from './format.ts'

/** Split brain, stale reads and pinned sessions, a sentence each. */
export function witnesses(summary: Summary): readonly PageFinding[] {
  return [splitBrain(summary), staleReads(summary), pinned(summary)]
}

function splitBrain({ checks }: Summary) {
  const found = checks.filter(({ name }) => name === 'split brain')
  const is = worstOf(found.map(({ verdict }) => verdict))
  const tone: Tone = is === 'fail' ? 'bad' : is === 'pass' ? 'good' : 'warn'
  return { title: 'Split brain', text: found.map(({ why }) => why).join(' '), tone }
}

function staleReads({ reads }: Summary) {
  const title = 'Stale reads'
  const { staleness } = reads
  if (staleness === null || staleness.judgedReads === 0) {
    return { title, text: 'How old the data was that replicas answered with was not measured.', tone: 'plain' as const }
  }
  const { judgedReads, staleMs, staleWrites, backwards, missedOwn } = staleness
  const behind =
    staleMs === null || staleWrites === null
      ? ''
      : ` At worst a read was ${durationText(staleMs.max)} behind (p99 of the worst second ${durationText(staleMs.worstP99)}, typically ${durationText(staleMs.typical)}) and lacked ${grouped(staleWrites.max)} acknowledged writes.`
  const text = `${grouped(judgedReads)} reads on replicas were judged.${behind} ${grouped(missedOwn)} did not see a write that the client had already been told was done, and ${grouped(backwards)} saw less than an earlier read.`
  return { title, text, tone: missedOwn + backwards > 0 ? ('warn' as const) : ('good' as const) }
}

function pinned({ pinned: spans }: Summary) {
  const title = 'Pinned sessions'
  if (spans === null) return { title, text: 'The proxy was never seen.', tone: 'plain' as const }
  if (spans.length === 0) {
    return { title, text: 'The proxy held no session to a node that was not the leader.', tone: 'good' as const }
  }
  const told = spans.slice(-5).map(({ node, durationMs, mostSessions, acknowledged }) => {
    const length = durationMs === null ? 'until the end' : `for ${durationText(durationMs)}`
    const sessions = mostSessions === 0 ? '' : ` (up to ${many(mostSessions, 'session')})`
    const acks = acknowledged === 0 ? '' : `, and it acknowledged ${many(acknowledged, 'probe')}`
    return `on ${node} ${length}${sessions}${acks}`
  })
  const isTaken = spans.some((span) => span.acknowledged > 0)
  const times = spans.length > told.length ? ` ${spans.length} times, the latest` : ''
  return {
    title,
    text: `Sessions stayed${times} ${told.join('; ')}.`,
    tone: isTaken ? ('bad' as const) : ('warn' as const),
  }
}
