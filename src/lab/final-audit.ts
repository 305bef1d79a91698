import { audit } from '../audit/audit.ts'
import { autopsy } from '../audit/autopsy.ts'
import { type HistoryRow, parseHistory } from '../audit/tenures.ts'
import type { Audit } from '../model/audit.ts'
import type { Audited } from '../model/events.ts'
import { leaderOf } from '../model/health.ts'
import { unknown } from '../model/verdict.ts'
import type { Lab } from './lab.ts'
import { getHistory } from './patroni-api.ts'

/**
 * Reads the run's rows back from every node, judges every write, explains what was lost, and appends it all to the log.
 * Never rejects: what cannot be found out has the verdict `unknown`.
 */
export async function auditLab(
  lab: Lab,
  signal: AbortSignal,
  onProgress: (text: string) => void = () => {},
): Promise<Audited> {
  const { definition, live, ledger, runId, clock, log } = lab
  const nodes = definition.patroni.nodes.map(({ name, postgres }) => ({ name, address: postgres }))
  const holder = () => leaderOf(live.current())
  const leader = nodes.find((node) => node.name === holder())
  const found: Audit =
    leader === undefined
      ? nothingRead(lab, 'Nobody holds the leader key, so there is no leader to read from.')
      : await audit(
          {
            ledger,
            runId,
            leader,
            replicas: nodes.filter((node) => node !== leader),
            credentials: definition.postgres,
            clock,
            holder,
            onProgress: ({ node, phase, rows }) => onProgress(`${phase} ${node}: ${rows} rows`),
          },
          signal,
        )
  const history = await readHistory(lab, signal)
  const { startedAt, failovers, timelines } = live.current()
  const explained = autopsy({
    ledger,
    audit: found,
    history,
    failovers,
    timelines,
    startedAtUnixMs: Date.parse(startedAt ?? ''),
  })
  const audited: Audited = { type: 'audited', audit: found, autopsy: explained }
  log.append(audited)
  return audited
}

/** Patroni writes a failover into its history a few HA loops after the promotion, and nodes serve it from a cache. */
const HISTORY_WITHIN_MS = 30_000
const HISTORY_EVERY_MS = 500

/** Patroni's history once it tells of the run's latest timeline and leader, or as it is after half a minute. */
async function readHistory({ definition, live, clock }: Lab, signal: AbortSignal): Promise<HistoryRow[]> {
  const untilMs = clock.nowMs() + HISTORY_WITHIN_MS
  const { failovers, timelines } = live.current()
  const latest = failovers.at(-1)
  const newest = Math.max(...timelines.map(({ timeline }) => timeline))
  for (;;) {
    const history = parseHistory(await getHistory(definition.patroni, signal).catch(() => null))
    const last = history.at(-1)
    const isTold = latest === undefined || (last?.newLeader === latest.to && last.timeline + 1 >= newest)
    if (isTold || signal.aborted || clock.nowMs() >= untilMs) return history
    await clock.sleep(HISTORY_EVERY_MS, signal).catch(() => {})
  }
}

function nothingRead({ runId, clock }: Lab, why: string): Audit {
  return {
    runId,
    table: 'events',
    startedMs: clock.nowMs(),
    durationMs: 0,
    isLedgerComplete: true,
    findings: null,
    leader: null,
    replicas: [],
    verdict: unknown(why),
  }
}
