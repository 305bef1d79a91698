import type { Ledger, LedgerEntry } from '../model/ledger.ts'
import type { LedgerFile } from './ledger-file.ts'

/** What the traffic tells of an operation as it ends. */
export interface EndedOperation {
  readonly kind: 'write' | 'read'
  /** Counted from 1 for each kind. */
  readonly seq: number
  readonly dueMs: number
  readonly sentMs: number | null
  readonly answeredMs: number
  readonly outcome: 'ok' | 'failed' | 'unknown' | 'dropped'
  readonly code: string | null
  readonly server: string | null
  readonly isUnguarded: boolean
  /** The server's WAL insert position just before the commit, in bytes. */
  readonly lsn?: number | null
  /** Of the row that the server said it made. */
  readonly digest?: number | null
}

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
