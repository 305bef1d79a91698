import { beforeEach, describe, expect, it } from 'vitest'
import { createLane, type Lane } from '../../src/traffic/lane.ts'
import type { OperationRecord, OverSessions, Route } from '../../src/traffic/operation.ts'
import type { Answer, Session } from '../../src/traffic/session.ts'
import type { SessionPool } from '../../src/traffic/session-pool.ts'
import { createTally } from '../../src/traffic/tally.ts'
import { eventStatements } from '../../src/workloads/events/statements.ts'
import { FakeClock } from './fake-clock.ts'
import { answered, FakeSession } from './fake-session.ts'
import { until } from './until.ts'

let clock: FakeClock
let records: OperationRecord[]
let session: FakeSession
let stop: AbortController

beforeEach(() => {
  clock = new FakeClock()
  records = []
  session = new FakeSession('172.30.77.21')
  session.answer = async () => ok()
  stop = new AbortController()
})

const ok = (): Answer => ({ ...answered('ok'), sentMs: clock.nowMs(), answeredMs: clock.nowMs() })

/** A pool with one session that any number of operations may use at once. */
const endless = (): SessionPool => ({
  take: (): Session => session,
  wait: async () => ({ type: 'late' }),
  give: () => {},
  provide: () => {},
  expire: () => {},
  nextDeadlineMs: () => Number.POSITIVE_INFINITY,
  close: () => {},
})

function createTestLane(pool: SessionPool = endless()): Lane {
  return createLane({
    kind: 'write',
    clock,
    pools: { write: pool },
    tally: createTally(),
    operation: eventStatements('run1').write,
    told: (row) => eventStatements('run1').written(row),
    nameOf: (address) => (address === '172.30.77.21' ? 'patroni1' : address),
    onOutcome: (record) => records.push(record),
    allowanceMs: 1_000,
    timeoutMs: 5_000,
  })
}

describe('a lane', () => {
  it('sends every operation at its due time, under its own identity', async () => {
    const lane = createTestLane()
    lane.setRate(4)
    const running = lane.run(stop.signal)
    await clock.advance(1_000)
    expect(records.map(({ seq, identity, dueMs, sentMs }) => [seq, identity, dueMs, sentMs])).toEqual([
      [1, 'run1:1', 250, 250],
      [2, 'run1:2', 500, 500],
      [3, 'run1:3', 750, 750],
      [4, 'run1:4', 1_000, 1_000],
    ])
    expect(records[0]).toMatchObject({ kind: 'write', outcome: 'ok', code: null, server: 'patroni1' })
    stop.abort()
    await running
    expect(clock.sleeping).toBe(0)
  })

  it('tells the WAL position of what was acknowledged, and what it returned', async () => {
    let ran = 0
    session.answer = async () =>
      [{ ...ok(), row: { id: 7, lsn: 500 } }, ok(), answered('unknown', 'TIMEOUT')][ran++] as Answer
    const lane = createTestLane()
    lane.setRate(1)
    void lane.run(stop.signal)
    await clock.advance(3_000)
    expect(records).toMatchObject([
      { outcome: 'ok', lsn: 500, row: { id: 7, lsn: 500 } },
      { outcome: 'ok', lsn: null, row: null },
      { outcome: 'unknown', lsn: null, row: null },
    ])
    stop.abort()
  })

  it('passes on that an acknowledgement came without the guarantee', async () => {
    session.answer = async () => ({ ...ok(), isUnguarded: true })
    const lane = createTestLane()
    lane.setRate(1)
    void lane.run(stop.signal)
    await clock.advance(1_000)
    expect(records).toMatchObject([{ outcome: 'ok', isUnguarded: true }])
    stop.abort()
  })

  it('never waits for an answer before the next is sent', async () => {
    session.answer = () => new Promise(() => {})
    const lane = createTestLane()
    lane.setRate(50)
    void lane.run(stop.signal)
    await clock.advance(2_000)
    expect(session.ran).toBe(100)
    stop.abort()
  })

  it('takes a change of rate at once, without a burst or a gap', async () => {
    const lane = createTestLane()
    lane.setRate(1)
    void lane.run(stop.signal)
    await clock.advance(2_500)
    expect(records.map((record) => record.dueMs)).toEqual([1_000, 2_000])
    lane.setRate(100)
    await clock.advance(20)
    expect(records.slice(2).map((record) => record.dueMs)).toEqual([2_505, 2_515])
    lane.setRate(0)
    await clock.advance(600_000)
    expect(records).toHaveLength(4)
    lane.setRate(2)
    await clock.advance(1_000)
    expect(records.slice(4).map((record) => record.dueMs)).toEqual([603_000, 603_500])
    expect(records.map((record) => record.seq)).toEqual([1, 2, 3, 4, 5, 6])
    stop.abort()
  })

  it('owes what was due before a change, even if it had not woken yet', async () => {
    const lane = createTestLane()
    lane.setRate(100)
    void lane.run(stop.signal)
    await clock.advance(0)
    clock.stall(55)
    lane.setRate(0)
    await clock.advance(0)
    expect(records.map((record) => record.dueMs)).toEqual([10, 20, 30, 40, 50])
    stop.abort()
  })

  it('has sessions opened for what falls due while a commit takes long', async () => {
    const provided: number[] = []
    const lane = createTestLane({ ...endless(), provide: (places) => void provided.push(places) })
    lane.setRate(500)
    expect(provided).toEqual([])
    void lane.run(stop.signal)
    lane.setRate(10)
    lane.setRate(0)
    expect(provided).toEqual([25, 1, 0])
    stop.abort()
  })

  it('sleeps until something is due', async () => {
    const lane = createTestLane()
    lane.setRate(0.1)
    void lane.run(stop.signal)
    const sleep = clock.sleep.bind(clock)
    let wakes = 0
    clock.sleep = (ms, signal) => {
      wakes++
      return sleep(ms, signal)
    }
    await clock.advance(60_000)
    expect(records).toHaveLength(6)
    expect(wakes).toBeLessThanOrEqual(7)
    stop.abort()
  })

  it('drops what it was too late for after a stall of its own as asleep, and sends the rest', async () => {
    const lane = createTestLane()
    lane.setRate(10)
    void lane.run(stop.signal)
    await clock.advance(0)
    clock.stall(3_050)
    await clock.advance(1_000)
    const dropped = records.filter((record) => record.outcome === 'dropped')
    expect(dropped.map((record) => record.dueMs).at(-1)).toBe(2_000)
    expect(dropped).toHaveLength(20)
    expect(records.filter((record) => record.outcome === 'ok')).toHaveLength(20)
    expect(dropped[0]).toMatchObject({
      sentMs: null,
      server: null,
      code: 'ASLEEP',
      lsn: null,
      row: null,
      isUnguarded: false,
    })
    stop.abort()
  })

  it('counts a refusal as failed, with its code, and as not sent', async () => {
    const lane = createTestLane({
      ...endless(),
      take: () => null,
      wait: async () => ({ type: 'refused', code: 'ECONNREFUSED' }),
    })
    lane.setRate(1)
    void lane.run(stop.signal)
    await clock.advance(1_000)
    expect(records).toMatchObject([{ outcome: 'failed', code: 'ECONNREFUSED', sentMs: null, server: null, seq: 1 }])
    stop.abort()
  })
})

