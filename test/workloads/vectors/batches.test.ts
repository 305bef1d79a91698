import { describe, expect, it } from 'vitest'
import { createLedger } from '../../../src/model/ledger.ts'
import type { OverSessions } from '../../../src/traffic/operation.ts'
import type { Client } from '../../../src/traffic/session.ts'
import type { GatewayClient, HttpReply, Silence } from '../../../src/workloads/vectors/http-client.ts'
import { beginVectors } from '../../../src/workloads/vectors/run.ts'
import { FakeClock } from '../../traffic/fake-clock.ts'

const BATCH = [7, 8, 9]

/** A run, and what its only gateway was asked. */
function begin(answer: () => Promise<Pick<HttpReply, 'status' | 'body'> | Silence>) {
  const clock = new FakeClock()
  const asked: { readonly path: string; readonly ids: readonly string[] }[] = []
  const client: GatewayClient = {
    server: 'gateway',
    openedMs: 0,
    isUsable: true,
    close() {},
    async ask(_, path, body) {
      const { vectors = [body] } = body as { readonly vectors?: readonly unknown[] }
      asked.push({ path, ids: (vectors as readonly { readonly id: string }[]).map(({ id }) => id) })
      const said = await answer()
      return 'type' in said ? said : { type: 'answered', ...said, waitedMs: null }
    },
  }
  const clients = { gateways: [{ name: 'gateway', url: 'http://gateway' }], nodes: [], secret: '' }
  const credentials = { database: '', user: '', password: '' }
  const to = { clients, servers: [], credentials, clock }
  const run = beginVectors({ runId: 'r', ledger: createLedger(), leading: () => null, to })
  const write = (seq: number, signal = new AbortController().signal) =>
    (run.write(seq) as OverSessions<Client>).run([client], signal)
  return { clock, asked, write }
}

const part = (outcome: string, ids: readonly string[]) => ({ shard: outcome, outcome, ids })

describe('inserts that go as a batch', () => {
  it('are sent in one request, each with its own answer', async () => {
    const { write, asked } = begin(async () => ({ status: 200, body: { ids: [] } }))
    const answers = await Promise.all(BATCH.map((seq) => write(seq)))
    expect(answers.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok'])
    expect(asked).toEqual([{ path: expect.stringContaining('/vectors/batch'), ids: ['r-7', 'r-8', 'r-9'] }])
  })

  it('are what the shard of each has done, where a batch is partly done', async () => {
    const parts = [part('done', ['r-8']), part('not-done', ['r-7']), part('unknown', ['r-9'])]
    const { write } = begin(async () => ({ status: 502, body: { error: { outcome: 'partly-done', parts } } }))
    const answers = await Promise.all(BATCH.map((seq) => write(seq)))
    expect(answers.map(({ outcome }) => outcome)).toEqual(['failed', 'ok', 'unknown'])
  })

  it('are unknown, all of them, where the gateway dies', async () => {
    const { write } = begin(async () => ({ type: 'silent', code: 'ECONNRESET', message: 'gone', wasSent: true }))
    const answers = await Promise.all(BATCH.map((seq) => write(seq)))
    expect(answers.map(({ outcome }) => outcome)).toEqual(['unknown', 'unknown', 'unknown'])
  })

  it('do not wait long for one that does not come, and count from when they are sent', async () => {
    const { clock, write, asked } = begin(async () => ({ status: 200, body: null }))
    const two = Promise.all([write(7), write(8)])
    await clock.advance(200)
    expect((await two).map(({ sentMs }) => sentMs)).toEqual([200, 200])
    expect(asked.map(({ ids }) => ids)).toEqual([['r-7', 'r-8']])
  })

  it('end when the time of each is over', async () => {
    const { clock, write } = begin(() => new Promise(() => {}))
    const over = new AbortController()
    const late = write(7, over.signal)
    await clock.advance(200)
    over.abort()
    expect(await late).toMatchObject({ outcome: 'unknown', sentMs: 200 })
  })

  it('go beside writes that go alone', async () => {
    const { write, asked } = begin(async () => ({ status: 201, body: {} }))
    await write(2)
    expect(asked).toEqual([{ path: '/namespaces/lab_r/vectors?deadline_ms=3000', ids: ['r-2'] }])
  })
})
