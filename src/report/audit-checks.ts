import type { Audit, ProbeAudit } from '../model/audit.ts'
import type { Verdict } from '../model/verdict.ts'
import { workloadFindings } from '../workloads/workloads.ts'
import type { Check } from './judge-run.ts'
import type { Summary } from './summary-schema.ts'

const WRITES = [
  'lost_writes',
  'unguarded_lost_writes',
  'unexplained_lost_writes',
  'phantom_writes',
  'duplicated_writes',
  'altered_rows',
  'never_attempted_rows',
]

/**
 * Whether what was acknowledged is there, and nothing else; what was acknowledged after the audit, nobody knows. Where
 * clients only read, the rows of the probe are what was acknowledged, and have a check of their own.
 */
export function checkWrites(
  audit: Audit | null,
  writes: Pick<Summary['writes'], 'attempted' | 'acknowledged' | 'unguarded'>,
  probe: Pick<ProbeAudit, 'acknowledged'> | null = null,
): Check {
  const unknown = (why: string) => checkOf('writes', { verdict: 'unknown', why, evidence: [] }, WRITES)
  if (audit === null && writes.attempted === 0) {
    return unknown('Nothing was written, so nobody knows what becomes of writes.')
  }
  if (audit === null) {
    return unknown('No audit was made: nobody has looked whether the acknowledged writes are in the database.')
  }
  const counts = audit.findings?.counts
  const judged = (counts?.acknowledged ?? 0) + (counts?.unguarded ?? 0)
  const later = writes.acknowledged + (writes.unguarded ?? 0) - judged
  // Recordings of before know one verdict for both.
  const found = audit.halves?.writes ?? audit.verdict
  if (found.verdict === 'pass' && later > 0) {
    return unknown(`${later} writes were acknowledged after the last audit, and nobody has looked for them.`)
  }
  const isNone = audit.isLedgerComplete && counts?.attempted === 0 && writes.attempted === 0
  if (found.verdict === 'unknown' && isNone && (probe?.acknowledged ?? 0) > 0) {
    return checkOf('writes', { verdict: 'pass', why: 'No client tried to write.', evidence: [] }, WRITES)
  }
  return checkOf('writes', found, WRITES)
}

/** Whether every replica holds what the leader holds; null where nobody looked, and in recordings of before. */
export function checkReplicas(audit: Audit | null): Check | null {
  return audit?.halves === undefined ? null : checkOf('replicas', audit.halves.replicas, ['replica_differences'])
}

/** What the workload found beyond that; none where nobody kept what its answers showed. */
export function checkWorkload(audit: Audit | null): readonly Check[] {
  const found = audit === null ? null : workloadFindings(audit)
  return (found?.checks ?? []).map(({ name, figures, ...verdict }) => checkOf(name, verdict, figures))
}

/** Whether every acknowledged row of the probe is there, once; null where none was written. */
export function checkProbe(probe: ProbeAudit | null, audit: Audit | null): Check | null {
  if (probe === null) return null
  const { lostFromMs, lostToMs, doubled } = probe
  const spans = audit?.lossOutages?.spans ?? []
  const isNear = (atMs: number | null) =>
    atMs !== null &&
    spans.some(({ fromMs, toMs }) => atMs >= fromMs - NEAR_MS && atMs <= (toMs ?? Number.POSITIVE_INFINITY) + NEAR_MS)
  // Lost with the writes around it: that is one loss, or several, which are told by the writes.
  const withWrites = !doubled && isNear(lostFromMs) && isNear(lostToMs)
  return checkOf('probe', probe.verdict, ['lost_probe_writes', ...(withWrites ? ['lost_writes'] : [])])
}

const NEAR_MS = 1_000

function checkOf(name: Check['name'], { verdict, why, evidence }: Verdict, figures: readonly string[]): Check {
  return { name, verdict, why, evidence: [...evidence], figures: [...figures] }
}
