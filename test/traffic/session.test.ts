import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/log/clock.ts'
import { openSession, type Session } from '../../src/traffic/session.ts'
import { FakePostgres, type Reaction } from './fake-postgres.ts'
import { until } from './until.ts'

const credentials = { database: 'app', user: 'app', password: 'secret' }
const insert = { name: 'insert', text: 'INSERT INTO t VALUES ($1)' }
const LONG_MS = 60_000

let server: FakePostgres
beforeEach(async () => {
  server = await FakePostgres.listen()
})
afterEach(() => server.close())

const open = (timeoutMs = LONG_MS, signal?: AbortSignal) =>
  openSession({ address: server.address, credentials, clock: systemClock(), timeoutMs }, signal)

async function opened(): Promise<Session> {
  const result = await open()
  if (!result.ok) throw new Error(result.code)
  return result.session
}

describe('opening a session', () => {
  it('asks which server is behind the proxy', async () => {
    server.serverAddress = '172.30.77.21'
    expect((await opened()).server).toBe('172.30.77.21')
  })

  it.each(['57P03', '53300', '28P01'])('is refused with the SQLSTATE %s that the server gave', async (sqlState) => {
    server.welcome = { sqlState }
    expect(await open()).toMatchObject({ ok: false, code: sqlState })
  })

  it('is refused when the proxy accepts and then closes', async () => {
    server.welcome = 'close'
    const result = await open()
    expect(result.ok).toBe(false)
    expect(['CLOSED', 'ECONNRESET', 'EPIPE']).toContain(result.ok ? '' : result.code)
  })

  it('is refused when nobody listens', async () => {
    const { address } = server
    await server.close()
    const result = await openSession({ address, credentials, clock: systemClock(), timeoutMs: LONG_MS })
    expect(result).toMatchObject({ ok: false, code: 'ECONNREFUSED' })
    server = await FakePostgres.listen()
  })

  it('is given up when the server accepts and stays silent, and leaves no connection behind', async () => {
    server.welcome = 'hang'
    expect(await open(20)).toMatchObject({ ok: false, code: 'CONNECT_TIMEOUT' })
    await until(() => server.open.size === 0)
  })

  it('ends at once when it is aborted', async () => {
    server.welcome = 'hang'
    const stop = new AbortController()
    const result = open(LONG_MS, stop.signal)
    await until(() => server.open.size === 1)
    stop.abort()
    expect(await result).toMatchObject({ ok: false, code: 'ABORTED' })
    expect(await open(LONG_MS, stop.signal)).toMatchObject({ ok: false, code: 'ABORTED' })
    await until(() => server.open.size === 0)
  })
})

