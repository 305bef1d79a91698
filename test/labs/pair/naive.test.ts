import { afterEach, describe, expect, it } from 'vitest'
import type { Promoted } from '../../../labs/pair/proxy/servers.ts'
import type { Cause } from '../../../labs/pair/proxy/trouble.ts'
import { eventually } from '../../eventually.ts'
import { Pair } from './harness.ts'

const INSERT = 'INSERT INTO data_table (name) VALUES ($1)'
let pair: Pair

afterEach(() => pair.close())

/** What happens to a pair whose primary has served a session, and what the proxy makes of it. */
const causes: readonly { readonly name: string; readonly make: () => Promise<unknown>; readonly why: Cause }[] = [
  {
    name: 'the server refuses a session',
    make: async () => {
      pair.primary.welcome = { sqlState: '57P03' }
      await pair.begin().connected.catch(() => {})
    },
    why: { type: 'refused', code: '57P03' },
  },
  {
    name: 'the server breaks an idle connection',
    make: async () => {
      await pair.connect()
      pair.primary.cutAll()
    },
    why: { type: 'broken', code: null },
  },
  {
    name: 'an INSERT is answered with an error',
    make: async () => {
      const { client } = await pair.connect()
      pair.primary.react = () => ({ type: 'error', sqlState: '53100' })
      await client.query(INSERT, ['x']).catch(() => {})
    },
    why: { type: 'insert-error', sqlState: '53100' },
  },
  {
    name: 'a plain INSERT without parameters is answered with an error',
    make: async () => {
      const { client } = await pair.connect()
      pair.primary.react = () => ({ type: 'error', sqlState: '57014' })
      await client.query("insert into data_table (name) values ('x')").catch(() => {})
    },
    why: { type: 'insert-error', sqlState: '57014' },
  },
  {
    name: 'a client gives up on an INSERT that nobody answers',
    make: async () => {
      const { client, leave } = await pair.connect()
      pair.primary.react = () => ({ type: 'hang' })
      client.query(INSERT, ['x']).catch(() => {})
      await eventually(() => expect(pair.primary.asked).not.toHaveLength(0))
      leave()
    },
    why: { type: 'abandoned', waitingFor: 'insert' },
  },
  {
    name: 'a client gives up on a connection that nobody answers',
    make: async () => {
      pair.primary.welcome = 'hang'
      const before = pair.primary.connections
      const { leave } = pair.begin()
      await eventually(() => expect(pair.primary.connections).toBe(before + 1))
      leave()
    },
    why: { type: 'abandoned', waitingFor: 'session' },
  },
]

describe('the naive rule promotes the standby, once and for good, when', () => {
  it.each(causes)('$name', async ({ make, why }) => {
    pair = await Pair.start()
    const other = await pair.connect()
    const wasDropped = new Promise((resolve) => other.client.once('end', resolve))
    await make()
    await eventually(async () => expect((await pair.status()).promotions[0]?.result?.type).toBe('promoted'))
    expect(pair.promoted).toEqual(['my_standby'])
    await wasDropped
    await (await pair.connect()).client.query(INSERT, ['y'])
    expect(pair.standby.asked.map(({ text }) => text)).toEqual([INSERT])
    const status = await pair.status()
    expect(status).toMatchObject({ rule: 'naive', leadsTo: 'my_standby', epoch: 1, why })
    expect(status.decisions).toMatchObject([{ type: 'promote', node: 'my_standby', why }])
    pair.standby.cutAll()
    await eventually(async () => expect((await pair.status()).troubles.at(-1)?.node).toBe('my_standby'))
    expect((await pair.status()).epoch).toBe(1)
  })
})

it('the naive rule promotes the standby when nobody listens', async () => {
  pair = await Pair.start()
  await (await pair.connect()).client.end()
  await eventually(async () => expect((await pair.status()).sessions.open).toBe(0))
  await pair.primary.close()
  await pair.begin().connected.catch(() => {})
  expect(await pair.status()).toMatchObject({ leadsTo: 'my_standby', why: { type: 'refused', code: 'ECONNREFUSED' } })
})

