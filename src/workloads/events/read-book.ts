import type { Ledger } from '../../model/ledger.ts'

/** What the reads of a run have shown of its writes: a byte a write. */
export interface ReadBook {
  /** A read was answered with these rows of the run. */
  onRead(rows: readonly { readonly seq: number; readonly digest: number }[]): void
  /** As it is now; what is read later does not change it. */
  marks(): ReadMarks
}

export interface ReadMarks {
  /** The highest number that a read returned, as far as there was room for it. */
  readonly size: number
  isSeen(seq: number): boolean
  /** A read returned it with another content than the server had told. */
  isAltered(seq: number): boolean
}

const SEEN = 1
const ALTERED = 2
/** Anybody can write a row with a high number: so far beyond the ledger there may be writes that are still under way. */
const MOST_AHEAD = 100_000

export function createReadBook(ledger: Pick<Ledger, 'size' | 'digestOf'>): ReadBook {
  let marks = new Uint8Array(65_536)
  let size = 0
  return {
    onRead(rows) {
      for (const { seq, digest } of rows) {
        if (seq > ledger.size + MOST_AHEAD) continue
        if (seq >= marks.length) marks = grown(marks, seq)
        const told = ledger.digestOf(seq)
        marks[seq] = (marks[seq] as number) | (told !== 0 && told !== digest ? SEEN | ALTERED : SEEN)
        if (seq > size) size = seq
      }
    },
    marks() {
      const copy = marks.slice(0, size + 1)
      const has = (seq: number, mark: number) => ((copy[seq] ?? 0) & mark) !== 0
      return { size, isSeen: (seq) => has(seq, SEEN), isAltered: (seq) => has(seq, ALTERED) }
    },
  }
}

function grown(marks: Uint8Array, seq: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(2 * marks.length, seq + 1))
  larger.set(marks)
  return larger
}
