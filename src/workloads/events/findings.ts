import type { Audit, ReadFindings, WorkloadFindings } from '../../model/audit.ts'
import type { Verdict } from '../../model/verdict.ts'

/** The check that tells whether reads returned what they ought to have. */
export const READS = 'reads'

/** What the reads of a run come to. */
export function findingsOf(found: ReadFindings, verdict: Verdict, isLossy: boolean): WorkloadFindings {
  const counts = {
    aborted_reads: found.aborted.count,
    altered_reads: found.altered.count,
    lost_then_back: found.returned.count,
    seen_then_lost: found.vanished.count,
  }
  const wrong = Object.entries(counts).flatMap(([name, count]) => (count > 0 ? [name] : []))
  const figures = [
    ...(wrong.length > 0 ? wrong : Object.keys(counts)),
    // What was seen before it was lost is a part of the loss, where acknowledged writes were lost too.
    ...(counts.seen_then_lost > 0 && isLossy ? ['lost_writes'] : []),
  ]
  return { type: 'events', checks: [{ name: READS, ...verdict, figures }], counts, examples: [] }
}

/** Those of a recording in which they stood in the audit itself. */
export function readsBefore({ reads, halves, findings }: Audit): WorkloadFindings | null {
  if (reads === undefined || halves?.reads === undefined) return null
  return findingsOf(reads, halves.reads, (findings?.counts.lost ?? 0) > 0)
}
