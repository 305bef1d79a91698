import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/log/clock.ts'
import type { EventBody, OperationTick, TrafficTicked } from '../../src/model/events.ts'
import { createLedger } from '../../src/model/ledger.ts'
import { createGenerator, type Generator, type GeneratorOptions } from '../../src/traffic/generator.ts'
import type { OperationRecord } from '../../src/traffic/operation.ts'
import { beginEvents } from '../../src/workloads/events/run.ts'
import { listAppend } from '../../src/workloads/list-append/list-append.ts'
import { FakeClock } from './fake-clock.ts'
import { FakePostgres } from './fake-postgres.ts'
import { until } from './until.ts'

let leader: FakePostgres
let replica: FakePostgres
let events: EventBody[]
let records: OperationRecord[]
let stop: AbortController
let running: Promise<void>

beforeEach(async () => {
  leader = await FakePostgres.listen()
  replica = await FakePostgres.listen()
  leader.serverAddress = '172.30.77.21'
  replica.serverAddress = '172.30.77.22'
  events = []
  records = []
  stop = new AbortController()
  running = Promise.resolve()
})

afterEach(async () => {
  stop.abort()
  await running
  await leader.close()
  await replica.close()
})

function create(change: Partial<GeneratorOptions> = {}): Generator {
  return createGenerator({
    log: {
      append(body) {
        events.push(body)
        return { seq: events.length, atMs: 0, ...body }
      },
    },
    clock: systemClock(),
    write: leader.address,
    read: replica.address,
    credentials: { database: 'app', user: 'app', password: 'secret' },
    operations: beginEvents({ runId: 'run1', ledger: createLedger(), leading: () => null }),
    nameOf: (address) => (address === '172.30.77.21' ? 'patroni1' : address),
    onOutcome: (record) => records.push(record),
    ...change,
  })
}

function start(generator: Generator): void {
  running = generator.run(stop.signal)
}

async function end(): Promise<void> {
  stop.abort()
  await running
}

/** For what a busy machine must not be too slow for. */
const PATIENT = { allowanceMs: 60_000, timeoutMs: 60_000 }

const writes = (outcome: string) => records.filter((each) => each.kind === 'write' && each.outcome === outcome)
const ticks = () => events.filter((event): event is TrafficTicked => event.type === 'traffic.tick')
const ended = (tick: OperationTick) => tick.ok + tick.failed + tick.unknown + tick.dropped + (tick.asleep ?? 0)
const seqs = (kind: string) =>
  records
    .filter((each) => each.kind === kind)
    .map((each) => each.seq)
    .sort((a, b) => a - b)
const countingUp = (length: number) => Array.from({ length }, (_, index) => index + 1)

/** What holds of every run: each operation that was due ended once, and the ticks say so too. */
function expectAllAccountedFor(): void {
  for (const kind of ['write', 'read'] as const) {
    const seen = seqs(kind)
    expect(seen).toEqual(countingUp(seen.length))
    expect(ticks().reduce((sum, tick) => sum + ended(tick[kind]), 0)).toBe(seen.length)
    expect(ticks().at(-1)?.[kind].inFlight).toBe(0)
  }
}

