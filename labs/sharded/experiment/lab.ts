import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'

const run = promisify(execFile)

/** Where a compose file publishes the sixteen databases and their executor. */
export interface Where {
  readonly project: string
  readonly executor: string
  readonly coordinatorPort: number
  at(index: number): { readonly port: number; readonly database: string }
}

/** docker-compose.yml: a server each. */
export const servers: Where = {
  project: 'sharded',
  executor: 'http://127.0.0.1:5650',
  coordinatorPort: 5640,
  at: (index) => ({ port: 5600 + index, database: 'app' }),
}

/** docker-compose-patroni.yml: eight databases on each of two clusters, through the HAProxy of each. */
export const clusters: Where = {
  project: 'sharded-patroni',
  executor: 'http://127.0.0.1:5270',
  coordinatorPort: 5260,
  at: (index) => ({ port: index < 8 ? 5201 : 5211, database: nameOf(index) }),
}

/** As the executor's mapping calls it. */
export function nameOf(index: number): string {
  return `db_${index.toString(16)}`
}

export const COUNT = 16
/** The one that faults are aimed at. */
export const EIGHTH = 7

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

const password = (folder: string) => readFileSync(path.join(folder, 'app.password'), 'utf8').trim()

export function lab(folder: string, where: Where) {
  const secret = password(folder)
  const enter = (at: ReturnType<Where['at']>) => ({ host: '127.0.0.1', user: 'app', password: secret, ...at })
  const coordinator = { port: where.coordinatorPort, database: 'app' }
  const connect = async (at: ReturnType<Where['at']>) => {
    const client = new pg.Client({
      ...enter(at),
      ...{ connectionTimeoutMillis: 1_500, query_timeout: 3_000 },
    })
    client.on('error', () => {})
    await client.connect()
    return client
  }
  /** Null where nobody answers. @throws with the code of what PostgreSQL says */
  const askAt = async (
    at: ReturnType<Where['at']>,
    sql: string,
  ): Promise<readonly Record<string, unknown>[] | null> => {
    let client: pg.Client
    try {
      client = await connect(at)
    } catch {
      return null
    }
    try {
      return (await client.query(sql)).rows
    } catch (error) {
      if ((error as { severity?: string }).severity === 'ERROR') throw error
      return null
    } finally {
      client.end().catch(() => {})
    }
  }
  const ask = (index: number, sql: string) => askAt(where.at(index), sql)
  const each = <T>(work: (index: number) => Promise<T>) =>
    Promise.all(Array.from({ length: COUNT }, (_, index) => work(index)))

  return {
    ask,
    each,
    connect: (index: number) => connect(where.at(index)),
    endpointOf: (index: number | 'coordinator') => enter(index === 'coordinator' ? coordinator : where.at(index)),
    async executor(method: string, url: string, body?: object, withinMs = 2_000): Promise<unknown> {
      const signal = AbortSignal.timeout(withinMs)
      const response = await fetch(where.executor + url, {
        method,
        signal,
        ...(body && { body: JSON.stringify(body) }),
      })
      return response.json()
    },
    /** `docker kill`, `start`, `pause`, … of a service. */
    async docker(verb: readonly string[], service: string, ...more: readonly string[]): Promise<void> {
      await run('docker', [...verb, await container(where.project, service), ...more])
    },
    async isWhole(): Promise<boolean> {
      const answers = await Promise.all([
        ...Array.from({ length: COUNT }, (_, index) => ask(index, 'SELECT 1')),
        askAt(coordinator, 'SELECT 1'),
      ])
      const executor = await this.executor('GET', '/status').catch(() => null)
      return executor !== null && answers.every((each) => each !== null)
    },
  }
}

export type Sixteen = ReturnType<typeof lab>

async function container(project: string, service: string): Promise<string> {
  const labels = [`com.docker.compose.project=${project}`, `com.docker.compose.service=${service}`]
  const filters = labels.flatMap((label) => ['--filter', `label=${label}`])
  const { stdout } = await run('docker', ['ps', '-a', ...filters, '--format', '{{.Names}}'])
  const [name] = stdout.trim().split('\n')
  if (!name) throw new Error(`there is no container of ${service}: is the lab up?`)
  return name
}
