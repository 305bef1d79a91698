/**
 * Which writes of a run one node holds, and how often: a byte a write. Fed with COPY text of the identities
 * `RUNID:SEQ`, one a line, in any order and cut anywhere.
 */
export interface Presence {
  take(bytes: Uint8Array): void
  /** After the last piece: throws if a line is left that has no end. */
  end(): void
  readonly rows: number
  /** How many rows there are of this write, 255 for that many and more. */
  count(seq: number): number
  /** Rows by their number, of writes beyond those that are counted; without those known to have been attempted. */
  readonly beyond: ReadonlyMap<number, number>
  readonly strangers: Strangers
}

/** Rows of the run that no write of it can have made. */
export interface Strangers {
  /** Of those whose names are no `RUNID:SEQ` at all, and of those for which there was no more room. */
  readonly count: number
  /** The first few names. */
  readonly samples: readonly string[]
}

export interface PresenceOptions {
  readonly runId: string
  /** The highest number that is counted. */
  readonly size: number
  /** Whether a write beyond `size` was attempted, as far as is known while the rows are read; default: none was. */
  readonly isAttempted?: (seq: number) => boolean
}

const NEWLINE = 10
const ZERO = 48
const MOST_DIGITS = 15
const MOST_COPIES = 255
const MOST_BEYOND = 100_000
const MOST_SAMPLES = 20
const SAMPLE_BYTES = 200

export function createPresence({ runId, size, isAttempted = () => false }: PresenceOptions): Presence {
  const prefix = Buffer.from(`${runId}:`)
  const counts = new Uint8Array(size + 1)
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
    const seq = parseSeq(bytes, from, to, prefix)
    if (seq === 0) onStranger(bytes, from, to)
    else if (seq > size) onBeyond(seq, bytes, from, to)
    else if ((counts[seq] as number) < MOST_COPIES) counts[seq] = (counts[seq] as number) + 1
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
    count: (seq) => counts[seq] ?? 0,
    beyond,
    get strangers() {
      return { count: strangers, samples }
    },
  }
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
