/** A set of sequence numbers as plain JSON. */
export interface SeqRanges {
  readonly count: number
  /** First and last of each run of neighbours, ascending. */
  readonly ranges: readonly (readonly [first: number, last: number])[]
  /** False when there were too many ranges to keep them all; `count` is right all the same. */
  readonly isComplete: boolean
}

interface SeqRangesBuilder {
  /** Each number once, in ascending order. */
  add(seq: number): void
  done(): SeqRanges
}

const MOST_RANGES = 50_000

export function seqRanges(most = MOST_RANGES): SeqRangesBuilder {
  const ranges: [number, number][] = []
  let count = 0
  let isComplete = true
  return {
    add(seq) {
      count++
      const last = ranges.at(-1)
      if (isComplete && last !== undefined && last[1] === seq - 1) last[1] = seq
      else if (ranges.length < most) ranges.push([seq, seq])
      else isComplete = false
    },
    done: () => ({ count, ranges, isComplete }),
  }
}

/** The numbers themselves, as far as the ranges go. */
export function* seqsOf({ ranges }: SeqRanges): Generator<number> {
  for (const [first, last] of ranges) {
    for (let seq = first; seq <= last; seq++) yield seq
  }
}

/** The first few numbers, for evidence. */
export function firstSeqs(ranges: SeqRanges, most: number): number[] {
  const seqs: number[] = []
  for (const seq of seqsOf(ranges)) {
    if (seqs.length === most) break
    seqs.push(seq)
  }
  return seqs
}

/** For people: `3, 7–12, 20 and more`. */
export function formatRanges({ ranges, isComplete }: SeqRanges, most = 6): string {
  const shown = ranges.slice(0, most).map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`))
  return `${shown.join(', ')}${ranges.length > most || !isComplete ? ' and more' : ''}`
}