describe('a statement', () => {
  it('that is acknowledged is ok, and is prepared only once', async () => {
    const session = await opened()
    expect(await session.run(insert, ['a'], LONG_MS)).toMatchObject({ outcome: 'ok', code: null, isUnguarded: false })
    expect(await session.run(insert, ['b'], LONG_MS)).toMatchObject({ outcome: 'ok' })
    expect(server.asked.map((asked) => [asked.text, ...asked.values])).toEqual([
      [insert.text, 'a'],
      [insert.text, 'b'],
    ])
    expect(session.isUsable).toBe(true)
  })

  it('hands on the first row that it returned, with numbers as numbers', async () => {
    server.react = ({ values }) =>
      values[0] === 'none'
        ? { type: 'ok', rows: [] }
        : {
            type: 'ok',
            rows: [
              { lsn: 50331744, name: 'a' },
              { lsn: 1, name: 'b' },
            ],
          }
    const session = await opened()
    expect((await session.run(insert, ['a'], LONG_MS)).row).toEqual({ lsn: 50331744, name: 'a' })
    expect((await session.run(insert, ['none'], LONG_MS)).row).toBeNull()
    server.react = () => ({ type: 'ok' })
    expect((await session.run(insert, ['a'], LONG_MS)).row).toBeNull()
    server.react = () => ({ type: 'error', sqlState: '23505' })
    expect((await session.run(insert, ['a'], LONG_MS)).row).toBeNull()
  })

  it('of plain text may hold several, and is answered by the last', async () => {
    server.react = () => ({ type: 'ok', tag: 'ROLLBACK' })
    const session = await opened()
    expect(await session.run({ text: 'BEGIN; COMMIT' }, [], LONG_MS)).toMatchObject({
      outcome: 'failed',
      code: 'ROLLED_BACK',
    })
  })

  it('is failed when the connection was closed before it was sent', async () => {
    const session = await opened()
    server.cutAll()
    await until(() => !session.isUsable)
    expect(await session.run(insert, ['a'], LONG_MS)).toMatchObject({ outcome: 'failed', code: 'CLOSED', sentMs: null })
    expect(server.asked).toEqual([])
  })

  const lost: [string, Reaction, string, string][] = [
    ['closed', { type: 'close' }, 'unknown', 'CLOSED'],
    ['reset', { type: 'reset' }, 'unknown', 'ECONNRESET'],
    ['closed after a warning', { type: 'close', notice: { sqlState: '57P02' } }, 'unknown', '57P02'],
    ['ended by FATAL 57P01', { type: 'error', sqlState: '57P01', severity: 'FATAL' }, 'failed', '57P01'],
    ['ended by FATAL 57P02', { type: 'error', sqlState: '57P02', severity: 'FATAL' }, 'unknown', '57P02'],
    ['pinned to a demoted node', { type: 'error', sqlState: '25006' }, 'failed', '25006'],
    [
      'ended by FATAL 57P01 after the warning of a sync wait',
      {
        type: 'error',
        sqlState: '57P01',
        severity: 'FATAL',
        notice: { sqlState: '01000', routine: 'SyncRepWaitForLSN' },
      },
      'unknown',
      '57P01',
    ],
  ]
  it.each(lost)('whose session is %s costs the session', async (_, reaction, outcome, code) => {
    server.react = () => reaction
    const session = await opened()
    expect(await session.run(insert, ['a'], LONG_MS)).toMatchObject({ outcome, code, isUnguarded: false })
    expect(session.isUsable).toBe(false)
    await until(() => server.open.size === 0)
  })

  it('that hangs is unknown at its deadline, and its session is destroyed', async () => {
    server.react = () => ({ type: 'hang' })
    const session = await opened()
    expect(await session.run(insert, ['a'], 20)).toMatchObject({ outcome: 'unknown', code: 'TIMEOUT' })
    expect(session.isUsable).toBe(false)
    await until(() => server.open.size === 0)
  })

  it('whose answer came in time and is read late is answered', async () => {
    const session = await opened()
    server.react = () => {
      // Once the answer is on its way, the process does nothing for longer than the deadline.
      process.nextTick(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_200))
      return { type: 'ok' }
    }
    expect(await session.run(insert, ['a'], 800)).toMatchObject({ outcome: 'ok' })
  })

  it('is given the time in which the lab itself was asleep', async () => {
    let asleepMs = 0
    const clock = { ...systemClock(), asleepMs: () => asleepMs }
    const result = await openSession({ address: server.address, credentials, clock, timeoutMs: LONG_MS })
    if (!result.ok) throw new Error(result.code)
    server.react = () => {
      asleepMs = 200
      return { type: 'hang' }
    }
    const { outcome, sentMs, answeredMs } = await result.session.run(insert, ['a'], 100)
    expect(outcome).toBe('unknown')
    expect(answeredMs - (sentMs ?? 0)).toBeGreaterThanOrEqual(295)
  })

  it('that breaks a constraint is failed, and its session goes on', async () => {
    server.react = ({ values }) => (values[0] === 'bad' ? { type: 'error', sqlState: '23505' } : { type: 'ok' })
    const session = await opened()
    expect(await session.run(insert, ['bad'], LONG_MS)).toMatchObject({ outcome: 'failed', code: '23505' })
    expect(session.isUsable).toBe(true)
    expect(await session.run(insert, ['good'], LONG_MS)).toMatchObject({ outcome: 'ok' })
    expect(server.connections).toBe(1)
  })

  it('that is acknowledged after the wait for the standby was broken off has not the guarantee', async () => {
    server.react = ({ values }) =>
      values[0] === 'a'
        ? { type: 'ok', notice: { sqlState: '01000', routine: 'SyncRepWaitForLSN' } }
        : { type: 'ok', notice: { sqlState: '01000', routine: 'another' } }
    const session = await opened()
    expect(await session.run(insert, ['a'], LONG_MS)).toMatchObject({ outcome: 'ok', isUnguarded: true })
    expect(await session.run(insert, ['b'], LONG_MS)).toMatchObject({ outcome: 'ok', isUnguarded: false })
  })

  it('is unknown when its session is closed under it', async () => {
    server.react = () => ({ type: 'hang' })
    const session = await opened()
    const answer = session.run(insert, ['a'], LONG_MS)
    await until(() => server.asked.length === 1)
    session.close()
    expect(await answer).toMatchObject({ outcome: 'unknown', code: 'ABORTED' })
  })
})

it('an idle session that the server ends is noticed, and ends nothing else', async () => {
  const session = await opened()
  server.cutAll()
  await until(() => !session.isUsable)
})

it('a closed session leaves no connection behind, even twice', async () => {
  const session = await opened()
  session.close()
  session.close()
  expect(session.isUsable).toBe(false)
  await until(() => server.open.size === 0)
})

it('closing does not wait for a server that is frozen', async () => {
  const session = await opened()
  server.isFrozen = true
  session.close()
  await until(() => server.open.size === 0)
})
