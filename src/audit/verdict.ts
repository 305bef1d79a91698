import type { Audit, AuditCounts, Findings, ReplicaAudit } from '../model/audit.ts'
import { firstSeqs, formatRanges, type SeqRanges } from '../model/seq-ranges.ts'
import { unknown, type Verdict } from '../model/verdict.ts'
import { grouped, many } from '../model/words.ts'

const MOST_EVIDENCE = 100

type Judged = Pick<Audit, 'findings' | 'leader' | 'replicas' | 'isLedgerComplete'> & {
  /** What it means that a row is not as it was written. */
  readonly altered: string
}

/**
 * What an audit comes to. Fails when an acknowledged write is lost (one without a guarantee too: its client was told of
 * success), when a row is there that should not be, is there twice or is not as it was written, and when a replica
 * differs from the leader. Passes only when all of it was read, something had been acknowledged, and none of that was
 * found.
 */
export function verdictOf({ findings, leader, replicas, isLedgerComplete, altered }: Judged): Verdict {
  if (findings === null || leader === null) return unknown('The leader was not read.')
  const faults = [...faultsOf(findings, altered), ...replicas.flatMap(differencesOf)]
  const gaps = [...gapsOf(findings.counts, isLedgerComplete), ...replicas.flatMap(notCompared)]
  return sumUp(faults, gaps, `${allIsThere(findings.counts, leader.node)}${alike(replicas, '; ')}.`)
}

export function writesVerdict({ findings, leader, isLedgerComplete, altered }: Omit<Judged, 'replicas'>): Verdict {
  if (findings === null || leader === null) return unknown('The leader was not read.')
  const gaps = gapsOf(findings.counts, isLedgerComplete)
  return sumUp(faultsOf(findings, altered), gaps, `${allIsThere(findings.counts, leader.node)}.`)
}

export function replicasVerdict({ findings, leader, replicas }: Omit<Judged, 'altered' | 'isLedgerComplete'>): Verdict {
  if (findings === null || leader === null) return unknown('The leader was not read.')
  const all = replicas.length === 0 ? 'There is no replica to compare with.' : `${alike(replicas)} as ${leader.node}.`
  return sumUp(replicas.flatMap(differencesOf), replicas.flatMap(notCompared), all)
}

function sumUp(faults: readonly Fault[], gaps: readonly string[], allIsWell: string): Verdict {
  if (faults.length > 0) {
    return {
      verdict: 'fail',
      why: [...faults.map(({ why }) => why), ...gaps].join(' '),
      evidence: [...new Set(faults.flatMap(({ seqs }) => firstSeqs(seqs, MOST_EVIDENCE)))].slice(0, MOST_EVIDENCE),
    }
  }
  return gaps.length > 0 ? unknown(gaps.join(' ')) : { verdict: 'pass', why: allIsWell, evidence: [] }
}

interface Fault {
  readonly why: string
  readonly seqs: SeqRanges
}

function faultsOf({ counts, classes, strangers }: Findings, altered: string): Fault[] {
  const faults: Fault[] = []
  const fault = (count: number, seqs: SeqRanges, one: string, several: string) => {
    if (count === 0) return
    const which = seqs.count > 0 ? ` (${formatRanges(seqs)})` : ''
    faults.push({ why: `${many(count, one, several)}${which}.`, seqs })
  }
  fault(counts.lost, classes.lost, 'acknowledged write is lost', 'acknowledged writes are lost')
  fault(
    counts.unguardedLost,
    classes.unguardedLost,
    'write that was acknowledged without its synchronous standby is lost',
    'writes that were acknowledged without their synchronous standby are lost',
  )
  fault(
    counts.phantom,
    classes.phantom,
    'write failed, and is there all the same',
    'writes failed, and are there all the same',
  )
  fault(counts.duplicated, classes.duplicated, 'write is there more than once', 'writes are there more than once')
  if (counts.altered && classes.altered) {
    const [one, several] = ['row is not as it was written', 'rows are not as they were written']
    fault(counts.altered, classes.altered, `${one}: ${altered}`, `${several}: ${altered}`)
  }
  const names = strangers.length > 0 ? `, such as ${JSON.stringify(strangers[0])}` : ''
  fault(
    counts.neverAttempted,
    classes.neverAttempted,
    `row is of a write that was never attempted${names}`,
    `rows are of writes that were never attempted${names}`,
  )
  return faults
}

function differencesOf(replica: ReplicaAudit): Fault[] {
  if (!replica.isRead) return []
  const { node, missing, extra, differing, strangeRows } = replica
  const faults: Fault[] = []
  if (missing.count > 0) {
    faults.push({
      why: `${node} lacks ${grouped(missing.count)} that the leader has (${formatRanges(missing)}).`,
      seqs: missing,
    })
  }
  if (extra.count > 0) {
    faults.push({
      why: `${node} has ${grouped(extra.count)} that the leader lacks (${formatRanges(extra)}).`,
      seqs: extra,
    })
  }
  if (differing !== undefined && differing.count > 0) {
    faults.push({
      why: `${node} has ${many(differing.count, 'row')} with another content than the leader (${formatRanges(differing)}).`,
      seqs: differing,
    })
  }
  if (strangeRows !== 0) {
    const word = `${Math.abs(strangeRows)} ${strangeRows > 0 ? 'more' : 'fewer'}`
    faults.push({ why: `${node} has ${word} strange rows than the leader.`, seqs: missing })
  }
  return faults
}

/** What could not be found out. */
function gapsOf(counts: AuditCounts, isLedgerComplete: boolean): string[] {
  return [
    ...(counts.acknowledged + counts.unguarded === 0 ? ['Nothing was acknowledged, so nothing could be lost.'] : []),
    ...(isLedgerComplete ? [] : ['The ledger was cut short: writes after its end could not be judged.']),
  ]
}

function notCompared(replica: ReplicaAudit): string[] {
  if (!replica.isRead) return [`${replica.node} was not compared: ${replica.why}.`]
  const { node, unsettled } = replica
  if (unsettled === undefined || unsettled.count === 0) return []
  return [
    `${node} shows ${many(unsettled.count, 'write')} that may still wait for a synchronous standby (${formatRanges(unsettled)}).`,
  ]
}

function allIsThere(counts: AuditCounts, leader: string): string {
  const acknowledged = counts.acknowledged + counts.unguarded
  const all = acknowledged === 1 ? 'The acknowledged write is' : `All ${grouped(acknowledged)} acknowledged writes are`
  return `${all} on ${leader}, once each`
}

function alike(replicas: readonly ReplicaAudit[], before = ''): string {
  if (replicas.length === 0) return ''
  const names = replicas.map((replica) => replica.node)
  return `${before}${names.join(' and ')} ${names.length === 1 ? 'holds' : 'hold'} the same rows`
}
