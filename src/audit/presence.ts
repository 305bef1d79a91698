/**
 * Which writes of a run one node holds, how often, and what their rows come to: five bytes a write. Fed with COPY text,
 * one row a line, in any order and cut anywhere: the identity `RUNID:SEQ`, or that, the row's digest and its mark, a digit
 * (audited-rows.ts), with tabs between them.
 */
export interface Presence {
  take(bytes: Uint8Array): void
  /** After the last piece: throws if a line is left that has no end. */
  end(): void
  readonly rows: number
  /** How many rows there are of this write, 127 for that many and more. */
  count(seq: number): number
  /** The digest of its row, or the sum of those of its rows, whatever their order; 0 when it is not known. */
  digest(seq: number): number
  /** Whether a row of it has another mark than the write gave it. */
  isMisplaced(seq: number): boolean
  /** Rows by their number, of writes beyond those that are counted; without those known to have been attempted. */
  readonly beyond: ReadonlyMap<number, number>
  readonly strangers: Strangers
}

/** Rows of the run that no write of it can have made. */
interface Strangers {
  /** Of those whose names are no `RUNID:SEQ` at all, and of those for which there was no more room. */
  readonly count: number
  /** The first few names. */
  readonly samples: readonly string[]
}

interface PresenceOptions {
  readonly runId: string
  /** The highest number that is counted. */
  readonly size: number
  /** Whether a write beyond `size` was attempted, as far as is known while the rows are read; default: none was. */
  readonly isAttempted?: (seq: number) => boolean
  /** The mark that a row of this write ought to have; default: any will do. */
  readonly markOf?: ((seq: number) => number) | undefined
}

const NEWLINE = 10
const ZERO = 48
const MOST_DIGITS = 15
const MOST_COPIES = 127
const MISPLACED = 128
const TAB = 9
const MINUS = 45
const MOST_BEYOND = 100_000
const MOST_SAMPLES = 20
const SAMPLE_BYTES = 200

export function createPresence({ runId, size, isAttempted = () => false, markOf }: PresenceOptions): Presence {
  const prefix = Buffer.from(`${runId}:`)
  /** Copies in the low seven bits, MISPLACED in the eighth. */
  const counts = new Uint8Array(size + 1)
  const digests = new Int32Array(size + 1)
  const beyond = new Map<number, number>()
  const samples: string[] = []
  let strangers = 0
  let rows = 0
  /** The beginning of a line whose end has not come yet. */
  let rest: Buffer = Buffer.alloc(0)

  const onStranger = (bytes: Uint8Array, from: number, to: number) => {
    strangers++
    if (samples.length >= MOST_SAMPLES) return
    samples.push(Buffer.from(bytes.subarray(from, Math.min(to, from + SAMPLE_BYTES))).toString('utf8'))
  }
  const onBeyond = (seq: number, bytes: Uint8Array, from: number, to: number) => {
    if (isAttempted(seq)) return
    const known = beyond.get(seq) ?? 0
    if (known > 0 || beyond.size < MOST_BEYOND) beyond.set(seq, known + 1)
    else onStranger(bytes, from, to)
  }
  const onLine = (bytes: Uint8Array, from: number, to: number) => {
    rows++
    const hasContent = to - from > 2 && bytes[to - 2] === TAB
    const end = hasContent ? bytes.lastIndexOf(TAB, to - 3) : to
    const seq = parseSeq(bytes, from, end, prefix)
    if (seq === 0) return onStranger(bytes, from, end)
    if (seq > size) return onBeyond(seq, bytes, from, end)
    const known = counts[seq] as number
    if ((known & MOST_COPIES) < MOST_COPIES) counts[seq] = known + 1
    if (!hasContent) return
    digests[seq] = (digests[seq] as number) + parseDigest(bytes, end + 1, to - 2)
    if (markOf && (bytes[to - 1] as number) - ZERO !== markOf(seq)) counts[seq] = (counts[seq] as number) | MISPLACED
  }

  return {
    take(bytes) {
      let from = 0
      if (rest.length > 0) {
        const end = bytes.indexOf(NEWLINE)
        rest = Buffer.concat([rest, bytes.subarray(0, end < 0 ? bytes.length : end)])
        if (end < 0) return
        onLine(rest, 0, rest.length)
        from = end + 1
      }
      for (;;) {
        const end = bytes.indexOf(NEWLINE, from)
        if (end < 0) break
        onLine(bytes, from, end)
        from = end + 1
      }
      // A copy: the piece may be a window on a buffer that is used again.
      rest = Buffer.from(bytes.subarray(from))
    },
    end() {
      if (rest.length > 0) throw new Error('the rows end in the middle of one')
    },
    get rows() {
      return rows
    },
    count: (seq) => (counts[seq] ?? 0) & MOST_COPIES,
    digest: (seq) => digests[seq] ?? 0,
    isMisplaced: (seq) => (counts[seq] ?? 0) >= MISPLACED,
    beyond,
    get strangers() {
      return { count: strangers, samples }
    },
  }
}

function parseDigest(bytes: Uint8Array, from: number, to: number): number {
  const isNegative = bytes[from] === MINUS
  let value = 0
  for (let i = isNegative ? from + 1 : from; i < to; i++) value = value * 10 + ((bytes[i] as number) - ZERO)
  return isNegative ? -value : value
}

/** 0 when it is no identity exactly as the run writes it: `7` is write 7, `07` is not. */
function parseSeq(bytes: Uint8Array, from: number, to: number, prefix: Uint8Array): number {
  const length = prefix.length
  const digits = to - from - length
  if (digits < 1 || digits > MOST_DIGITS || bytes[from + length] === ZERO) return 0
  for (let i = 0; i < length; i++) {
    if (bytes[from + i] !== prefix[i]) return 0
  }
  let seq = 0
  for (let i = from + length; i < to; i++) {
    const digit = (bytes[i] as number) - ZERO
    if (digit < 0 || digit > 9) return 0
    seq = seq * 10 + digit
  }
  return seq
}
