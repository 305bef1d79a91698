import type { OperationKind } from './events.ts'

/** What became of one operation, as it ended. */
export interface EndedOperation {
  readonly kind: OperationKind
  /** The operations of a kind, counted from 1 in the order in which they were due. */
  readonly seq: number
  readonly dueMs: number
  /** Null when nothing was sent. */
  readonly sentMs: number | null
  readonly answeredMs: number
  readonly outcome: 'ok' | 'failed' | 'unknown' | 'dropped'
  /** Null when ok, and when dropped for want of a session. */
  readonly code: string | null
  /** Who it was sent to; null when nothing was sent. */
  readonly server: string | null
  /** Acknowledged, but without the guarantee that a synchronous standby has it. */
  readonly isUnguarded: boolean
  /**
   * The WAL insert position of the server that acknowledged a write, in bytes, taken while the statement ran: the
   * write's own row lies before it, its commit record at it or after it, behind whatever other sessions wrote in
   * between. Null, or absent, unless the operation is an acknowledged write.
   */
  readonly lsn?: number | null | undefined
  /** Of the row that an acknowledged write made, as the server told it; null or absent where it did not. */
  readonly digest?: number | null | undefined
}