describe('a healthy cluster', () => {
  it('acknowledges every operation, and each is told by the server that answered', async () => {
    start(create(PATIENT))
    await until(() => writes('ok').length >= 20 && records.length >= 60)
    // Before the end, which drops what a busy machine has not got to yet.
    expect(records.every((record) => record.outcome === 'ok')).toBe(true)
    await end()
    expectAllAccountedFor()
    const tick = ticks().at(-1)
    expect(Object.keys(tick?.write.byServer ?? {})).toEqual(['patroni1'])
    expect(Object.keys(tick?.read.byServer ?? {})).toEqual(['172.30.77.22'])
    const asked = leader.asked.map(({ values }) => values[0])
    expect(new Set(asked).size).toBe(asked.length)
    expect(writes('ok').filter(({ identity }) => !asked.includes(identity as string))).toEqual([])
  })

  it('every acknowledged write has the position that the leader gave it', async () => {
    leader.react = ({ values }) => ({ type: 'ok', rows: [{ id: 1, lsn: 1_000 + Number(values[0]?.split(':')[1]) }] })
    start(create())
    await until(() => writes('ok').length >= 10)
    await end()
    expect(writes('ok').every((write) => write.lsn === 1_000 + write.seq)).toBe(true)
    expect(records.filter((record) => record.kind === 'read').every((record) => record.lsn === null)).toBe(true)
  })

  const replicaReads = () => ticks().map((tick) => tick.replicaReads)
  const sum = (of: 'judged' | 'missedOwn' | 'backwards') =>
    replicaReads().reduce((all, one) => all + (one?.[of] ?? 0), 0)

  it('reads that see the newest write are fresh', async () => {
    let id = 0
    let newest = {}
    leader.react = ({ values }) => {
      newest = { id: ++id, newest: `1 ${values[0] ?? ''}`, lsn: id * 100 }
      return { type: 'ok', rows: [{ id, lsn: id * 100 }] }
    }
    replica.react = () => ({ type: 'ok', rows: [newest] })
    start(create())
    await until(() => sum('judged') > 20)
    await end()
    expect([sum('missedOwn'), sum('backwards')]).toEqual([0, 0])
  })

  it('reads from a replica that stands still miss more and more', async () => {
    let id = 0
    leader.react = () => ({ type: 'ok', rows: [{ id: ++id, lsn: id * 100 }] })
    replica.react = () => ({ type: 'ok', rows: [{ id: 3, newest: '1 run1:3', lsn: 300 }] })
    start(create())
    const stale = () => replicaReads().find((one) => (one?.staleWrites?.max ?? 0) >= 10)
    await until(() => sum('missedOwn') > 10 && stale() !== undefined)
    await end()
    expect(sum('backwards')).toBe(0)
    expect(stale()?.staleMs?.max).toBeGreaterThan(0)
  })

  it('sends an operation of its reads to the leader where the workload says so', async () => {
    leader.react = () => ({ type: 'ok', rows: [{ list: '1' }] })
    const operations = listAppend.begin({ runId: 'run1', ledger: createLedger(), leading: () => null })
    start(create({ ...PATIENT, operations }))
    await until(() => records.filter(({ kind }) => kind === 'read').length >= 40)
    await end()
    const reads = records.filter(({ kind, outcome }) => kind === 'read' && outcome === 'ok')
    const toLeader = reads.filter(({ server }) => server === 'patroni1').map(({ seq }) => seq % 4)
    expect(new Set(toLeader)).toEqual(new Set([1]))
    expect(new Set(reads.filter(({ server }) => server !== 'patroni1').map(({ seq }) => seq % 4))).toEqual(
      new Set([0, 2, 3]),
    )
    expectAllAccountedFor()
  })

  it('is told of in one tick a second, of the settings once they change', async () => {
    const clock = new FakeClock()
    const generator = create({ clock })
    generator.set({ writesPerSecond: 0, readsPerSecond: 0 })
    start(generator)
    await clock.advance(3_500)
    generator.set({ readsPerSecond: 0 })
    generator.set({ isOn: false })
    stop.abort()
    await clock.advance(0)
    await running
    expect(ticks().map((tick) => tick.windowMs)).toEqual([1_000, 1_000, 1_000, 500])
    expect(events.filter((event) => event.type === 'traffic.set')).toEqual([
      { type: 'traffic.set', isOn: true, writesPerSecond: 0, readsPerSecond: 0 },
      { type: 'traffic.set', isOn: true, writesPerSecond: 0, readsPerSecond: 0 },
      { type: 'traffic.set', isOn: false, writesPerSecond: 0, readsPerSecond: 0 },
    ])
    expect(clock.sleeping).toBe(0)
  })

  it('begins with the settings that it is given, and tells of no others', async () => {
    const generator = create({ settings: { writesPerSecond: 3, readsPerSecond: 0 } })
    start(generator)
    generator.set({ writesPerSecond: 3, readsPerSecond: 0 })
    await end()
    expect(events.filter((event) => event.type === 'traffic.set')).toEqual([
      { type: 'traffic.set', isOn: true, writesPerSecond: 3, readsPerSecond: 0 },
    ])
  })

  it('follows a change of the rates while it runs', async () => {
    const generator = create()
    generator.set({ writesPerSecond: 0, readsPerSecond: 200 })
    start(generator)
    await until(() => records.length >= 5)
    expect(seqs('write')).toEqual([])
    generator.set({ writesPerSecond: 200, readsPerSecond: 0 })
    await until(() => writes('ok').length >= 20)
    const due = (kind: string) => records.filter((each) => each.kind === kind).map(({ dueMs }) => dueMs)
    expect(Math.max(...due('read'))).toBeLessThanOrEqual(Math.min(...due('write')))
    await end()
    expectAllAccountedFor()
  })
})

it.each([-1, 20_001, Number.NaN, Number.POSITIVE_INFINITY, '5', null])('%o is not a rate', (rate) => {
  const generator = create()
  expect(() => generator.set({ writesPerSecond: rate as number })).toThrow(RangeError)
  expect(() => generator.set({ readsPerSecond: rate as number })).toThrow(RangeError)
  expect(events).toEqual([])
})

