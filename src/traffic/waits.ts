import type { Wait } from '../model/events.ts'

/** The stretches in which operations were due and none was acknowledged. */
export interface Waits {
  /** An operation is due. */
  begin(dueMs: number): void
  /** One was acknowledged; in order of time. */
  acknowledge(atMs: number): void
  /** One ended otherwise. */
  miss(): void
  /** Whether nothing more is due from now on: then nobody waits once all that was due has ended. */
  rest(isResting: boolean): void
  /** Those of 100 ms and more that ended since the last call, the one that goes on, and the longest that ended. */
  take(): { readonly waits: readonly Wait[]; readonly longestMs: number }
}

/** Shorter ones are below what makes an outage. */
const MIN_MS = 100

/** Costs a few comparisons an operation, and nothing is made unless somebody waited for long. */
export function createWaits(): Waits {
  let inFlight = 0
  let isResting = false
  /** Since when somebody waits; null while nobody does. */
  let sinceMs: number | null = null
  let lastAckMs = Number.NEGATIVE_INFINITY
  let longestMs = 0
  let ended: Wait[] = []

  const leave = () => {
    if (isResting && inFlight === 0 && sinceMs !== null) {
      ended.push({ fromMs: sinceMs, toMs: null })
      sinceMs = null
    }
  }
  return {
    begin(dueMs) {
      inFlight++
      if (sinceMs === null) sinceMs = dueMs > lastAckMs ? dueMs : lastAckMs
    },
    acknowledge(atMs) {
      inFlight--
      if (sinceMs !== null) {
        const lengthMs = atMs - sinceMs
        if (lengthMs > longestMs) longestMs = lengthMs
        if (lengthMs >= MIN_MS) ended.push({ fromMs: rounded(sinceMs), toMs: rounded(atMs) })
      }
      lastAckMs = atMs
      sinceMs = inFlight > 0 ? atMs : null
    },
    miss() {
      inFlight--
      leave()
    },
    rest(resting) {
      isResting = resting
      leave()
    },
    take() {
      const open = sinceMs === null ? [] : [{ fromMs: rounded(sinceMs), toMs: null }]
      const taken = { waits: [...ended, ...open], longestMs: rounded(longestMs) }
      ended = []
      longestMs = 0
      return taken
    },
  }
}

/** Tenths of a millisecond, as the ledger keeps them. */
function rounded(ms: number): number {
  return Math.round(ms * 10) / 10
}
