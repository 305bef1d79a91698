import { beat } from '../log/beat.ts'
import type { LogAndClock } from '../log/event-log.ts'
import type { OperationKind } from '../model/events.ts'
import { startDeadline } from './deadline.ts'
import type { OwnClients } from './operation.ts'
import { CODES } from './outcome.ts'
import { MAX_UNDER_WAY, TIMEOUT_MS } from './probe.ts'
import { ProbeReports } from './probe-reports.ts'

export interface OwnProbeOptions extends LogAndClock {
  readonly kind: OperationKind
  readonly clients: Pick<OwnClients, 'probe' | 'probeEveryMs' | 'shares'>
  /** No more often than that. */
  readonly intervalMs: number
}

/** Clocks outages as `runProbe` does, with the short operation of a workload that has ways of its own. */
export async function runOwnProbe(
  { log, clock, kind, clients, ...options }: OwnProbeOptions,
  signal: AbortSignal,
): Promise<void> {
  const intervalMs = Math.max(clients.probeEveryMs ?? 0, options.intervalMs)
  const { shares = [] } = clients
  const reports = new ProbeReports({ log, clock, kind, intervalMs, shares })
  const underWay = new Map<Promise<void>, AbortController>()
  let asked = 0
  const shareOf = (n: number) => (shares.length === 0 ? {} : { share: shares[n % shares.length] as string })
  const answer = async (n: number, over: AbortController) => {
    const sentMs = clock.nowMs()
    const deadline = startDeadline(clock, TIMEOUT_MS, () => over.abort())
    const { outcome, code, server } = await clients.probe(kind, n, over.signal)
    deadline.clear()
    reports.note(sentMs, outcome, code, { ...shareOf(n), ...(server !== undefined && { server }) })
  }
  const ask = () => {
    asked++
    if (underWay.size >= MAX_UNDER_WAY) {
      return reports.note(clock.nowMs(), 'failed', CODES.noSession, shareOf(asked))
    }
    const over = new AbortController()
    const asking = answer(asked, over).finally(() => underWay.delete(asking))
    underWay.set(asking, over)
  }
  await Promise.all([beat(clock, intervalMs, ask, signal), reports.run(signal)])
  // Before the connections are cut: what the lab breaks off itself says nothing about the system.
  reports.append()
  for (const over of underWay.values()) over.abort()
  await Promise.all(underWay.keys())
}
