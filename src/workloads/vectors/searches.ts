import type { SearchJudged, SearchSeen } from './book.ts'

/** What the searches of a run came to, all together and since the last second. */
export interface SearchCounts {
  readonly judged: number
  readonly marked: number
  readonly silentPartial: number
  readonly lowRecall: number
  readonly late: number
  /** Late by no more than the gateway was kept waiting for a processor. */
  readonly starved: number
  readonly examples: readonly string[]
}

/** Less than this is too little of what had to be found. */
const ENOUGH = 0.95
/** An answer may come so much later than its deadline: it has to travel, and both machines are busy. */
const LATE_BY_MS = 500
const MOST_EXAMPLES = 3
/** Milliseconds, in buckets a twentieth apart: the 99th percentile is right to 5 %. */
const STEP = Math.log(1.05)

/** Adds up what became of every search. */
export class SearchBook {
  readonly #deadlineMs: number
  #judged = 0
  #marked = 0
  #silentPartial = 0
  #lowRecall = 0
  #late = 0
  #starved = 0
  #recalls = 0
  #recallSum = 0
  #worst = 1
  #window = { recalls: 0, sum: 0, marked: 0, answers: 0 }
  readonly #took = new Map<number, number>()
  readonly #examples: string[] = []

  constructor(deadlineMs: number) {
    this.#deadlineMs = deadlineMs
  }

  add({ n, isExact, isMarked, sentMs, answeredMs, waitedMs }: SearchSeen, { recall, missing }: SearchJudged): void {
    const tookMs = answeredMs - sentMs
    const bucket = Math.ceil(Math.log(Math.max(tookMs, 0.1)) / STEP)
    this.#took.set(bucket, (this.#took.get(bucket) ?? 0) + 1)
    this.#judged++
    this.#window.answers++
    const lateMs = tookMs - this.#deadlineMs - LATE_BY_MS
    if (lateMs > 0 && lateMs > (waitedMs ?? 0)) this.#late++
    else if (lateMs > 0) this.#starved++
    if (isMarked) {
      this.#marked++
      this.#window.marked++
      return
    }
    // Without an index between, whatever is missing was not looked at, or is not there.
    if (isExact && missing.length > 0) {
      this.#silentPartial++
      this.#tell(`Search ${n} looked at everything by its own word, and lacks what write ${missing[0]} had brought.`)
    }
    if (recall === null) return
    this.#recalls++
    this.#recallSum += recall
    this.#worst = Math.min(this.#worst, recall)
    this.#window = { ...this.#window, recalls: this.#window.recalls + 1, sum: this.#window.sum + recall }
    if (!isExact && recall < ENOUGH) this.#lowRecall++
  }

  #tell(example: string): void {
    if (this.#examples.length < MOST_EXAMPLES) this.#examples.push(example)
  }

  counts(): SearchCounts {
    return {
      judged: this.#judged,
      marked: this.#marked,
      silentPartial: this.#silentPartial,
      lowRecall: this.#lowRecall,
      late: this.#late,
      starved: this.#starved,
      examples: [...this.#examples],
    }
  }

  /** For the log, once a second: of that second where it says so, else of the run so far. */
  take(): Readonly<Record<string, number | null>> {
    const { recalls, sum, marked, answers } = this.#window
    this.#window = { recalls: 0, sum: 0, marked: 0, answers: 0 }
    return {
      recall_at_10: this.#recalls === 0 ? null : this.#recallSum / this.#recalls,
      worst_recall_at_10: this.#recalls === 0 ? null : this.#worst,
      search_p50: this.#percentile(0.5),
      search_p99: this.#percentile(0.99),
      recall_now: recalls === 0 ? null : sum / recalls,
      marked_now: answers === 0 ? null : marked / answers,
    }
  }

  #percentile(share: number): number | null {
    let left = Math.ceil(this.#judged * share)
    for (const [bucket, many] of [...this.#took].sort(([a], [b]) => a - b)) {
      left -= many
      if (left <= 0) return Math.exp(bucket * STEP)
    }
    return null
  }
}
