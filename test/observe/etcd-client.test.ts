import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { connectEtcd, type EtcdConnection, type KeyWatch } from '../../src/systems/patroni/observe/etcd-client.ts'
import { httpServer } from './fakes.ts'

const ended: (() => unknown)[] = []

afterEach(async () => {
  vi.restoreAllMocks()
  vi.useRealTimers()
  await Promise.all(ended.splice(0).map((end) => end()))
})

const header = { cluster_id: '1', member_id: '10', revision: '50', raft_term: '7' }
const KEY = '/service/hw3/leader'

describe('a member', () => {
  test('says who it is, who leads, and how far it is', async () => {
    const { etcd, asked } = await startMember({
      header,
      version: '3.5.16',
      dbSize: '4096',
      leader: '13847567121247652255',
      raftIndex: '99',
      raftTerm: '7',
    })
    expect(await etcd.status()).toEqual({
      id: 'a',
      version: '3.5.16',
      leaderId: 'c02c70ede158499f',
      term: 7,
      revision: 50,
      dbSizeBytes: 4_096,
    })
    expect(asked).toEqual([['/v3/maintenance/status', {}]])
  })

  test('that knows of no leader leaves it out', async () => {
    const { etcd } = await startMember({ header, version: '3.5.16', dbSize: '4096', raftTerm: '7' })
    expect(await etcd.status()).toMatchObject({ leaderId: null })
  })

  test.each([
    ['forward by an hour at every look', () => 3_600_000],
    ['nowhere: it stands still', () => 0],
  ])('answers although the wall clock is set %s', async (_, step) => {
    const { etcd } = await startMember({ header, version: '3.5.16' })
    let now = Date.now()
    vi.spyOn(Date, 'now').mockImplementation(() => (now += step()))
    expect(await etcd.status()).toMatchObject({ version: '3.5.16' })
  })

  test('that never answers is a timeout although the wall clock stands still', async () => {
    const { etcd } = await startMember(null, 50)
    vi.spyOn(Date, 'now').mockReturnValue(Date.now())
    await expect(etcd.status()).rejects.toMatchObject({ code: 'timeout' })
  })

  test('that is not there refuses, and one without a quorum says so', async () => {
    await expect(keep(connectEtcd('http://127.0.0.1:1')).readKey(KEY)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    const { etcd } = await startMember((_, response) =>
      response.writeHead(503).end('{"error":"etcdserver: no leader"}'),
    )
    await expect(etcd.readKey(KEY)).rejects.toMatchObject({ code: 'HTTP 503' })
  })
})

describe('keys and leases', () => {
  test('a key is read with its revision and its lease, as etcdctl prints it', async () => {
    const kv = { key: base64(KEY), value: base64('patroni2'), mod_revision: '12', lease: '7587862094140367901' }
    const { etcd, asked } = await startMember({ header, kvs: [kv], count: '1' })
    expect(await etcd.readKey(KEY)).toEqual({ value: 'patroni2', revision: 12, leaseId: '694d805f55e3641d' })
    expect(asked).toEqual([['/v3/kv/range', { key: base64(KEY) }]])
  })

  test('no key is told as of the revision of the store', async () => {
    const { etcd } = await startMember({ header })
    expect(await etcd.readKey(KEY)).toEqual({ value: null, revision: 50, leaseId: null })
  })

  test('the keys below a prefix are those that begin with it', async () => {
    const { etcd, asked } = await startMember({ header, kvs: [{ key: base64('/service/a/config') }] })
    expect(await etcd.keysBelow('/service/')).toEqual(['/service/a/config'])
    const range = { key: base64('/service/'), range_end: base64('/service0'), keys_only: true, limit: 1_000 }
    expect(asked).toEqual([['/v3/kv/range', range]])
  })

  test('a lease is asked for by its decimal number; one that is not known is none', async () => {
    const known = await startMember({ header, ID: '7587862094140367901', TTL: '17', grantedTTL: '20' })
    expect(await known.etcd.readLease('694d805f55e3641d')).toEqual({ grantedTtlSeconds: 20, remainingSeconds: 17 })
    expect(known.asked).toEqual([['/v3/lease/timetolive', { ID: '7587862094140367901' }]])
    const gone = await startMember({ header, ID: '7587862094140367901', TTL: '-1' })
    expect(await gone.etcd.readLease('694d805f55e3641d')).toBeNull()
  })
})

describe('a watch', () => {
  const deleted = { type: 'DELETE', kv: { key: base64(KEY), mod_revision: '61' } }
  const put = { kv: { key: base64(KEY), value: base64('patroni3'), mod_revision: '62' } }

  test('tells when it is in place, and each change, however the answer is cut into pieces', async () => {
    const { etcd, asked } = await startMember(async (_, response) => {
      const bytes = Buffer.from(
        [
          { header, created: true },
          { header, events: [deleted, put] },
        ]
          .map(told)
          .join(''),
      )
      for (const byte of bytes) {
        response.write(Buffer.from([byte]))
        await new Promise((resolve) => setImmediate(resolve))
      }
      response.end()
    })
    expect(await follow(etcd, 51)).toEqual(['start 50', 'null 61', 'patroni3 62'])
    expect(asked).toEqual([['/v3/watch', { create_request: { key: base64(KEY), start_revision: '51' } }]])
  })

  test('from now on asks for no revision', async () => {
    const { etcd, asked } = await startMember((_, response) => response.end(told({ header, created: true })))
    await follow(etcd, null)
    expect(asked).toEqual([['/v3/watch', { create_request: { key: base64(KEY) } }]])
  })

  test('whose revision was compacted is cancelled', async () => {
    const cancelled = { header, created: true, canceled: true, compact_revision: '55' }
    const { etcd } = await startMember((_, response) => response.write(told(cancelled)))
    await expect(follow(etcd, 51)).rejects.toMatchObject({ code: 'cancelled' })
  })

  test('that is not in place in time has failed', async () => {
    const hung = await startMember(null, 50)
    await expect(follow(hung.etcd, null)).rejects.toMatchObject({ code: 'timeout' })
  })

  test('that is in place may be silent for as long as it likes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { etcd } = await startMember((_, response) => {
      response.write(told({ header, created: true }))
      goOn = () => response.end(told({ header, events: [put] }))
    })
    let goOn = (): unknown => null
    const seen = await follow(etcd, null, () => {
      vi.advanceTimersByTime(2 * NEVER_MS)
      goOn()
    })
    expect(seen).toEqual(['start 50', 'patroni3 62'])
  })

  test('ends with its connection, and with its signal: then without a failure', async () => {
    const cut = await startMember((_, response) => {
      response.write(told({ header, created: true }), () => response.destroy())
    })
    await expect(follow(cut.etcd, null)).rejects.toMatchObject({ code: 'ECONNRESET' })
    const closed = Promise.withResolvers<void>()
    const open = await startMember((request, response) => {
      request.socket.once('close', closed.resolve)
      response.write(told({ header, created: true }))
    })
    const stop = new AbortController()
    await open.etcd.watchKey({ key: KEY, fromRevision: null, onStart: () => stop.abort(), onChange() {} }, stop.signal)
    await closed.promise
  })

  test('of a member that refuses it, or says what is no answer, has failed', async () => {
    const refused = await startMember((_, response) => response.writeHead(404).end('not found'))
    await expect(follow(refused.etcd, null)).rejects.toMatchObject({ code: 'HTTP 404' })
    const sick = await startMember((_, response) => response.end('{"error":{"grpc_code":14,"message":"no leader"}}\n'))
    await expect(follow(sick.etcd, null)).rejects.toMatchObject({ code: 'unexpected answer' })
  })
})