describe('while the cluster fails', () => {
  it('nobody listens: every write is failed and told so, and writing goes on once somebody does', async () => {
    const { port } = leader.address
    await leader.close()
    start(create({ ...PATIENT, write: { host: '127.0.0.1', port } }))
    await until(() => writes('failed').length >= 30)
    expect(new Set(writes('failed').map((each) => each.code))).toEqual(new Set(['ECONNREFUSED']))
    expect(writes('failed').every((each) => each.sentMs === null && each.server === null)).toBe(true)
    expect(writes('dropped')).toEqual([])
    leader = await FakePostgres.listen(port)
    await until(() => writes('ok').length >= 10)
    await end()
    expectAllAccountedFor()
  })

  it('the proxy accepts and closes: every write is failed', async () => {
    leader.welcome = 'close'
    start(create({ allowanceMs: 60_000 }))
    await until(() => writes('failed').length >= 10)
    expect(leader.connections).toBeLessThan(10)
    leader.welcome = 'accept'
    await until(() => writes('ok').length >= 10)
    // Before the end, which drops what a busy machine has not got to yet.
    expect([...writes('unknown'), ...writes('dropped')]).toEqual([])
    await end()
    expectAllAccountedFor()
  })

  it('a session that hangs makes one write unknown, and is not used again', async () => {
    leader.react = ({ connection }) => ({ type: connection === 1 ? 'hang' : 'ok' })
    start(create({ timeoutMs: 1_000 }))
    await until(() => writes('unknown').length > 0 && writes('ok').length >= 20)
    await end()
    expect(writes('unknown')).toMatchObject([{ code: 'TIMEOUT', server: 'patroni1' }])
    expect(leader.asked.filter((asked) => asked.connection === 1)).toHaveLength(1)
    expectAllAccountedFor()
  })

  it('all sessions hang: what finds none in time is dropped', async () => {
    leader.react = () => ({ type: 'hang' })
    start(create({ maxSessions: 2, allowanceMs: 20, timeoutMs: 60_000 }))
    await until(() => writes('dropped').length >= 10 && leader.asked.length >= 2)
    expect(leader.asked).toHaveLength(2)
    expect(leader.open.size).toBe(2)
    await end()
    expect(writes('unknown')).toHaveLength(2)
    expectAllAccountedFor()
  })

  it('connections that are never answered are dropped writes, not a pile', async () => {
    leader.welcome = 'hang'
    start(create({ maxSessions: 3, allowanceMs: 20 }))
    await until(() => writes('dropped').length >= 10)
    // On a busy machine some have been given up by now, which the server has yet to notice; a pile would stay.
    await until(() => leader.open.size <= 3)
    await end()
    expect(leader.asked).toEqual([])
    expectAllAccountedFor()
  })

  it('a demoted node is left: 25006 costs its session', async () => {
    leader.react = ({ connection }) => (connection <= 4 ? { type: 'error', sqlState: '25006' } : { type: 'ok' })
    start(create(PATIENT))
    await until(() => writes('ok').length >= 10)
    await end()
    const left = leader.asked.flatMap(({ connection }) => (connection <= 4 ? [connection] : []))
    expect(left.length).toBeGreaterThan(0)
    expect(new Set(left).size).toBe(left.length)
    expect(writes('failed').map((each) => each.code)).toEqual(left.map(() => '25006'))
    expectAllAccountedFor()
  })

  it('connections cut under their statements make them unknown, and others take their place', async () => {
    let isCut = false
    leader.react = () => ({ type: isCut ? 'ok' : 'hang' })
    start(create())
    await until(() => leader.asked.length >= 5)
    isCut = true
    leader.cutAll()
    await until(() => writes('ok').length >= 10)
    await end()
    expect(writes('unknown').length).toBeGreaterThanOrEqual(5)
    expect(writes('unknown').every((each) => ['CLOSED', 'ECONNRESET', 'EPIPE'].includes(each.code ?? ''))).toBe(true)
    expectAllAccountedFor()
  })
})

describe('with several statements under way on a session', () => {
  const pipelined = { maxSessions: 1, pipeline: 4, settings: { writesPerSecond: 500, readsPerSecond: 0 } }

  it('tells so, and all that are under way on one that hangs are unknown', async () => {
    leader.react = ({ connection }) => ({ type: connection === 1 ? 'hang' : 'ok' })
    start(create({ ...pipelined, timeoutMs: 1_000 }))
    await until(() => writes('ok').length >= 10)
    await end()
    expect(events.find((event) => event.type === 'traffic.set')).toMatchObject({ pipeline: 4 })
    expect(writes('unknown').length).toBeGreaterThan(1)
    // A busy machine may be too late with the answers on another as well.
    expect(writes('unknown').length).toBeLessThanOrEqual(4 * leader.connections)
    expect(writes('unknown').every(({ code }) => code === 'TIMEOUT')).toBe(true)
    expectAllAccountedFor()
  })

  it('what is acknowledged was done, and what failed was not, however often sessions are killed', async () => {
    let count = 0
    leader.react = () => {
      count++
      return { type: count % 50 === 0 ? 'reset' : count % 33 === 0 ? 'hang' : 'ok' }
    }
    start(create({ ...pipelined, timeoutMs: 50 }))
    await until(() => writes('unknown').length >= 10 && writes('ok').length >= 100)
    await end()
    const done = new Set(leader.asked.map(({ values }) => values[0]))
    expect(writes('ok').filter(({ identity }) => !done.has(identity as string))).toEqual([])
    expect(writes('failed').filter(({ identity }) => done.has(identity as string))).toEqual([])
    expectAllAccountedFor()
  })

  it('a workload of transactions has each session for itself', async () => {
    const operations = beginEvents({ runId: 'run1', ledger: createLedger(), leading: () => null })
    leader.react = () => ({ type: 'hang' })
    start(create({ ...pipelined, operations: { ...operations, areSingle: false } }))
    await until(() => leader.asked.length === 1)
    await end()
    expect(writes('unknown')).toHaveLength(1)
    expect(events.find((event) => event.type === 'traffic.set')).not.toHaveProperty('pipeline')
  })
})

