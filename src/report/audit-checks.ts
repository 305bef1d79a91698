import type { Audit } from '../model/audit.ts'
import type { Verdict } from '../model/verdict.ts'
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

/** Whether what was acknowledged is there, and nothing else; what was acknowledged after the audit, nobody knows. */
export function checkWrites(audit: Audit | null, writes: Pick<Summary['writes'], 'acknowledged' | 'unguarded'>): Check {
  const unknown = (why: string) => checkOf('writes', { verdict: 'unknown', why, evidence: [] }, WRITES)
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
  return checkOf('writes', found, WRITES)
}

/** Whether every replica holds what the leader holds; null where nobody looked, and in recordings of before. */
export function checkReplicas(audit: Audit | null): Check | null {
  return audit?.halves === undefined ? null : checkOf('replicas', audit.halves.replicas, ['replica_differences'])
}

function checkOf(name: Check['name'], { verdict, why, evidence }: Verdict, figures: readonly string[]): Check {
  return { name, verdict, why, evidence: [...evidence], figures: [...figures] }
}
