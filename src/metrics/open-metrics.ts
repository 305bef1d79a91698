import type { LabEvent } from '../model/events.ts'
import type { Ledger } from '../model/ledger.ts'
import { initialState, reduce } from '../systems/state.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { createSeries } from './series.ts'

export interface OpenMetricsOptions {
  /** The label `run` of every series. */
  readonly run: string
  /** What became of every write to each system, which is null in a lab of one, for the histograms of their latency. */
  readonly ledgers?: ReadonlyMap<string | null, Ledger>
}

const STEP_MS = 1_000

/**
 * A recorded run as OpenMetrics text, a sample of every series each second and one at the end, with their own
 * timestamps: the metrics that the lab serves while a run goes on, except for what the lab itself used, and for the
 * histograms of reads, which no recording holds. A gauge that is not known any more is NaN once, so that its last value
 * is not taken for the present one.
 *
 * Format: https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
 *
 * @throws when the events do not say when the run began
 */
export async function* openMetrics(
  events: AsyncIterable<LabEvent> | Iterable<LabEvent>,
  { run, ledgers = new Map() }: OpenMetricsOptions,
): AsyncGenerator<string> {
  let state = initialState
  let metrics: Metrics | null = null
  const writes = [...ledgers].map(([system, ledger]) => {
    return writesByStep(ledger, (ended) => metrics?.observe(ended, system))
  })
  const series = createSeries()
  let step = 1
  const sample = async (atMs: number) => {
    for (const observeUntil of writes) observeUntil(step)
    series.add(atMs, (await metrics?.families()) ?? [])
    step++
  }
  for await (const event of events) {
    while (event.atMs > step * STEP_MS) await sample(step * STEP_MS)
    state = reduce(state, event)
    // Its first event says which systems it has.
    metrics ??= createMetrics({ getState: () => state, run, systems: state.lab?.instances, hasCost: false })
    metrics.sink.onEvent(event)
  }
  await sample(state.atMs)
  const startUnixMs = Date.parse(state.startedAt ?? '')
  if (Number.isNaN(startUnixMs)) throw new Error('the recording does not say when the run began')
  yield* series.text(startUnixMs)
  yield '# EOF\n'
}

/** Has the writes that were answered in each step observed in the order of the steps. */
function writesByStep(ledger: Ledger, observe: Metrics['observe']): (step: number) => void {
  const steps = new Map<number, number[]>()
  for (const { seq, outcome, answeredMs } of ledger.entries()) {
    if ((outcome !== 'ok' && outcome !== 'unguarded') || answeredMs === null) continue
    const step = Math.ceil(answeredMs / STEP_MS)
    const seqs = steps.get(step)
    if (seqs === undefined) steps.set(step, [seq])
    else seqs.push(seq)
  }
  let done = 0
  return (step) => {
    while (done <= step) {
      for (const seq of steps.get(done) ?? []) {
        const { dueMs, sentMs, answeredMs } = ledger.at(seq)
        if (dueMs !== null && answeredMs !== null) observe({ kind: 'write', outcome: 'ok', dueMs, sentMs, answeredMs })
      }
      done++
    }
  }
}