describe('the naive rule promotes nobody when', () => {
  const innocent: readonly { readonly name: string; readonly open?: number; readonly make: () => Promise<unknown> }[] =
    [
      {
        name: 'a SELECT is answered with an error',
        open: 2,
        make: async () => {
          const { client } = await pair.connect()
          pair.primary.react = () => ({ type: 'error', sqlState: '42P01' })
          await client.query('SELECT 1').catch(() => {})
        },
      },
      {
        name: 'a client gives up on a SELECT',
        make: async () => {
          const { client, leave } = await pair.connect()
          pair.primary.react = () => ({ type: 'hang' })
          client.query('SELECT 1').catch(() => {})
          await eventually(() => expect(pair.primary.asked).not.toHaveLength(0))
          leave()
        },
      },
      {
        name: 'a client has a wrong password',
        make: async () => {
          pair.primary.welcome = { sqlState: '28P01' }
          await pair.begin().connected.catch(() => {})
        },
      },
      {
        name: 'a client says goodbye after an answered INSERT',
        make: async () => {
          const { client } = await pair.connect()
          await client.query(INSERT, ['x'])
          await client.end()
        },
      },
    ]
  it.each(innocent)('$name', async ({ make, open = 1 }) => {
    pair = await Pair.start()
    await pair.connect()
    await make()
    pair.primary.welcome = 'accept'
    await eventually(async () => expect((await pair.status()).sessions.open).toBe(open))
    expect(await pair.status()).toMatchObject({ epoch: 0, leadsTo: 'my_primary', troubles: [] })
    expect(pair.promoted).toEqual([])
  })

  it('the primary has not begun to serve yet', async () => {
    pair = await Pair.start()
    pair.primary.welcome = { sqlState: '57P03' }
    await pair.begin().connected.catch(() => {})
    await eventually(async () => expect((await pair.status()).troubles).toHaveLength(1))
    expect(await pair.status()).toMatchObject({ epoch: 0, leadsTo: 'my_primary' })
  })
})

describe('what the proxy has decided', () => {
  it('holds clients back until the promotion is done', async () => {
    pair = await Pair.start()
    await pair.connect()
    let done: (promoted: Promoted) => void = () => {}
    pair.promote = () => new Promise((resolve) => (done = resolve))
    pair.primary.cutAll()
    await eventually(() => expect(pair.promoted).toHaveLength(1))
    const late = pair.begin()
    await eventually(async () => expect((await pair.status()).leadsTo).toBe('my_standby'))
    expect(pair.standby.connections).toBe(0)
    done({ timeline: 2, fork: null })
    await late.connected
    expect(pair.standby.connections).toBe(1)
  })

  it('survives a restart, and is not decided again', async () => {
    pair = await Pair.start()
    await pair.connect()
    pair.primary.cutAll()
    await eventually(async () => expect((await pair.status()).promotions[0]?.result?.type).toBe('promoted'))
    const before = await pair.status()
    await pair.proxy.close()
    await pair.startProxy()
    expect(await pair.status()).toMatchObject({ epoch: 1, leadsTo: 'my_standby', since: before.since, why: before.why })
    await pair.connect()
    expect(pair.standby.connections).toBe(1)
    expect(pair.promoted).toHaveLength(1)
  })

  it('is carried out after a restart when the proxy died in between', async () => {
    pair = await Pair.start()
    await pair.connect()
    pair.promote = async () => {
      throw new Error('gone')
    }
    pair.primary.cutAll()
    await eventually(async () => expect((await pair.status()).promotions[0]?.result?.type).toBe('failed'))
    await pair.proxy.close()
    pair.promote = async () => ({ timeline: 7, fork: '0/5000028' })
    await pair.startProxy()
    await eventually(async () =>
      expect((await pair.status()).promotions[0]?.result).toMatchObject({
        type: 'promoted',
        timeline: 7,
        fork: '0/5000028',
      }),
    )
  })
})
