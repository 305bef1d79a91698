import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, it } from 'vitest'
import type { Clock } from '../../../src/log/clock.ts'
import { createLedger } from '../../../src/model/ledger.ts'
import { readShards } from '../../../src/workloads/vectors/read-shards.ts'
import { vectors } from '../../../src/workloads/vectors/vectors.ts'

const open: Server[] = []
afterEach(() => {
  for (const server of open.splice(0)) server.closeAllConnections()
})

/** Answers by the path; what there is none for is not found. */
async function serve(
  answer: (path: string, body: { type?: string; after?: unknown }) => object | null,
): Promise<string> {
  const server = createServer(async (request, response) => {
    const told = answer(request.url ?? '', JSON.parse((await text(request)) || '{}'))
    response.writeHead(told === null ? 404 : 200, { connection: 'close' }).end(JSON.stringify(told))
  })
  open.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

interface Mapped {
  readonly version: number
  readonly epoch: number
  readonly leader: string
}

/** A gateway by whose map one of two nodes leads the only shard. */
const gateway = (now: () => Mapped, nodes: readonly string[]) =>
  serve((path) => {
    const { version, epoch, leader } = now()
    const replicas = nodes.map((url) => ({ replica_id: url, url }))
    const shard = {
      shard_id: 's',
      epoch,
      primary_replica_id: leader,
      replicas: replicas.filter(({ url }) => url === leader),
    }
    if (path === '/replication/info') return { map_version: version, shards: [shard] }
    if (path === '/sharding/info')
      return { map_version: version, moves: [], shards: [{ shard_id: 's', slots: '0-255' }] }
    return path === '/namespaces' ? { namespaces: [{ name: 'lab_later' }] } : null
  })

/** A node that leads by this epoch, or by none, and holds these vectors of the run. */
const node = (epoch: () => number | null, keys: readonly number[], onExport = () => {}, slots = '0-255') =>
  serve((path, { type }) => {
    const by = epoch()
    if (path === '/info') return { members: [{ key: 's', leads: by === null ? null : { epoch: by }, slots }] }
    if (type === 'digest') return { type: 'digest', digest: 'd' }
    if (by === null) return { type: 'not-leader' }
    onExport()
    const rows = keys.map((key) => ({ id: `run1-${key}`, slot: 1, metadata: { seq: key } }))
    return { type: 'exported', rows, cursor: null }
  })

function hurried(): Clock {
  let now = 0
  return {
    nowMs: () => now,
    async sleep(ms) {
      now += ms
    },
  }
}

const { signal } = new AbortController()

function read(gateways: readonly string[], nodes: readonly string[]) {
  const named = (urls: readonly string[]) => urls.map((url) => ({ name: url, url, inside: url }))
  return readShards({ gateways: named(gateways), nodes: named(nodes), secret: '' }, 'run1', hurried(), signal)
}

const keysOf = ({ rows }: { readonly rows: readonly { readonly key: number }[] }) => rows.map(({ key }) => key)

it('a gateway that goes on by an old map is not asked who leads where another knows a later one', async () => {
  const old = await node(() => 1, [1])
  const leader = await node(() => 2, [1, 2, 3])
  const stale = await gateway(() => ({ version: 3, epoch: 1, leader: old }), [old, leader])
  const current = await gateway(() => ({ version: 5, epoch: 2, leader }), [old, leader])
  expect(keysOf(await read([stale, current], [old, leader]))).toEqual([1, 2, 3])
})

it('takes nobody’s word when another leads, or the map changes, while it is read', async () => {
  let version = 1
  const first = await node(
    () => (version === 1 ? 1 : null),
    [1],
    () => {
      version = 2
    },
  )
  const second = await node(() => 2, [1, 2])
  const both = [first, second]
  const front = await gateway(() => ({ version, epoch: version, leader: version === 1 ? first : second }), both)
  await expect(read([front], both)).rejects.toThrow('the map changed while it was read')
  expect(keysOf(await read([front], both))).toEqual([1, 2])

  const gone = await node(() => null, [])
  let asked = 0
  const late = await gateway(() => ({ version: 1, epoch: 2, leader: asked++ < 4 ? gone : second }), [gone, second])
  await expect(read([late], [gone, second])).rejects.toThrow('cannot be read: not-leader')
  asked = 4
  expect(keysOf(await read([late], [gone, second]))).toEqual([1, 2])
})

it('knows nothing where whoever leads does so by another epoch than the only map that there is', async () => {
  const leader = await node(() => 7, [1])
  const front = await gateway(() => ({ version: 1, epoch: 6, leader }), [leader])
  await expect(read([front], [leader])).rejects.toThrow('not that of the leader of s')
})

it('knows nothing where the only gateway that answers has not heard that slots have moved', async () => {
  const leader = await node(() => 6, [1], undefined, '0-127')
  const front = await gateway(() => ({ version: 1, epoch: 6, leader }), [leader])
  await expect(read([front, 'http://127.0.0.1:1'], [leader])).rejects.toThrow('not that of the leader of s')
})

it('what a later run has thrown away is not looked for', async () => {
  const leader = await node(() => 1, [])
  const front = await gateway(() => ({ version: 1, epoch: 1, leader }), [leader])
  const named = (url: string) => [{ name: url, url, inside: url }]
  const run = { ledger: createLedger(), isLedgerComplete: true, marked: null, state: { faults: [] }, clock: hurried() }
  const clients = { gateways: named(front), nodes: named(leader), secret: '' }
  const credentials = { database: '', user: '', password: '' }
  const of = (runId: string) => vectors.readBack({ ...run, runId, clients, servers: [], credentials }, signal)
  await expect(of('earlier')).rejects.toThrow('a later run has thrown away')
  expect((await of('later')).rows).toEqual([])
})
