import type { Percentiles, ReplicaReads } from '../model/events.ts'

/** How old what the replicas answered was, over a whole run. */
export interface Staleness extends Pick<ReplicaReads, 'judged' | 'backwards' | 'missedOwn'> {
  readonly staleMs: WindowSpread | null
  readonly staleWrites: WindowSpread | null
}

/** Percentiles of windows cannot be put together to one of the run; these can. */
interface WindowSpread {
  /** The median of the windows' medians. */
  readonly typical: number
  /** The highest p99 of any window. */
  readonly worstP99: number
  readonly max: number
}

export function createStaleness() {
  const staleMs = createSpread()
  const staleWrites = createSpread()
  let judged = 0
  let backwards = 0
  let missedOwn = 0
  let isMeasured = false
  return {
    add(reads: ReplicaReads | undefined) {
      if (reads === undefined) return
      isMeasured = true
      judged += reads.judged
      backwards += reads.backwards
      missedOwn += reads.missedOwn
      staleMs.add(reads.staleMs)
      staleWrites.add(reads.staleWrites)
    },
    /** Null when nobody judged the reads. */
    result(): Staleness | null {
      if (!isMeasured) return null
      return { judged, staleMs: staleMs.result(), staleWrites: staleWrites.result(), backwards, missedOwn }
    },
  }
}

function createSpread() {
  const medians: number[] = []
  let worstP99 = 0
  let max = 0
  return {
    add(window: Percentiles | null) {
      if (window === null) return
      medians.push(window.p50)
      worstP99 = Math.max(worstP99, window.p99)
      max = Math.max(max, window.max)
    },
    result(): WindowSpread | null {
      const typical = medians.toSorted((a, b) => a - b)[Math.floor(medians.length / 2)]
      return typical === undefined ? null : { typical, worstP99, max }
    },
  }
}
