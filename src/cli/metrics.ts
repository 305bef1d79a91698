import type { Lab } from '../lab/lab.ts'
import type { Address } from '../model/address.ts'

export interface MetricsOptions {
  /** False with --no-metrics. */
  readonly metrics: boolean
  /** Where to serve them, and only there; 127.0.0.1:9464 and the lab network's gateway when left out. */
  readonly metricsListen?: Address
}

/** The network of hw3/docker-compose.yml, unless CHAOSLAB_NET moves it. */
const DEFAULT_NET = '172.30.77'

/**
 * Serves the run's metrics until the returned function is called: whoever scrapes keeps connections open, and those
 * would keep the process alive. That a default address is taken is noted in the log; one that was asked for is an error.
 */
export async function startMetrics(
  lab: Lab,
  { metrics: isWanted, metricsListen }: MetricsOptions,
): Promise<() => Promise<void>> {
  if (!isWanted) return async () => {}
  const { createMetrics } = await import('../metrics/metrics.ts')
  const { serveMetrics } = await import('../metrics/serve.ts')
  const metrics = createMetrics({ getState: () => lab.live.current(), run: lab.runId })
  lab.log.attach(metrics.sink)
  lab.onOutcome(metrics.observe)
  const warn = (text: string) => lab.log.append({ type: 'note', level: 'warn', source: 'metrics', text })
  const { compose } = lab.definition
  const subnet = compose && (compose.environment.CHAOSLAB_NET ?? process.env.CHAOSLAB_NET ?? DEFAULT_NET)
  try {
    const served = await serveMetrics(metrics, metricsListen ?? (subnet === undefined ? {} : { subnet }))
    if (served.problem !== null) warn(served.problem)
    return served.close
  } catch (error) {
    if (metricsListen !== undefined) {
      await lab.close('metrics cannot be served')
      throw error
    }
    warn((error as Error).message)
    return async () => {}
  }
}
