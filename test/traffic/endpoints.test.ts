import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Address } from '../../src/model/address.ts'
import { type ConnectorOptions, createConnector, endpointCount } from '../../src/traffic/endpoints.ts'
import type { Opened } from '../../src/traffic/session.ts'
import { FakeClock } from './fake-clock.ts'
import { FakePostgres, type Welcome } from './fake-postgres.ts'
import { until } from './until.ts'

const LONG_MS = 60_000

/** The process sleeps, as it were, but for the time that a test spends: no endpoint is too slow because the machine is. */
class PatientClock extends FakeClock {
  #spentMs = 0

  asleepMs(): number {
    return performance.now() - this.#spentMs
  }

  spend(ms: number): void {
    this.#spentMs += ms
  }
}

let first: FakePostgres
let second: FakePostgres
let clock: PatientClock

beforeEach(async () => {
  first = await FakePostgres.listen()
  second = await FakePostgres.listen()
  first.serverAddress = '10.0.0.1'
  second.serverAddress = '10.0.0.2'
  clock = new PatientClock()
})

afterEach(async () => {
  await first.close()
  await second.close()
})

function create(change: Partial<ConnectorOptions> = {}) {
  const credentials = { database: 'app', user: 'app', password: 'secret' }
  const endpoints = [first.address, second.address] as const
  return createConnector({ endpoints, credentials, clock, timeoutMs: LONG_MS, target: 'read-write', ...change })
}

/** Lets what is under way wait for longer than an endpoint may keep it waiting, once the first has it. */
async function givingUpFirst<T>(attempt: Promise<T>): Promise<T> {
  await until(() => first.open.size === 1)
  clock.spend(500)
  return attempt
}

/** Who answered, or the code. */
function told(opened: Opened): string {
  if (!opened.ok) return opened.code
  opened.session.close()
  return opened.session.server
}

describe('one endpoint', () => {
  it.each<[string, (address: Address) => ConnectorOptions['endpoints']]>([
    ['by itself', (address) => address],
    ['in a list', (address) => [address]],
  ])('%s is not asked whether it takes writes: there is nowhere else to go', async (_how, endpointsOf) => {
    first.isReadOnly = true
    const connect = create({ endpoints: endpointsOf(first.address) })
    expect(told(await connect())).toBe('10.0.0.1')
    expect(first.introductions.join()).not.toContain('transaction_read_only')
    expect(endpointCount(endpointsOf(first.address))).toBe(1)
  })

  it('that failed is tried again by the next attempt', async () => {
    const connect = create({ endpoints: first.address })
    first.welcome = 'close'
    await connect()
    first.welcome = 'accept'
    expect(told(await connect())).toBe('10.0.0.1')
  })
})

describe('several endpoints', () => {
  it('the first that gives a session wins, and the others are left alone', async () => {
    expect(told(await create()())).toBe('10.0.0.1')
    expect(second.connections).toBe(0)
    expect(endpointCount([first.address, second.address])).toBe(2)
  })

  it('nobody listens at the first: the same attempt goes on to the second', async () => {
    await first.close()
    expect(told(await create()())).toBe('10.0.0.2')
  })

  it.each<[string, Welcome]>([
    ['accepts and closes, as a proxy with no server does', 'close'],
    ['swallows the connection, as a frozen proxy does', 'hang'],
    ['is starting up', { sqlState: '57P03' }],
    ['is shutting down', { sqlState: '57P01' }],
  ])('the first %s: the same attempt goes on to the second, and nothing stays open', async (_what, welcome) => {
    first.welcome = welcome
    const attempt = create()()
    expect(told(await (welcome === 'hang' ? givingUpFirst(attempt) : attempt))).toBe('10.0.0.2')
    await until(() => first.open.size === 0)
  })

  it('the first leads to a server that takes no writes: those go on to the second, and nothing stays open', async () => {
    first.isReadOnly = true
    expect(told(await create()())).toBe('10.0.0.2')
    await until(() => first.open.size === 0)
  })

  it('reads are content with a server that takes no writes', async () => {
    first.isReadOnly = true
    expect(told(await create({ target: 'any' })())).toBe('10.0.0.1')
  })

  it.each(['28P01', '3D000', '53300'])('PostgreSQL itself refuses us with %s: no other is asked', async (sqlState) => {
    first.welcome = { sqlState }
    const connect = create()
    expect(told(await connect())).toBe(sqlState)
    expect(second.connections).toBe(0)
    first.welcome = 'accept'
    expect(told(await connect())).toBe('10.0.0.1')
  })

  it('all fail: it is told of each, with the code of the last', async () => {
    await first.close()
    second.isReadOnly = true
    const opened = await create()()
    expect(opened).toMatchObject({ ok: false, code: 'READ_ONLY' })
    expect(opened.ok ? '' : opened.message).toContain(`${first.address.port}: connect ECONNREFUSED`)
    expect(opened.ok ? '' : opened.message).toContain(`${second.address.port}: the server takes no writes`)
  })

  it('all hang: the attempt ends with its own time', async () => {
    first.welcome = 'hang'
    second.welcome = 'hang'
    const attempt = create({ timeoutMs: 2_000 })()
    await until(() => first.open.size === 1)
    clock.spend(500)
    clock.stall(500)
    await until(() => second.open.size === 1)
    clock.spend(1_600)
    expect(told(await attempt)).toBe('CONNECT_TIMEOUT')
    expect([first.connections, second.connections]).toEqual([1, 1])
    await until(() => first.open.size + second.open.size === 0)
  })

  it('an abort ends the attempt at once, without a look at the others', async () => {
    first.welcome = 'hang'
    const stop = new AbortController()
    const attempt = create()(stop.signal)
    await until(() => first.open.size === 1)
    stop.abort()
    expect(told(await attempt)).toBe('ABORTED')
    expect(second.connections).toBe(0)
  })
})

describe('an endpoint that failed', () => {
  it('is not waited for again for two seconds', async () => {
    first.welcome = 'hang'
    const connect = create()
    expect(told(await givingUpFirst(connect()))).toBe('10.0.0.2')
    for (let n = 0; n < 4; n++) expect(told(await connect())).toBe('10.0.0.2')
    expect(first.connections).toBe(1)
    await clock.advance(1_999)
    await connect()
    expect(first.connections).toBe(1)
  })

  it('is then looked at by one attempt, while the others go on with the next endpoint', async () => {
    first.welcome = 'hang'
    const connect = create()
    await givingUpFirst(connect())
    await clock.advance(2_000)
    const looking = connect()
    await until(() => first.connections === 2)
    for (let n = 0; n < 5; n++) expect(told(await connect())).toBe('10.0.0.2')
    expect(told(await givingUpFirst(looking))).toBe('10.0.0.2')
    expect(first.connections).toBe(2)
  })

  it('is the first choice again once it has given a session', async () => {
    first.welcome = 'close'
    const connect = create()
    await connect()
    first.welcome = 'accept'
    expect(told(await connect())).toBe('10.0.0.2')
    await clock.advance(2_000)
    expect([told(await connect()), told(await connect())]).toEqual(['10.0.0.1', '10.0.0.1'])
  })

  it('is tried all the same when the others fail as well', async () => {
    first.welcome = 'close'
    const connect = create()
    await connect()
    first.welcome = 'accept'
    second.welcome = 'close'
    expect(told(await connect())).toBe('10.0.0.1')
  })
})
