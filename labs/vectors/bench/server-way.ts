import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { hashSlot } from '../server/map/map.ts'
import { fromRanges } from '../server/shard/ranges.ts'
import { type BenchDatabase, copyIn } from './database.ts'
import type { Way } from './measure.ts'
import type { Vectors } from './vectors.ts'

const NAMESPACE = 'bench'
const extension = path.extname(import.meta.filename)
const entry = path.resolve(import.meta.dirname, `../vector-server${extension}`)

/**
 * One vector-server that keeps so many shards in one PostgreSQL. Its rows are copied in beneath it, and the index is
 * built over them by the statement that it has made it by; all that is measured goes through its REST API.
 */
export const serverWay =
  (shards: number) =>
  async (database: BenchDatabase, vectors: Vectors, rows: number): Promise<Way> => {
    const name = `server_${shards}`
    const session = await database.open(name)
    const { child, url } = await started(database, name, shards)
    const agent = new Agent({ keepAlive: true, maxSockets: 4 })
    const ask = (method: string, at: string, body?: unknown) => asked(agent, `${url}${at}`, method, body)
    const own = `/namespaces/${NAMESPACE}/vectors`
    const shape = { dimension: vectors.dimension, metric: 'euclidean' }
    await until(async () => (await ask('PUT', `/namespaces/${NAMESPACE}`, shape)).status === 201)
    // A shard makes its table with the first vector that it gets.
    const first = Array.from({ length: 64 }, (_, at) => ({ id: `first${at}`, values: vectors.of(at) }))
    await until(async () => (await ask('POST', `${own}/batch`, { mode: 'upsert', vectors: first })).status === 200)
    await ask('POST', `${own}/delete`, { ids: first.map(({ id }) => id) })
    await fill(session, rows, ((await ask('GET', '/sharding/info')).body as Sharding).shards)
    await session.end()
    return {
      name: `vector-server, ${shards} ${shards === 1 ? 'shard' : 'shards'}`,
      async search(vector, isExact) {
        const query = { vector, k: 10, exact: isExact }
        const { status, body } = await ask('POST', `/namespaces/${NAMESPACE}/search?deadline_ms=60000`, query)
        const { partial, matches } = body as Found
        if (status !== 200 || partial) throw new Error(`a search was answered ${status}`)
        return matches.map(({ id }) => id)
      },
      async insert(all) {
        const [one] = all
        const { status } =
          all.length === 1
            ? await ask('POST', `/namespaces/${NAMESPACE}/vectors`, one)
            : await ask('POST', `/namespaces/${NAMESPACE}/vectors/batch`, { mode: 'insert', vectors: all })
        if (status >= 300) throw new Error(`an insert was answered ${status}`)
      },
      async close() {
        agent.destroy()
        const gone = new Promise((resolve) => child.once('close', resolve))
        if (child.kill()) await gone
      },
    }
  }

interface Sharding {
  readonly shards: readonly { readonly shard_id: string; readonly slots: string }[]
}
interface Found {
  readonly partial: boolean
  readonly matches: readonly { readonly id: string }[]
}

async function fill(session: pg.Client, rows: number, shards: Sharding['shards']): Promise<void> {
  const { rows: tables } = await session.query<{
    schemaname: string
    tablename: string
    indexname: string
    indexdef: string
  }>("SELECT schemaname, tablename, indexname, indexdef FROM pg_indexes WHERE indexdef LIKE '%USING hnsw%'")
  for (const { shard_id: shard, slots } of shards) {
    const own = new Set(fromRanges(slots))
    const found = tables.find(({ schemaname }) => schemaname.endsWith(`.${shard}`))
    if (found === undefined) throw new Error(`${shard} has no table`)
    const { schemaname, tablename, indexname, indexdef } = found
    const of = (each: string) => `${pg.escapeIdentifier(schemaname)}.${pg.escapeIdentifier(each)}`
    await session.query(`DROP INDEX ${of(indexname)}`)
    // A slot is a hash of the id and of what the store itself calls the namespace.
    const namespace = tablename.slice('items:'.length)
    await session.query('CREATE TEMP TABLE places (id text COLLATE "C", slot int)')
    await copyIn(session, 'places', places(rows, namespace, own))
    await session.query(
      `INSERT INTO ${of(tablename)} SELECT id, slot, embedding, '{}' FROM copied JOIN places USING (id)`,
    )
    await session.query('DROP TABLE places')
    await session.query(indexdef)
    await session.query(`VACUUM ANALYZE ${of(tablename)}`)
  }
}

function* places(rows: number, namespace: string, slots: ReadonlySet<number>): Generator<string> {
  for (let at = 0; at < rows; at++) {
    const slot = hashSlot(namespace, `v${at}`)
    if (slots.has(slot)) yield `v${at}\t${slot}\n`
  }
}

async function started(
  { host, port }: BenchDatabase,
  database: string,
  shards: number,
): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'vectors-bench-'))
  const file = path.join(folder, 'server.json')
  const storage = { host, port, database }
  await writeFile(file, JSON.stringify({ enable_sharding: true, local_shards: shards, storage, port: 0 }))
  const child = spawn(process.execPath, [entry, '--config', file], { stdio: ['ignore', 'pipe', 'inherit'] })
  // It does not outlive who has asked for it, however that ends.
  process.once('exit', () => child.kill('SIGKILL'))
  const url = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.once('close', () => reject(new Error('the vector-server has ended')))
    child.stdout?.on('data', (chunk) => {
      text += chunk
      const [, listening] = /listening on (\S+)/.exec(text) ?? []
      if (listening !== undefined) resolve(listening)
    })
  })
  return { child, url }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isSo()); tries++) {
    if (tries > 300) throw new Error('the vector-server has no shard that takes writes')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function asked(
  agent: Agent,
  url: string,
  method: string,
  body: unknown,
): Promise<{ readonly status: number; readonly body: unknown }> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const headers =
      text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
    const call = request(url, { agent, method, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) }),
      )
    })
    call.on('error', reject)
    call.end(text)
  })
}