describe('with a second proxy for the writes', () => {
  let second: FakePostgres
  beforeEach(async () => {
    second = await FakePostgres.listen()
    second.serverAddress = '172.30.77.23'
  })
  afterEach(async () => {
    await end()
    await second.close()
  })
  const through = (server: string) => writes('ok').filter((each) => each.server === server).length

  it('writing goes on through it when the first is gone, and the settings say that there are two', async () => {
    start(create({ write: [leader.address, second.address] }))
    await until(() => through('patroni1') >= 10)
    expect(second.connections).toBe(0)
    await leader.close()
    await until(() => through('172.30.77.23') >= 10)
    await end()
    // A busy machine may drop some: what a client knows no way for would fail.
    expect(writes('failed').filter((each) => each.sentMs === null)).toEqual([])
    expect(events.find((event) => event.type === 'traffic.set')).toMatchObject({ endpoints: 2 })
    expectAllAccountedFor()
    leader = await FakePostgres.listen()
  })

  it('no write is sent to a server that takes none', async () => {
    leader.isReadOnly = true
    start(create({ write: [leader.address, second.address] }))
    await until(() => through('172.30.77.23') >= 10)
    await end()
    expect(leader.asked).toEqual([])
    expect(writes('failed')).toEqual([])
    expectAllAccountedFor()
  })
})

describe('an abort', () => {
  it('leaves nothing open, even with sessions that hang, after 2 s at most', async () => {
    const clock = new FakeClock()
    leader.react = () => ({ type: 'hang' })
    start(create({ clock }))
    await clock.advance(20)
    await until(() => leader.asked.length === 1)
    stop.abort()
    await clock.advance(1_999)
    expect(writes('unknown')).toEqual([])
    await clock.advance(1)
    await running
    expect(writes('unknown')).toMatchObject([{ code: 'ABORTED' }])
    expectAllAccountedFor()
    await until(() => leader.open.size === 0 && replica.open.size === 0)
    expect(clock.sleeping).toBe(0)
  })

  it('that came before the run ends it at once', async () => {
    stop.abort()
    start(create())
    await running
    expectAllAccountedFor()
  })
})

describe('before the first operation is due', () => {
  const rates = { writesPerSecond: 300, readsPerSecond: 100 }

  it('the routes are awaited: a door that opens late costs no client anything', async () => {
    leader.welcome = 'close'
    const generator = create(PATIENT)
    generator.set(rates)
    const warm = generator.warmUp(stop.signal)
    await until(() => leader.connections > 0)
    leader.welcome = 'accept'
    expect(await warm).toBe(true)
    expect(records).toEqual([])
    start(generator)
    await until(() => records.length >= 40)
    expect(records.filter(({ outcome }) => outcome !== 'ok')).toEqual([])
    await end()
  })

  it('without that wait, such a door drops what is due meanwhile', async () => {
    leader.welcome = 'hang'
    const generator = create({ allowanceMs: 50 })
    generator.set(rates)
    start(generator)
    await until(() => writes('dropped').length > 0)
    leader.welcome = 'accept'
    await until(() => writes('ok').length > 0)
    await end()
  })

  it('a route that nobody answers is not awaited for ever, and whoever stops does not wait either', async () => {
    leader.welcome = 'close'
    const clock = new FakeClock()
    const generator = create({ clock })
    const warm = generator.warmUp(stop.signal)
    let isWarm: boolean | null = null
    void warm.then((is) => {
      isWarm = is
    })
    await until(() => {
      void clock.advance(500)
      return isWarm !== null
    })
    expect(isWarm).toBe(false)
    const gone = new AbortController()
    const again = create({ clock }).warmUp(gone.signal)
    gone.abort()
    expect(await again).toBe(false)
  })
})
