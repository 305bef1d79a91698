import { execFile, spawn } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import type { Endpoint, Mapping } from '../../../labs/sharded/executor/mapping.ts'
import { eventually } from '../../eventually.ts'

const run = promisify(execFile)

/** Sixteen databases and a coordinator's, on one server in a container of its own, and a folder to work in. */
export interface Sixteen {
  readonly mapping: Mapping
  readonly folder: string
  query(database: string, sql: string): Promise<readonly Record<string, unknown>[]>
  /** In how many databases something holds, asked by plain SQL and by nothing of the executor. */
  countWhere(sql: string): Promise<number>
  remove(): Promise<void>
}

export const NAMES = [...'0123456789abcdef'].map((digit) => `db_${digit}`)

const START =
  'initdb -D /tmp/data -U app --auth=trust >/dev/null && echo "host all all all trust" >> /tmp/data/pg_hba.conf' +
  ` && exec postgres -D /tmp/data -c listen_addresses='*' -c max_prepared_transactions=64 -c max_connections=200 -c fsync=off`

export async function startSixteen(): Promise<Sixteen> {
  const args = ['run', '-d', '--rm', '-p', '127.0.0.1::5432', '--user', 'postgres', '--shm-size', '128m', 'patroni']
  const id = (await run('docker', [...args, 'sh', '-c', START])).stdout.trim()
  const port = Number((await run('docker', ['port', id, '5432'])).stdout.trim().split(':').at(-1))
  const endpoint = (database: string): Endpoint => ({ host: '127.0.0.1', port, database, user: 'app', password: 'app' })
  const query = async (database: string, sql: string) => {
    const client = new pg.Client(endpoint(database))
    await client.connect()
    try {
      return (await client.query(sql)).rows as Record<string, unknown>[]
    } finally {
      await client.end()
    }
  }
  await eventually(() => query('postgres', 'SELECT 1'))
  for (const name of [...NAMES, 'coordinator']) await query('postgres', `CREATE DATABASE ${name}`)
  const databases = Object.fromEntries(NAMES.map((name) => [name, endpoint(name)]))
  const folder = await mkdtemp(path.join(tmpdir(), 'sixteen-'))
  const place = (name: string) => ({ host: '127.0.0.1', port, database: name })
  const content = {
    user: 'app',
    coordinator: place('coordinator'),
    databases: Object.fromEntries(NAMES.map((name) => [name, place(name)])),
  }
  await writeFile(path.join(folder, 'mapping.json'), JSON.stringify(content))
  return {
    mapping: { databases, coordinator: endpoint('coordinator') },
    folder,
    query,
    async countWhere(sql) {
      const found = await Promise.all(NAMES.map((name) => query(name, `SELECT (${sql}) AS it`)))
      return found.filter((rows) => rows[0]?.it === true).length
    },
    remove: async () => void (await run('docker', ['rm', '-f', id])),
  }
}

/** The executor, as built, as a process of its own, which can be killed. */
export interface Executor {
  readonly pid: number
  /** What it has said up to now. */
  output(): string
  readonly exited: Promise<{ readonly code: number | null; readonly output: string }>
}

const entry = path.resolve('dist-labs/sharded/executor/main.js')

export function startExecutor(folder: string, args: readonly string[], gates?: string): Executor {
  const env = { ...process.env, PGPASSWORD: 'app', ...(gates === undefined ? {} : { SHARD_EXECUTOR_GATES: gates }) }
  const child = spawn(process.execPath, [entry, ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  const exited = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, output }))
  })
  return { pid: child.pid as number, output: () => output, exited }
}

export async function execute(folder: string, ...args: string[]) {
  return startExecutor(folder, args).exited
}
