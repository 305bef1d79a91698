import { createNameTable } from './name-table.ts'

/**
 * What became of every single write, in typed arrays: 27 bytes a write. Writes are numbered from 1 without a gap, and
 * may be answered in any order. One that was attempted and has no answer here is `unknown`.
 */
export interface Ledger {
  /** The highest sequence number that was recorded; all below it were attempted. */
  readonly size: number
  /** How many of them are recorded. */
  readonly answered: number
  /**
   * Takes in one write. A write that is taken in twice keeps the later word.
   * @throws {RangeError} when the number is not an integer from 1 to 4,294,967,295
   */
  record(write: LedgerEntry): void
  /** @throws {RangeError} outside 1 … size */
  at(seq: number): LedgerEntry
  /** Every write in order of its number. */
  entries(): Iterable<LedgerEntry>
  /** The outcomes as they are now, one byte each; what is recorded later does not change them. */
  outcomes(): Outcomes
  /** The digest of this write's row, 0 when none is known; cheaper than `at`. */
  digestOf(seq: number): number
  /** Bytes held, for whoever wants to know what the truth costs. */
  readonly bytes: number
}

/** `unguarded`: acknowledged, but with a warning that no synchronous standby has confirmed it. `dropped`: never sent. */
export type WriteOutcome = 'unknown' | 'ok' | 'unguarded' | 'failed' | 'dropped'

export interface LedgerEntry {
  readonly seq: number
  /** Milliseconds of the run's clock, kept to a tenth, up to 119 hours; null when it did not come to that. */
  readonly dueMs: number | null
  readonly sentMs: number | null
  /** When it ended, whichever way; null only for a write that has no answer in the ledger. */
  readonly answeredMs: number | null
  readonly outcome: WriteOutcome
  /** SQLSTATE, socket code or one of the lab's own; null when acknowledged. */
  readonly code: string | null
  /** Who it was sent to, and who answered if anybody did; null when nothing was sent. */
  readonly node: string | null
  /** The server's WAL insert position just before the commit, in bytes; null unless acknowledged. */
  readonly lsn: number | null
  /** Of the row that the server said it made, by event-row.ts; null unless acknowledged, or when it was not told. */
  readonly digest: number | null
}

/** A copy of all outcomes, in which a write without an answer can be told from one that ended as unknown. */
export interface Outcomes {
  readonly size: number
  at(seq: number): WriteOutcome | 'unanswered'
}

/** How many writes ended how. Each of the attempted is in one of the others. */
export interface WriteCounts {
  readonly attempted: number
  /** Those without a guarantee not included. */
  readonly acknowledged: number
  /** Acknowledged with the warning that no synchronous standby had confirmed it. */
  readonly unguarded: number
  readonly failed: number
  readonly unknown: number
  /** Never sent. */
  readonly dropped: number
  /** Under way when the ledger, or what was taken of it, ended. */
  readonly unanswered: number
}

/** Counts every write by its outcome: ten million in well under a second. */
export function countWrites(ledger: Pick<Ledger, 'outcomes'>): WriteCounts {
  const outcomes = ledger.outcomes()
  const counts = { ok: 0, unguarded: 0, failed: 0, unknown: 0, dropped: 0, unanswered: 0 }
  for (let seq = 1; seq <= outcomes.size; seq++) counts[outcomes.at(seq)]++
  const { ok, ...others } = counts
  return { attempted: outcomes.size, acknowledged: ok, ...others }
}

const CHUNK = 16_384
const MAX_SEQ = 2 ** 32 - 1
const OUTCOMES = ['unanswered', 'unknown', 'ok', 'unguarded', 'failed', 'dropped'] as const
/** Times are kept in tenths of a millisecond, shifted by one so that 0 can stand for none. */
const PER_MS = 10
const MAX_TIME = 2 ** 32 - 1

interface Chunk {
  readonly due: Uint32Array
  readonly sent: Uint32Array
  readonly answered: Uint32Array
  readonly lsn: Float64Array
  readonly digest: Int32Array
  readonly outcome: Uint8Array
  readonly code: Uint8Array
  readonly node: Uint8Array
}

export const BYTES_PER_WRITE = 4 * 4 + 8 + 3