async function follow(
  etcd: EtcdConnection,
  fromRevision: KeyWatch['fromRevision'],
  onStart = () => {},
): Promise<string[]> {
  const seen: string[] = []
  const watch = {
    key: KEY,
    fromRevision,
    onStart(revision: number) {
      seen.push(`start ${revision}`)
      onStart()
    },
    onChange: (value: string | null, revision: number) => void seen.push(`${value} ${revision}`),
  }
  await etcd.watchKey(watch, new AbortController().signal)
  return seen
}

function told(result: object): string {
  return `${JSON.stringify({ result })}\n`
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

function keep(etcd: EtcdConnection): EtcdConnection {
  ended.push(() => etcd.close())
  return etcd
}

/** A busy machine may take its time to answer. */
const NEVER_MS = 1_000_000

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown

/** A gateway that answers so, or by these means; null: never. */
async function startMember(answer: object | Answer | null, deadlineMs = NEVER_MS) {
  const asked: unknown[] = []
  const server = await httpServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    asked.push([request.url, JSON.parse(Buffer.concat(chunks).toString())])
    if (typeof answer === 'function') await (answer as Answer)(request, response)
    else if (answer !== null) response.end(JSON.stringify(answer))
  })
  ended.push(() => server.close())
  return { etcd: keep(connectEtcd(server.url, deadlineMs)), asked }
}
