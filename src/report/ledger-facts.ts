import { countWrites, type Ledger, type WriteCounts } from '../model/ledger.ts'

/** What a ledger holds, counted. */
export interface LedgerFacts extends WriteCounts {
  readonly runId: string | null
  readonly isComplete: boolean
  /** For people; null when it is complete. */
  readonly why: string | null
}

export function ledgerFacts(
  ledger: Pick<Ledger, 'outcomes'>,
  { runId = null, isComplete = true, why = null }: Partial<Pick<LedgerFacts, 'runId' | 'isComplete' | 'why'>> = {},
): LedgerFacts {
  return { runId, ...countWrites(ledger), isComplete, why }
}
