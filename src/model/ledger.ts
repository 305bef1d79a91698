/**
 * What became of every single write, in typed arrays: 23 bytes a write. Writes are numbered from 1 without a gap, and
 * may be answered in any order; one that was attempted and has no answer in the ledger is `unknown`.
 */
export interface Ledger {
  /** The highest sequence number that was attempted. */
  readonly size: number
  /** Takes in one write. A write that is taken in twice keeps the later word. */
  record(write: LedgerEntry): void
  /** @throws {RangeError} outside 1 … size */
  at(seq: number): LedgerEntry
  /** Every write in order of its number. */
  entries(): Iterable<LedgerEntry>
  /** Bytes held, for whoever wants to know what the truth costs. */
  readonly bytes: number
}

/** `unguarded`: acknowledged, but with a warning that no synchronous standby has confirmed it. `dropped`: never sent. */
export type WriteOutcome = 'unknown' | 'ok' | 'unguarded' | 'failed' | 'dropped'

export interface LedgerEntry {
  readonly seq: number
  /** Milliseconds of the run's clock, to a tenth; null when it did not come to that. */
  readonly dueMs: number | null
  readonly sentMs: number | null
  readonly answeredMs: number | null
  readonly outcome: WriteOutcome
  /** SQLSTATE or socket code; null when acknowledged. */
  readonly code: string | null
  /** Who answered; null when nobody did. */
  readonly node: string | null
  /** The server's WAL insert position just before the commit, in bytes; null unless acknowledged. */
  readonly lsn: number | null
}

const CHUNK = 65_536
const OUTCOMES: readonly WriteOutcome[] = ['unknown', 'ok', 'unguarded', 'failed', 'dropped']
/** Times are kept in tenths of a millisecond, shifted by one so that 0 can stand for none: good for 119 hours. */
const PER_MS = 10

interface Chunk {
  readonly due: Uint32Array
  readonly sent: Uint32Array
  readonly answered: Uint32Array
  readonly lsn: Float64Array
  readonly outcome: Uint8Array
  readonly code: Uint8Array
  readonly node: Uint8Array
}

export const BYTES_PER_WRITE = 3 * 4 + 8 + 3

export function createLedger(): Ledger {
  const chunks: Chunk[] = []
  const codes = nameTable()
  const nodes = nameTable()
  let size = 0

  const chunkOf = (seq: number): Chunk => {
    const index = Math.floor((seq - 1) / CHUNK)
    while (chunks.length <= index) chunks.push(newChunk())
    return chunks[index] as Chunk
  }
  const at = (seq: number): LedgerEntry => {
    if (!(seq >= 1 && seq <= size)) throw new RangeError(`write ${seq} is not among the ${size} attempted`)
    const chunk = chunkOf(seq)
    const i = (seq - 1) % CHUNK
    return {
      seq,
      dueMs: toMs(chunk.due[i]),
      sentMs: toMs(chunk.sent[i]),
      answeredMs: toMs(chunk.answered[i]),
      outcome: OUTCOMES[chunk.outcome[i] as number] as WriteOutcome,
      code: codes.nameOf(chunk.code[i] as number),
      node: nodes.nameOf(chunk.node[i] as number),
      lsn: chunk.lsn[i] || null,
    }
  }

  return {
    get size() {
      return size
    },
    get bytes() {
      return chunks.length * CHUNK * BYTES_PER_WRITE
    },
    at,
    record(write) {
      const chunk = chunkOf(write.seq)
      const i = (write.seq - 1) % CHUNK
      chunk.due[i] = fromMs(write.dueMs)
      chunk.sent[i] = fromMs(write.sentMs)
      chunk.answered[i] = fromMs(write.answeredMs)
      chunk.lsn[i] = write.lsn ?? 0
      chunk.outcome[i] = OUTCOMES.indexOf(write.outcome)
      chunk.code[i] = codes.indexOf(write.code)
      chunk.node[i] = nodes.indexOf(write.node)
      if (write.seq > size) size = write.seq
    },
    *entries() {
      for (let seq = 1; seq <= size; seq++) yield at(seq)
    },
  }
}

function newChunk(): Chunk {
  return {
    due: new Uint32Array(CHUNK),
    sent: new Uint32Array(CHUNK),
    answered: new Uint32Array(CHUNK),
    lsn: new Float64Array(CHUNK),
    outcome: new Uint8Array(CHUNK),
    code: new Uint8Array(CHUNK),
    node: new Uint8Array(CHUNK),
  }
}

/** Names as numbers from 1; 0 is none. The 255th and later share one, rather than being taken for another's. */
function nameTable() {
  const names: string[] = []
  const numbers = new Map<string, number>()
  return {
    indexOf(name: string | null): number {
      if (name === null) return 0
      const known = numbers.get(name)
      if (known !== undefined) return known
      const index = names.length < MOST_NAMES - 1 ? names.push(name) : names[MOST_NAMES - 1] ? MOST_NAMES : names.push('(other)')
      numbers.set(name, index)
      return index
    },
    nameOf: (index: number): string | null => (index === 0 ? null : (names[index - 1] ?? null)),
  }
}

const MOST_NAMES = 255

function fromMs(ms: number | null): number {
  return ms === null ? 0 : Math.round(ms * PER_MS) + 1
}

function toMs(stored: number | undefined): number | null {
  return stored === undefined || stored === 0 ? null : (stored - 1) / PER_MS
}