describe('an operation over several sessions', () => {
  /** Every session of a pool is there once. */
  const poolOf = (...sessions: FakeSession[]): SessionPool & { readonly free: Session[] } => {
    const free: Session[] = [...sessions]
    return {
      ...endless(),
      free,
      take: () => free.shift() ?? null,
      give: (session) => void (session.isUsable && free.push(session as Session)),
    }
  }
  const statement = { text: 'COMMIT' }
  const both: OverSessions = {
    routes: ['write', 'read'],
    identity: 'run1:1',
    async run([first, second]) {
      await first?.run(statement, [], 1_000)
      return (await second?.run(statement, [], 1_000)) as Answer
    },
  }
  const start = (operation: OverSessions, pools: Partial<Record<Route, SessionPool>>) => {
    const lane = createLane({
      kind: 'write',
      clock,
      pools,
      tally: createTally(),
      operation: () => operation,
      told: () => ({ lsn: 7, digest: null }),
      nameOf: (address) => address,
      onOutcome: (record) => records.push(record),
      allowanceMs: 1_000,
      timeoutMs: 50,
    })
    lane.setRate(1)
    void lane.run(stop.signal)
  }
  const two = () => {
    const [leader, replica] = [new FakeSession('leader'), new FakeSession('replica')]
    leader.answer = async () => ok()
    replica.answer = async () => ({ ...ok(), row: { v: 1 } })
    return { leader, replica, write: poolOf(leader), read: poolOf(replica) }
  }

  it('has a free session of every route that it names, and ends as it says itself', async () => {
    const { leader, replica, write, read } = two()
    start(both, { write, read })
    await clock.advance(1_000)
    expect(records).toMatchObject([{ outcome: 'ok', identity: 'run1:1', server: 'leader', lsn: 7, row: { v: 1 } }])
    expect([leader.ran, replica.ran]).toEqual([1, 1])
    expect([write.free, read.free]).toEqual([[leader], [replica]])
    stop.abort()
  })

  it('leaves no session for the next one that may still be within a transaction', async () => {
    const { leader, replica, write, read } = two()
    replica.answer = async () => ({ ...answered('failed', '40001'), sentMs: 1, answeredMs: 2 })
    start(both, { write, read })
    await clock.advance(1_000)
    expect(records).toMatchObject([{ outcome: 'failed', code: '40001' }])
    expect([leader.isClosed, replica.isClosed, write.free.length, read.free.length]).toEqual([true, true, 0, 0])
    stop.abort()
  })

  it('is not begun, and holds nothing back, while one of its sessions is missing', async () => {
    const { leader, write } = two()
    start(both, { write, read: poolOf() })
    await clock.advance(2_000)
    expect(records[0]).toMatchObject({ outcome: 'dropped', sentMs: null, server: null })
    expect([leader.ran, write.free]).toEqual([0, [leader]])
    stop.abort()
  })

  it('is cut off when its time is over, and is unknown then', async () => {
    const { leader, write } = two()
    const hang: OverSessions = {
      routes: ['write'],
      identity: 'run1:1',
      run: (_, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve({ ...answered('unknown', 'TIMEOUT'), sentMs: 1 }))
        }),
    }
    start(hang, { write })
    await clock.advance(1_000)
    await until(() => records.length > 0)
    expect(records).toMatchObject([{ outcome: 'unknown', code: 'TIMEOUT' }])
    expect(leader.isClosed).toBe(true)
    stop.abort()
  })

  it('that throws is unknown: nobody knows how far it had come', async () => {
    const { leader, write } = two()
    start({ routes: ['write'], identity: null, run: () => Promise.reject(new Error('planted')) }, { write })
    await clock.advance(1_000)
    expect(records).toMatchObject([{ outcome: 'unknown', code: 'WORKLOAD', server: 'leader' }])
    expect(leader.isClosed).toBe(true)
    stop.abort()
  })
})
