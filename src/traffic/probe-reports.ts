import { beat } from '../log/beat.ts'
import type { LogAndClock } from '../log/event-log.ts'
import type { OperationKind, ProbeAnswer } from '../model/events.ts'

export interface ProbeReportsOptions extends LogAndClock {
  readonly kind: OperationKind
  readonly intervalMs: number
  /** As the event has it; left out, or none: all are as one. */
  readonly shares?: readonly string[]
}

/** What a probe's answer tells beside when it came and how it ended. */
interface ToldOfAnswer {
  readonly server?: string
  readonly isUnguarded?: boolean
  readonly n?: number
  readonly share?: string
}

const REPORT_MS = 100

/** One `probe` event every 100 ms, with the answers since the last one or with none: silence is told by it. */
export class ProbeReports {
  readonly #options: ProbeReportsOptions
  #answers: ProbeAnswer[] = []

  constructor(options: ProbeReportsOptions) {
    this.#options = options
  }

  run(signal: AbortSignal): Promise<void> {
    return beat(this.#options.clock, REPORT_MS, () => this.append(), signal)
  }

  append(): void {
    const { log, clock, kind, intervalMs, shares = [] } = this.#options
    // Whether the lab was asleep is told before what that bears on.
    clock.asleepMs?.()
    log.append({ type: 'probe', kind, intervalMs, answers: this.#answers, ...(shares.length > 0 && { shares }) })
    this.#answers = []
  }

  note(
    sentMs: number,
    outcome: ProbeAnswer['outcome'],
    code: string | null,
    { server, isUnguarded = false, n, share }: ToldOfAnswer = {},
  ): void {
    const answeredMs = rounded(this.#options.clock.nowMs())
    const asked = { sentMs: rounded(sentMs), answeredMs, ...(n !== undefined && { n }), ...(share && { share }) }
    if (outcome === 'ok') {
      this.#answers.push({ ...asked, outcome, ...(server && { server }), ...(isUnguarded && { isUnguarded }) })
    } else this.#answers.push({ ...asked, outcome, ...(code !== null && { code }) })
  }
}

/** Hundredths of a millisecond: a recording holds a great many of these. */
function rounded(ms: number): number {
  return Math.round(ms * 100) / 100
}
