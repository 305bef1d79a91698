import type { Audit } from '../model/audit.ts'
import type { Ledger, LedgerEntry } from '../model/ledger.ts'
import { seqsOf } from '../model/seq-ranges.ts'
import { ednHistory } from './edn.ts'

export type ExportFormat = 'csv' | 'jsonl' | 'edn'

interface ExportOptions {
  readonly format: ExportFormat
  readonly runId: string
  /** The writes that were in the database in the end, for the final read of the EDN history; left out, there is none. */
  readonly present?: Iterable<number> | undefined
}

/** What stands for a write outside the lab. Times are milliseconds of the run's clock. */
export interface ExportedWrite extends Omit<LedgerEntry, 'code'> {
  /** What the write is known by in the database. */
  readonly identity: string
  /** SQLSTATE or socket code; null when acknowledged. */
  readonly errorClass: string | null
}

/**
 * Gives the whole ledger out, piece by piece: JSON lines, CSV (RFC 4180: a header, CRLF; nothing for null), or the
 * history of a Jepsen set workload in EDN. Waits for each `write` before the next, and holds no more than one piece.
 *
 * @throws what `write` throws
 */
export async function exportLedger(
  ledger: Ledger,
  { format, runId, present }: ExportOptions,
  write: (text: string) => void | Promise<void>,
): Promise<void> {
  let piece = ''
  for (const line of linesOf(ledger, format, runId, present)) {
    piece += line
    if (piece.length < PIECE_CHARS) continue
    await write(piece)
    piece = ''
  }
  if (piece !== '') await write(piece)
}

const PIECE_CHARS = 65_536

function linesOf(ledger: Ledger, format: ExportFormat, runId: string, present: Iterable<number> | undefined) {
  if (format === 'edn') return ednHistory(ledger, present)
  return format === 'csv' ? csv(ledger, runId) : jsonLines(ledger, runId)
}

function* jsonLines(ledger: Ledger, runId: string): Generator<string> {
  for (const entry of ledger.entries()) yield `${JSON.stringify(exported(entry, runId))}\n`
}

const COLUMNS = [
  'seq',
  'identity',
  'dueMs',
  'sentMs',
  'answeredMs',
  'outcome',
  'errorClass',
  'node',
  'lsn',
  'digest',
] as const

function* csv(ledger: Ledger, runId: string): Generator<string> {
  yield `${COLUMNS.join(',')}\r\n`
  for (const entry of ledger.entries()) {
    const write = exported(entry, runId)
    yield `${COLUMNS.map((column) => csvField(write[column])).join(',')}\r\n`
  }
}

function exported(entry: LedgerEntry, runId: string): ExportedWrite {
  const { seq, dueMs, sentMs, answeredMs, outcome, code: errorClass, ...rest } = entry
  return { seq, identity: `${runId}:${seq}`, dueMs, sentMs, answeredMs, outcome, errorClass, ...rest }
}

function csvField(value: string | number | null): string {
  if (value === null) return ''
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/**
 * The writes that an audit found in the database, ascending; null when it could not tell all of them. What was not
 * judged counts as the audit saw it.
 */
export function presentIn(ledger: Ledger, { findings }: Audit): Iterable<number> | null {
  if (findings === null) return null
  const { lost, unguardedLost, recovered, phantom, neverAttempted, unansweredPresent } = findings.classes
  const needed = [lost, unguardedLost, recovered, phantom, neverAttempted, unansweredPresent]
  if (needed.some((ranges) => !ranges.isComplete)) return null
  const absent = new Set([...seqsOf(lost), ...seqsOf(unguardedLost)])
  const besides = new Set([recovered, phantom, unansweredPresent].flatMap((ranges) => [...seqsOf(ranges)]))
  const isPresent = ({ seq, outcome }: LedgerEntry) =>
    outcome === 'ok' || outcome === 'unguarded' ? !absent.has(seq) : besides.has(seq)
  return {
    *[Symbol.iterator]() {
      for (let seq = 1; seq <= findings.counts.attempted; seq++) {
        if (besides.has(seq) || isPresent(ledger.at(seq))) yield seq
      }
      yield* seqsOf(neverAttempted)
    },
  }
}
