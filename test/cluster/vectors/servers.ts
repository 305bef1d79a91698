import { execFile, spawn } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { eventually } from '../../eventually.ts'
import { freePort } from '../../free-port.ts'

const run = promisify(execFile)

/** Debian's pgvector on the lab's image, where that has none yet. */
const WITH_PGVECTOR = `FROM patroni
RUN [ -f /usr/share/postgresql/17/extension/vector.control ] || (apt-get update -qq \\
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql-17-pgvector)
`

const POSTGRES =
  'initdb -D /tmp/data -U postgres --auth=trust >/dev/null && echo "host all all all trust" >> /tmp/data/pg_hba.conf' +
  ` && exec postgres -D /tmp/data -c listen_addresses='*' -c max_connections=200 -c unix_socket_directories=/tmp`

export interface Containers {
  readonly postgresPort: number
  readonly etcd: string
  query(database: string, sql: string): Promise<readonly Record<string, unknown>[]>
  /** PostgreSQL begins anew from what is on its disk. */
  crash(): Promise<void>
  remove(): Promise<void>
}

/** One PostgreSQL with a database for each node, and an etcd. */
export async function startContainers(databases: readonly string[]): Promise<Containers> {
  const folder = await mkdtemp(path.join(tmpdir(), 'vectors-image-'))
  await writeFile(path.join(folder, 'Dockerfile'), WITH_PGVECTOR)
  await run('docker', ['build', '-q', '-t', 'vectors-postgres', folder])
  const publish = (port: number) => ['run', '-d', '--rm', '--label', 'vectors-test', '-p', `127.0.0.1::${port}`]
  const postgres = ['--user', 'postgres', '--shm-size', '256m', 'vectors-postgres', 'sh', '-c', POSTGRES]
  const client = 'http://0.0.0.0:2379'
  const etcd = [
    'vectors-postgres',
    'etcd',
    '--data-dir=/tmp/etcd',
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
  ]
  const ids = await Promise.all(
    [postgres, etcd].map(async (args, at) =>
      (await run('docker', [...publish([5432, 2379][at] ?? 0), ...args])).stdout.trim(),
    ),
  )
  const portOf = async (id: string, port: number) =>
    Number((await run('docker', ['port', id, String(port)])).stdout.trim().split(':').at(-1))
  const postgresPort = await portOf(ids[0] ?? '', 5432)
  const query = async (database: string, sql: string) => {
    const session = new pg.Client({ host: '127.0.0.1', port: postgresPort, user: 'postgres', database })
    // A server that crashes cuts it, too.
    session.on('error', () => {})
    await session.connect()
    try {
      return (await session.query(sql)).rows as Record<string, unknown>[]
    } finally {
      await session.end()
    }
  }
  await eventually(() => query('postgres', 'SELECT 1'))
  for (const database of databases) await query('postgres', `CREATE DATABASE ${database}`)
  const url = `http://127.0.0.1:${await portOf(ids[1] ?? '', 2379)}`
  await eventually(async () => {
    if (!(await fetch(`${url}/health`)).ok) throw new Error('etcd has no leader')
  })
  return {
    postgresPort,
    etcd: url,
    query,
    async crash() {
      await query('postgres', "COPY (SELECT 1) TO PROGRAM 'kill -9 $PPID'").catch(() => {})
      await eventually(() => query('postgres', 'SELECT 1'))
    },
    remove: async () => void (await run('docker', ['rm', '-f', ...ids])),
  }
}

/** A vector-server, as built, as a process of its own, which can be killed and started again. */
export interface Server {
  readonly url: string
  start(): Promise<void>
  kill(): Promise<void>
  output(): string
}

const entry = path.resolve('dist-labs/vectors/vector-server.js')

export async function newServer(settings: Readonly<Record<string, unknown>>): Promise<Server> {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const folder = await mkdtemp(path.join(tmpdir(), 'vectors-'))
  const file = path.join(folder, 'server.json')
  let child: ReturnType<typeof spawn> | null = null
  let output = ''
  return {
    url,
    output: () => output,
    async start() {
      // JSON is YAML.
      const allow = settings.allow instanceof Function ? settings.allow() : settings.allow
      await writeFile(file, JSON.stringify({ ...settings, allow, port, url }))
      const started = spawn(process.execPath, [entry, '--config', file], { stdio: ['ignore', 'pipe', 'pipe'] })
      child = started
      started.stdout.on('data', (chunk) => (output += chunk))
      started.stderr.on('data', (chunk) => (output += chunk))
      await eventually(() => fetch(`${url}/health`))
    },
    async kill() {
      const gone = new Promise((resolve) => child?.once('close', resolve))
      if (child?.kill('SIGKILL')) await gone
      child = null
    },
  }
}
