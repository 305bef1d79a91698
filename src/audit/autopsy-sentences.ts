import type { Audit } from '../model/audit.ts'
import type { FailoverAutopsy, LostGroup, Unexplained } from '../model/autopsy.ts'
import { formatRanges } from '../model/seq-ranges.ts'
import { formatClock, formatDuration, formatLsn } from '../model/units.ts'
import { capital, grouped, many } from '../model/words.ts'

interface KeyPassed {
  readonly keyFrom: string | null
  /** False for one that held the key, and lost it before that. */
  readonly wasPromoted: boolean
}

/** What a failover cost, for people. */
export function sentencesOf(
  failover: Omit<FailoverAutopsy, 'sentences'>,
  audit: Audit,
  { keyFrom, wasPromoted }: KeyPassed,
): string[] {
  const { to, fork, keyTakenMs, lost, lostCount } = failover
  const from = keyFrom ?? failover.from ?? 'an unknown leader'
  const when = keyTakenMs === null ? '' : ` at ${formatClock(keyTakenMs)}`
  const whose = keyFrom === null || keyFrom === failover.from ? '' : ` from ${failover.from}`
  const where =
    fork !== null
      ? ` It forked${whose} at ${formatLsn(fork.lsn)} (timeline ${fork.oldTimeline} → ${fork.newTimeline}).`
      : wasPromoted
        ? ' Where it forked is not known.'
        : ' It began no timeline of its own before it lost it again.'
  const took = from === to ? `${to} was promoted again${when}.` : `${to} took the lead from ${from}${when}.`
  if (lostCount === 0) return [`${took}${where} ${nothingLost(audit, 'it')}`]
  return [`${took}${where}`, ...lost.flatMap((group) => groupSentences(group, failover, audit))]
}

/** Of failovers that came after all that the run saw, and cost it nothing: all in one, as there may be many. */
export function laterSentences(later: readonly FailoverAutopsy[], audit: Audit): readonly string[] {
  if (later.length < 2) return later.flatMap(({ sentences }) => sentences)
  return [`${many(later.length, 'failover')} came after all that the run saw. ${nothingLost(audit, 'any of them')}`]
}

function nothingLost({ findings, isLedgerComplete }: Audit, by: string): string {
  if (findings === null) return 'What was lost is not known.'
  const told = isLedgerComplete ? '' : ' that the ledger, which was cut short, tells of'
  return `No acknowledged write${told} was lost by ${by}.`
}

function groupSentences(
  group: LostGroup,
  { to, keyTakenMs }: Omit<FailoverAutopsy, 'sentences'>,
  audit: Audit,
): string[] {
  const { node, seqs, afterKeyTaken, unguarded } = group
  const beforeKeyTaken = seqs.count - afterKeyTaken
  const sentences = [
    `${many(seqs.count, 'write')} that ${node} had acknowledged past that point ${seqs.count === 1 ? 'is' : 'are'} lost ` +
      `(${formatRanges(seqs)})${span(group)}, ${between(group)}.`,
  ]
  if (keyTakenMs !== null && afterKeyTaken > 0) {
    const goneOn = formatDuration(group.lastAnsweredMs - keyTakenMs)
    sentences.push(
      `${node} went on acknowledging for ${goneOn} after ${to} had taken the lead: ${part(afterKeyTaken, seqs.count)}.`,
    )
  }
  if (beforeKeyTaken > 0) {
    const yet = keyTakenMs === null ? '' : ` before ${to} took the lead`
    const which = capital(part(beforeKeyTaken, seqs.count))
    sentences.push(`${which} had been acknowledged${yet}, but had not reached ${to}.`)
  }
  if (unguarded > 0)
    sentences.push(`For ${part(unguarded, seqs.count)} the client had been warned that no standby had it.`)
  return [...sentences, fateOf(node, audit)]
}

/** Where the lost writes are now. */
function fateOf(node: string, { leader, replicas }: Audit): string {
  if (leader?.node === node) return `${node} leads again, without them.`
  const replica = replicas.find((each) => each.node === node)
  if (replica === undefined) return `Whether ${node} still has them was not looked into.`
  if (!replica.isRead) return `Whether ${node} still has them is not known: ${replica.why}.`
  return replica.extra.count > 0
    ? `${node} follows the new leader, and has rows that the leader lacks.`
    : `They were discarded when ${node} rejoined.`
}

/** Loud, and with all that is known. */
export function unexplainedSentences({ seqs, reasons }: Unexplained, { findings }: Audit): string[] {
  const cut =
    findings !== null && !(findings.classes.lost.isComplete && findings.classes.unguardedLost.isComplete)
      ? ['There are too many spans of lost writes to look into all of them.']
      : []
  if (seqs.count === 0) return cut
  return [
    `UNEXPLAINED: ${many(seqs.count, 'write')} ${seqs.count === 1 ? 'is' : 'are'} lost by no fork that is known (${formatRanges(seqs)}): a server has lost what it had acknowledged, or another client has deleted rows or truncated the table, which the lab does not see.`,
    ...reasons.map((reason) => `UNEXPLAINED: ${reason}.`),
    ...cut,
  ]
}

function span({ firstLsn, lastLsn, pastForkBytes }: LostGroup): string {
  if (firstLsn === null || lastLsn === null) return ', at positions that were not recorded'
  const at = firstLsn === lastLsn ? formatLsn(firstLsn) : `${formatLsn(firstLsn)} to ${formatLsn(lastLsn)}`
  return `, at ${at}${pastForkBytes === null ? '' : `, up to ${pastForkBytes} bytes past the fork`}`
}

function between({ firstAnsweredMs, lastAnsweredMs }: LostGroup): string {
  if (firstAnsweredMs === lastAnsweredMs) return `at ${formatClock(firstAnsweredMs)}`
  const within = formatDuration(lastAnsweredMs - firstAnsweredMs)
  return `between ${formatClock(firstAnsweredMs)} and ${formatClock(lastAnsweredMs)} (${within})`
}

function part(count: number, of: number): string {
  if (count === of) return of === 1 ? 'this write' : `all ${grouped(of)}`
  return `${grouped(count)} of them`
}
