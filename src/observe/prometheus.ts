import { z } from 'zod'
import type { LogAndClock } from '../log/event-log.ts'
import { parseJson } from '../model/parse-json.ts'
import { SourceError } from './poll.ts'
import { pollHttp } from './poll-server.ts'

const ALERTS_EVERY_MS = 1_000

export interface PrometheusSource extends LogAndClock {
  /** Its address, e.g. `http://127.0.0.1:9090`. */
  readonly url: string
}

/** Prometheus 2.53, HTTP API, "Alerts": GET /api/v1/alerts. */
const answer = z.object({
  data: z.object({
    alerts: z.array(z.object({ labels: z.object({ alertname: z.string() }), state: z.string() })),
  }),
})

/** Reads Prometheus's alerts once a second. Resolves when `signal` aborts; never rejects. */
export async function observePrometheus({ log, clock, url }: PrometheusSource, signal: AbortSignal): Promise<void> {
  await pollHttp(signal, {
    clock,
    everyMs: ALERTS_EVERY_MS,
    url: new URL('/api/v1/alerts', url).href,
    parse: (body) => ({ firing: parseAlerts(body) }),
    report: (reading) => log.append({ type: 'prometheus.alerts', reading }),
  })
}

/** Names of what fires, sorted, each once; what is only pending does not. @throws {SourceError} */
export function parseAlerts(body: string): readonly string[] {
  const parsed = answer.safeParse(parseJson(body))
  if (!parsed.success) throw new SourceError('not the answer of Prometheus')
  const firing = parsed.data.data.alerts.filter(({ state }) => state === 'firing')
  return [...new Set(firing.map(({ labels }) => labels.alertname))].sort()
}
