import type { Lab } from '../lab/lab.ts'
import type { Address } from '../model/address.ts'

export interface MetricsCommandOptions {
  /** False with --no-metrics. */
  readonly metrics: boolean
  /** Where to serve them, and only there; 127.0.0.1:9464, or the next free port, and the gateway when left out. */
  readonly metricsListen?: Address
}

/** The network of hw3/docker-compose.yml, unless CHAOSLAB_NET moves it. */
const DEFAULT_NET = '172.30.77'
const FURTHER_PORTS = 9

/**
 * Serves the run's metrics until the returned function is called: whoever scrapes keeps connections open, and those
 * would keep the process alive. Where the default port is in use, the next free one is taken, and that is told; an
 * address that was asked for and cannot be had is an error.
 * @param say for what the person should know at once; the log has it, too
 */
export async function startMetrics(
  lab: Lab,
  { metrics: isWanted, metricsListen }: MetricsCommandOptions,
  say: (line: string) => void,
): Promise<() => Promise<void>> {
  if (!isWanted) return async () => {}
  const { instances, shape } = lab
  const { createMetrics } = await import('../metrics/metrics.ts')
  const { defaultListen, serveMetrics } = await import('../metrics/serve.ts')
  const metrics = createMetrics({
    getState: () => lab.live.current(),
    run: instances[0].runId,
    systems: shape.instances,
  })
  lab.log.attach(metrics.sink)
  for (const { definition, onOutcome } of instances) onOutcome((ended) => metrics.observe(ended, definition.name))
  const warn = (text: string) => lab.log.append({ type: 'note', level: 'warn', source: 'metrics', text })
  const { compose } = lab.definition
  const subnet = compose && (compose.environment.CHAOSLAB_NET ?? process.env.CHAOSLAB_NET ?? DEFAULT_NET)
  const tell = (text: string) => {
    warn(text)
    say(text)
  }
  try {
    const byDefault = { orNext: FURTHER_PORTS, ...(subnet === undefined ? {} : { subnet }) }
    const served = await serveMetrics(metrics, metricsListen ?? byDefault)
    if (served.problem !== null) warn(served.problem)
    const isElsewhere = metricsListen === undefined && !served.address.endsWith(`:${defaultListen.port}`)
    if (isElsewhere) tell(elsewhere(`${defaultListen.host}:${defaultListen.port}`, served.address))
    return served.close
  } catch (error) {
    if (metricsListen !== undefined) {
      await lab.close('metrics cannot be served')
      throw error
    }
    tell(`this run's metrics are served nowhere: ${(error as Error).message}`)
    return async () => {}
  }
}

function elsewhere(usual: string, address: string): string {
  return `${usual} is in use by another program; the metrics of this run are at http://${address}/metrics, where the lab's Prometheus does not look`
}
