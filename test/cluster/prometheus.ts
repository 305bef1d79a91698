import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

/** A Prometheus to be asked. */
export interface Prometheus {
  /** The vector that an expression gives now. */
  query(expr: string): Promise<readonly Sample[]>
  /** Each series of the matrix that an expression gives from one Unix second to another, a sample a second. */
  range(expr: string, fromSeconds: number, toSeconds: number): Promise<readonly Points[]>
  alerts(): Promise<readonly Alert[]>
  /** Where it scrapes a job, `host:port`; only of the job's first target. */
  targetOf(job: string): Promise<string>
}

interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: number
}

export interface Points {
  readonly metric: Readonly<Record<string, string>>
  readonly values: readonly (readonly [atSeconds: number, value: number])[]
}

export interface Alert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly state: 'pending' | 'firing'
}

/** @param url e.g. `http://127.0.0.1:9090` */
export function prometheusAt(url: string): Prometheus {
  const get = async (path: string, parameters: Record<string, string> = {}) => {
    const answer = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`, {
      signal: AbortSignal.timeout(60_000),
    })
    const { status, data, error } = (await answer.json()) as { status: string; data: never; error?: string }
    if (status !== 'success') throw new Error(`${error}: ${parameters.query ?? path}`)
    return data
  }
  return {
    async query(expr) {
      const { result } = (await get('query', { query: expr })) as { result: RawSample[] }
      return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }))
    },
    async range(expr, from, to) {
      const parameters = { query: expr, start: String(from), end: String(to), step: '1' }
      const { result } = (await get('query_range', parameters)) as { result: RawPoints[] }
      return result.map(({ metric, values }) => ({ metric, values: values.map(([at, value]) => [at, Number(value)]) }))
    },
    alerts: async () => ((await get('alerts')) as { alerts: Alert[] }).alerts,
    async targetOf(job) {
      const { activeTargets } = (await get('targets')) as { activeTargets: { labels: Labels; scrapeUrl: string }[] }
      const target = activeTargets.find(({ labels }) => labels.job === job)
      if (target === undefined) throw new Error(`Prometheus scrapes no job ${job}`)
      return new URL(target.scrapeUrl).host
    },
  }
}

type Labels = Readonly<Record<string, string>>
interface RawSample {
  readonly metric: Labels
  readonly value: readonly [number, string]
}
interface RawPoints {
  readonly metric: Labels
  readonly values: readonly (readonly [number, string])[]
}

/** Asks again until the answer is as wanted. @throws when it is not within the time, with the last answer */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T>,
  isWanted: (answer: T) => boolean,
  withinMs = 120_000,
): Promise<T> {
  const deadline = AbortSignal.timeout(withinMs)
  let last: unknown = null
  while (!deadline.aborted) {
    try {
      const answer = await ask()
      if (isWanted(answer)) return answer
      last = answer
    } catch (error) {
      last = error
    }
    await sleep(100)
  }
  throw new Error(
    `not within ${withinMs / 1_000} s: ${what}; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`,
  )
}

/** Runs docker with these arguments. @throws with what it said when it fails, or takes longer than a minute */
export async function docker(...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)('docker', args, { timeout: 60_000, maxBuffer: 8 * 1_024 * 1_024 })).stdout
}

/** Where a container's port is published on this machine, as a URL. */
export async function publishedUrl(container: string, port: number): Promise<string> {
  const address = (await docker('port', container, String(port))).split('\n')[0]?.replace('0.0.0.0', '127.0.0.1')
  return `http://${address}`
}

/** A Prometheus of its own on the blocks that promtool makes of the folder's metrics.om, until it goes out of scope. */
export async function prometheusOf(folder: string): Promise<AsyncDisposable & { readonly prometheus: Prometheus }> {
  const script = [
    'promtool tsdb create-blocks-from openmetrics /run/metrics.om /tmp/data',
    'exec prometheus --config.file=/dev/null --storage.tsdb.path=/tmp/data --storage.tsdb.retention.time=10y',
  ].join(' && ')
  const options = ['--rm', '-d', '--user', 'root', '-p', '127.0.0.1::9090', '-v', `${folder}:/run:ro`]
  const container = (await docker('run', ...options, 'patroni', 'sh', '-euc', script)).trim()
  const remove = async () => void (await docker('rm', '-f', container))
  try {
    const prometheus = prometheusAt(await publishedUrl(container, 9090))
    await eventually('the other Prometheus answers', () => prometheus.query('vector(1)'), Boolean)
    return { prometheus, [Symbol.asyncDispose]: remove }
  } catch (error) {
    await remove()
    throw error
  }
}
