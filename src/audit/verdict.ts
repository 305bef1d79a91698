import type { Audit, AuditCounts, Findings, ReplicaAudit } from '../model/audit.ts'
import { firstSeqs, formatRanges, type SeqRanges } from '../model/seq-ranges.ts'
import { unknown, type Verdict } from '../model/verdict.ts'

const MOST_EVIDENCE = 100

/**
 * What an audit comes to. Fails when an acknowledged write is lost (one without a guarantee too: its client was told of
 * success), when a row is there that should not be, or is there twice, and when a replica differs from the leader.
 * Passes only when all of it was read, something had been acknowledged, and none of that was found.
 */
export function verdictOf(audit: Pick<Audit, 'findings' | 'leader' | 'replicas' | 'isLedgerComplete'>): Verdict {
  const { findings, leader, replicas, isLedgerComplete } = audit
  if (findings === null || leader === null) return unknown('The leader was not read.')
  const faults = [...faultsOf(findings), ...replicas.flatMap((replica) => differencesOf(replica))]
  const gaps = gapsOf(findings.counts, replicas, isLedgerComplete)
  if (faults.length > 0) {
    return {
      verdict: 'fail',
      why: [...faults.map(({ why }) => why), ...gaps].join(' '),
      evidence: [...new Set(faults.flatMap(({ seqs }) => firstSeqs(seqs, MOST_EVIDENCE)))].slice(0, MOST_EVIDENCE),
    }
  }
  if (gaps.length > 0) return unknown(gaps.join(' '))
  return { verdict: 'pass', why: allIsWell(findings.counts, leader.node, replicas), evidence: [] }
}

interface Fault {
  readonly why: string
  readonly seqs: SeqRanges
}

function faultsOf({ counts, classes, strangers }: Findings): Fault[] {
  const faults: Fault[] = []
  const fault = (count: number, seqs: SeqRanges, one: string, many: string) => {
    if (count === 0) return
    const which = seqs.count > 0 ? ` (${formatRanges(seqs)})` : ''
    faults.push({ why: `${count} ${count === 1 ? one : many}${which}.`, seqs })
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
  const { node, missing, extra, strangeRows } = replica
  const faults: Fault[] = []
  if (missing.count > 0) {
    faults.push({
      why: `${node} lacks ${missing.count} that the leader has (${formatRanges(missing)}).`,
      seqs: missing,
    })
  }
  if (extra.count > 0) {
    faults.push({ why: `${node} has ${extra.count} that the leader lacks (${formatRanges(extra)}).`, seqs: extra })
  }
  if (strangeRows !== 0) {
    const word = `${Math.abs(strangeRows)} ${strangeRows > 0 ? 'more' : 'fewer'}`
    faults.push({ why: `${node} has ${word} strange rows than the leader.`, seqs: missing })
  }
  return faults
}

/** What could not be found out. */
function gapsOf(counts: AuditCounts, replicas: readonly ReplicaAudit[], isLedgerComplete: boolean): string[] {
  return [
    ...(counts.acknowledged + counts.unguarded === 0 ? ['Nothing was acknowledged, so nothing could be lost.'] : []),
    ...(isLedgerComplete ? [] : ['The ledger was cut short: writes after its end could not be judged.']),
    ...replicas.flatMap((replica) => (replica.isRead ? [] : [`${replica.node} was not compared: ${replica.why}.`])),
  ]
}

function allIsWell(counts: AuditCounts, leader: string, replicas: readonly ReplicaAudit[]): string {
  const acknowledged = counts.acknowledged + counts.unguarded
  const all = acknowledged === 1 ? 'The acknowledged write is' : `All ${acknowledged} acknowledged writes are`
  const names = replicas.map((replica) => replica.node)
  const alike =
    names.length === 0 ? '' : `; ${names.join(' and ')} ${names.length === 1 ? 'holds' : 'hold'} the same rows`
  return `${all} on ${leader}, once each${alike}.`
}
