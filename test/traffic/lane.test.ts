import { beforeEach, describe, expect, it } from 'vitest'
import { createLane, type Lane, type OperationRecord } from '../../src/traffic/lane.ts'
import type { Answer, Session } from '../../src/traffic/session.ts'
import type { SessionPool } from '../../src/traffic/session-pool.ts'
import { createTally } from '../../src/traffic/tally.ts'
import { eventsWorkload } from '../../src/traffic/workload.ts'
import { FakeClock } from './fake-clock.ts'
import { answered, FakeSession } from './fake-session.ts'

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
  expire: () => {},
  nextDeadlineMs: () => Number.POSITIVE_INFINITY,
  close: () => {},
})

function createTestLane(pool: SessionPool = endless()): Lane {
  return createLane({
    kind: 'write',
    clock,
    pool,
    tally: createTally(),
    operation: eventsWorkload('run1').write,
    told: (row) => eventsWorkload('run1').written(row),
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
    expect(records.slice(4).map((record) => record.dueMs)).toEqual([603_020, 603_520])
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
