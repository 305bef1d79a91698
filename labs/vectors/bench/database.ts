import { execFile, execFileSync } from 'node:child_process'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import copy from 'pg-copy-streams'

const run = promisify(execFile)

export interface BenchDatabase {
  readonly host: string
  readonly port: number
  /** A new session of a database, which is made when it is not there. */
  open(name: string): Promise<pg.Client>
}

/** One PostgreSQL for all ways. What builds an index at once has shared memory for all that it may use. */
export async function startBench(rows: number): Promise<BenchDatabase> {
  const memoryMib = Math.max(128, Math.ceil((rows * 384 * 4 * 1.6) / 2 ** 20))
  const settings = {
    listen_addresses: '*',
    unix_socket_directories: '/tmp',
    shared_buffers: '1GB',
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
  const made = new Set(['postgres'])
  const connect = async (database: string) => {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database })
    client.on('error', () => {})
    await client.connect()
    return client
  }
  await answers(connect)
  return {
    host: '127.0.0.1',
    port,
    async open(name) {
      if (!made.has(name)) {
        const first = await connect('postgres')
        await first.query(`CREATE DATABASE ${name}`)
        await first.end()
        made.add(name)
      }
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

/** Fills a table with columns id, slot, embedding and metadata. */
export async function copyIn(session: pg.Client, table: string, rows: Iterable<string>): Promise<void> {
  const into = session.query(copy.from(`COPY ${table} (id, slot, embedding, metadata) FROM STDIN`))
  await pipeline(Readable.from(rows), into)
}

export function lineOf(id: string, slot: number, values: readonly number[]): string {
  return `${id}\t${slot}\t[${values.join(',')}]\t{}\n`
}