export function createLedger(): Ledger {
  // Sparse: a number far ahead of the others costs one chunk, not all of those before it.
  const chunks: (Chunk | undefined)[] = []
  const codes = createNameTable()
  const nodes = createNameTable()
  let chunkCount = 0
  let size = 0
  let answered = 0

  const newChunkAt = (index: number): Chunk => {
    const chunk = newChunk()
    chunks[index] = chunk
    chunkCount++
    return chunk
  }
  const at = (seq: number): LedgerEntry => {
    if (!(seq >= 1 && seq <= size)) throw new RangeError(`write ${seq} is not among the ${size} attempted`)
    const chunk = chunks[Math.floor((seq - 1) / CHUNK)]
    const i = (seq - 1) % CHUNK
    const outcome = chunk === undefined ? 'unanswered' : outcomeOf(chunk.outcome[i])
    if (chunk === undefined || outcome === 'unanswered') return { ...NO_ANSWER, seq }
    return {
      seq,
      dueMs: fromStoredTime(chunk.due[i]),
      sentMs: fromStoredTime(chunk.sent[i]),
      answeredMs: fromStoredTime(chunk.answered[i]),
      outcome,
      code: codes.nameOf(chunk.code[i] as number),
      node: nodes.nameOf(chunk.node[i] as number),
      lsn: chunk.lsn[i] || null,
      digest: chunk.digest[i] || null,
    }
  }

  return {
    get size() {
      return size
    },
    get answered() {
      return answered
    },
    get bytes() {
      return chunkCount * CHUNK * BYTES_PER_WRITE
    },
    at,
    digestOf: (seq) => chunks[Math.floor((seq - 1) / CHUNK)]?.digest[(seq - 1) % CHUNK] ?? 0,
    record(write) {
      const { seq } = write
      if (!(Number.isInteger(seq) && seq >= 1 && seq <= MAX_SEQ)) throw new RangeError(`${seq} is no write's number`)
      const index = Math.floor((seq - 1) / CHUNK)
      const chunk = chunks[index] ?? newChunkAt(index)
      const i = (seq - 1) % CHUNK
      if (chunk.outcome[i] === 0) answered++
      chunk.due[i] = toStoredTime(write.dueMs)
      chunk.sent[i] = toStoredTime(write.sentMs)
      chunk.answered[i] = toStoredTime(write.answeredMs)
      chunk.lsn[i] = write.lsn ?? 0
      chunk.digest[i] = write.digest ?? 0
      chunk.outcome[i] = OUTCOMES.indexOf(write.outcome)
      chunk.code[i] = codes.indexOf(write.code)
      chunk.node[i] = nodes.indexOf(write.node)
      if (seq > size) size = seq
    },
    *entries() {
      for (let seq = 1; seq <= size; seq++) yield at(seq)
    },
    outcomes() {
      const copy = new Uint8Array(size)
      chunks.forEach((chunk, index) => {
        if (chunk) copy.set(chunk.outcome.subarray(0, Math.min(CHUNK, size - index * CHUNK)), index * CHUNK)
      })
      return { size: copy.length, at: (seq) => outcomeOf(copy[seq - 1]) }
    },
  }
}

const NO_ANSWER = {
  dueMs: null,
  sentMs: null,
  answeredMs: null,
  outcome: 'unknown',
  code: null,
  node: null,
  lsn: null,
  digest: null,
} as const

function outcomeOf(stored: number | undefined): (typeof OUTCOMES)[number] {
  return OUTCOMES[stored ?? 0] ?? 'unanswered'
}

function newChunk(): Chunk {
  return {
    due: new Uint32Array(CHUNK),
    sent: new Uint32Array(CHUNK),
    answered: new Uint32Array(CHUNK),
    lsn: new Float64Array(CHUNK),
    digest: new Int32Array(CHUNK),
    outcome: new Uint8Array(CHUNK),
    code: new Uint8Array(CHUNK),
    node: new Uint8Array(CHUNK),
  }
}

/** Tenths of a millisecond plus one; 0 for none. A time that does not fit is the last that does. */
export function toStoredTime(ms: number | null): number {
  return ms === null ? 0 : Math.min(Math.max(Math.round(ms * PER_MS), 0) + 1, MAX_TIME)
}

export function fromStoredTime(stored: number | undefined): number | null {
  return stored === undefined || stored === 0 ? null : (stored - 1) / PER_MS
}
