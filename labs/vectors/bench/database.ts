import { execFile, execFileSync } from 'node:child_process'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import copy from 'pg-copy-streams'
import type { Vectors } from './vectors.ts'

const run = promisify(execFile)

export interface BenchDatabase {
  readonly host: string
  readonly port: number
  /** A new session of a new database in which the table `copied` has the name and the embedding of every row. */
  open(name: string): Promise<pg.Client>
}

/** One PostgreSQL for all ways. What builds an index at once has shared memory for all that it may use. */
export async function startBench(vectors: Vectors, rows: number): Promise<BenchDatabase> {
  const memoryMib = Math.max(128, Math.ceil((rows * vectors.dimension * 4 * 3) / 2 ** 20))
  const settings = {
    listen_addresses: '*',
    unix_socket_directories: '/tmp',
    shared_buffers: '2GB',
    maintenance_work_mem: `${memoryMib}MB`,
    max_parallel_maintenance_workers: '1',
    max_wal_size: '8GB',
  }
  const flags = Object.entries(settings).map(([name, value]) => `-c ${name}='${value}'`)
  const script = `initdb -D /tmp/data -U postgres --auth=trust >/dev/null && echo "host all all all trust" >> /tmp/data/pg_hba.conf && exec postgres -D /tmp/data ${flags.join(' ')}`
  const started = [
    'run',
    '-d',
    '--rm',
    '-p',
    '127.0.0.1::5432',
    '--user',
    'postgres',
    '--shm-size',
    `${memoryMib + 256}m`,
  ]
  const id = (await run('docker', [...started, 'patroni', 'sh', '-c', script])).stdout.trim()
  process.once('exit', () => execFileSync('docker', ['rm', '-f', id], { stdio: 'ignore' }))
  const mapped = (await run('docker', ['port', id, '5432'])).stdout.trim().split('\n')[0] ?? ''
  const port = Number(mapped.split(':').at(-1))
  const connect = async (database: string) => {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database })
    client.on('error', () => {})
    await client.connect()
    return client
  }
  await answers(connect)
  const all = await connect('template1')
  await all.query('CREATE EXTENSION vector')
  await all.query(`CREATE TABLE copied (id text COLLATE "C", embedding vector(${vectors.dimension}) NOT NULL)`)
  await copyIn(all, 'copied (id, embedding)', lines(vectors, rows))
  await all.end()
  return {
    host: '127.0.0.1',
    port,
    async open(name) {
      const first = await connect('postgres')
      await first.query(`CREATE DATABASE ${name} STRATEGY file_copy`)
      await first.end()
      return connect(name)
    },
  }
}

async function answers(connect: (database: string) => Promise<pg.Client>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await (await connect('postgres')).end()
    } catch (error) {
      if (tries > 300) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

export async function copyIn(session: pg.Client, table: string, rows: Iterable<string>): Promise<void> {
  const into = session.query(copy.from(`COPY ${table} FROM STDIN`))
  await pipeline(Readable.from(rows), into)
}

function* lines(vectors: Vectors, rows: number): Generator<string> {
  for (let at = 0; at < rows; at++) yield `v${at}\t[${vectors.of(at).join(',')}]\n`
}
