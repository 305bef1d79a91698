import type { NodeReader, ServerPosition } from '../../src/audit/node-reader.ts'
import { createLedger, type Ledger, type LedgerEntry, type WriteOutcome } from '../../src/model/ledger.ts'
import { eventRows, ownerNumberOf } from '../../src/workloads/events/event-row.ts'

export const RUN_ID = 'run1'
/** What the audited writes leave behind. */
export const ROWS = eventRows()

/** A ledger in which write n (from 1) ended as the n-th word; `unanswered` leaves it without an answer. */
export function ledgerOf(outcomes: readonly (WriteOutcome | 'unanswered')[]): Ledger {
  const ledger = createLedger()
  outcomes.forEach((outcome, index) => {
    if (outcome !== 'unanswered') ledger.record(entryOf(index + 1, outcome))
  })
  return ledger
}

export function entryOf(seq: number, outcome: WriteOutcome, change: Partial<LedgerEntry> = {}): LedgerEntry {
  const isAcknowledged = outcome === 'ok' || outcome === 'unguarded'
  return {
    seq,
    dueMs: seq * 10,
    sentMs: outcome === 'dropped' ? null : seq * 10,
    answeredMs: seq * 10 + 2,
    outcome,
    code: isAcknowledged || outcome === 'dropped' ? null : 'TIMEOUT',
    node: outcome === 'dropped' ? null : 'patroni1',
    lsn: isAcknowledged ? 1_000 * seq : null,
    digest: null,
    ...change,
  }
}

/** A row with its digest, and with an owner: by default the one that the write gave it. */
export interface WholeRow {
  readonly seq: number
  readonly digest: number
  readonly owner?: number
}
export type FakeRow = number | string | WholeRow

/** The rows as COPY gives them: a number is that write's row by its name alone, a text is a name of its own. */
export function copyText(rows: readonly FakeRow[]): string {
  return rows.map((row) => `${lineOf(row)}\n`).join('')
}

function lineOf(row: FakeRow): string {
  if (typeof row === 'string') return row
  if (typeof row === 'number') return `${RUN_ID}:${row}`
  return `${RUN_ID}:${row.seq}\t${row.digest}\t${row.owner ?? ownerNumberOf(row.seq)}`
}

export const LEADER: ServerPosition = {
  isInRecovery: false,
  isStreaming: false,
  timeline: 3,
  lsn: 5_000,
  walSegmentBytes: 16_777_216,
  isSynchronous: false,
}
export const REPLICA: ServerPosition = { ...LEADER, isInRecovery: true, isStreaming: true }

export interface FakeNode {
  readonly rows: readonly FakeRow[]
  readonly at?: ServerPosition
  /** Where it is once its rows have been read; default: where it was. */
  readonly afterwards?: ServerPosition
  readonly fails?: Error
}

/** A node that says what it is told to say; opened again, the next of several. */
export function fakeReader(node: FakeNode, pieceBytes = 7): NodeReader {
  const at = node.at ?? LEADER
  return {
    position: async () => at,
    async read(onBytes) {
      const bytes = Buffer.from(copyText(node.rows))
      for (let from = 0; from < bytes.length; from += pieceBytes) onBytes(bytes.subarray(from, from + pieceBytes))
      if (node.fails) throw node.fails
      return { before: at, after: node.afterwards ?? at }
    },
    close() {},
  }
}
