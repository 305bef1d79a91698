import type { Ledger, LedgerEntry } from '../model/ledger.ts'
import type { EndedOperation } from '../model/operation.ts'
import type { LedgerFile } from './ledger-file.ts'

/** Takes every write into the ledger, and to its file if there is one; reads are passed over. */
export function ledgerSink(to: {
  readonly ledger: Ledger
  readonly file?: Pick<LedgerFile, 'append'>
}): (ended: EndedOperation) => void {
  return (ended) => {
    if (ended.kind !== 'write') return
    const entry: LedgerEntry = {
      seq: ended.seq,
      dueMs: ended.dueMs,
      sentMs: ended.sentMs,
      answeredMs: ended.answeredMs,
      outcome: ended.outcome === 'ok' && ended.isUnguarded ? 'unguarded' : ended.outcome,
      code: ended.code,
      node: ended.server,
      lsn: ended.outcome === 'ok' ? (ended.lsn ?? null) : null,
      digest: ended.outcome === 'ok' ? (ended.digest ?? null) : null,
    }
    to.ledger.record(entry)
    to.file?.append(entry)
  }
}
