import type { Audit } from '../model/audit.ts'
import type { TrafficTotals } from '../model/traffic-state.ts'
import type { LedgerFacts } from './ledger-facts.ts'
import type { Summary } from './summary-schema.ts'

type Writes = Summary['writes']

interface Sources {
  readonly ledger: LedgerFacts | null
  readonly audit: Audit | null
  readonly totals: TrafficTotals
}

/** The outcomes from the best source there is; what became of them in the database from the audit alone. */
export function summariseWrites(sources: Sources): Writes {
  const counts = sources.audit?.findings?.counts
  return {
    ...outcomes(sources),
    audited: counts === undefined ? null : counts.attempted - counts.unanswered,
    acknowledgedPresent: counts?.acknowledgedPresent ?? null,
    lost: counts?.lost ?? null,
    unguardedPresent: counts?.unguardedPresent ?? null,
    unguardedLost: counts?.unguardedLost ?? null,
    recovered: counts?.recovered ?? null,
    unknownAbsent: counts?.unknownAbsent ?? null,
    failedAbsent: counts?.failedAbsent ?? null,
    droppedAbsent: counts?.droppedAbsent ?? null,
    phantom: counts?.phantom ?? null,
    duplicated: counts?.duplicated ?? null,
    altered: counts?.altered ?? null,
    neverAttempted: counts?.neverAttempted ?? null,
  }
}

type Outcomes = Pick<
  Writes,
  'from' | 'attempted' | 'acknowledged' | 'unguarded' | 'failed' | 'unknown' | 'dropped' | 'asleep' | 'unanswered'
>

function outcomes({ ledger, audit, totals }: Sources): Outcomes {
  const counted = ledger ?? audit?.findings?.counts
  if (counted !== undefined && counted !== null) {
    const { attempted, acknowledged, unguarded, failed, unknown, dropped, unanswered } = counted
    const from = ledger === null ? 'audit' : 'ledger'
    // Neither was sent, which is all that the ledger tells of them.
    const asleep = Math.min(dropped, totals.asleep)
    const others = { acknowledged, unguarded, failed, unknown, unanswered }
    return { from, attempted, ...others, dropped: dropped - asleep, asleep }
  }
  const { ok, failed, unknown, dropped, asleep } = totals
  const attempted = ok + failed + unknown + dropped + asleep
  const others = { failed, unknown, dropped, asleep }
  return { from: 'ticks', attempted, acknowledged: ok, unguarded: null, ...others, unanswered: null }
}
