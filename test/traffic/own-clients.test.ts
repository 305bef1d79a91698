import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/log/clock.ts'
import type { EventBody, ProbeAnswered } from '../../src/model/events.ts'
import { createGenerator } from '../../src/traffic/generator.ts'
import type { OperationRecord, Operations, OwnClients } from '../../src/traffic/operation.ts'
import { runOwnProbe } from '../../src/traffic/own-probe.ts'
import type { Answer, Client } from '../../src/traffic/session.ts'
import { FakeClock } from './fake-clock.ts'
import { until } from './until.ts'

const ok = {
  outcome: 'ok',
  code: null,
  message: null,
  isUnguarded: false,
  row: null,
  sentMs: 0,
  answeredMs: 0,
} as const

/** A system that is reached by anything but PostgreSQL's protocol. */
function elsewhere(probe: OwnClients['probe'] = async () => ({ outcome: 'ok', code: null })) {
  const state = { isUp: true, opened: 0, closed: 0, done: [] as (string | null)[] }
  const open = async () => {
    if (!state.isUp) return { ok: false, code: 'ECONNREFUSED', message: 'refused' } as const
    state.opened++
    let isUsable = true
    const close = () => {
      if (isUsable) state.closed++
      isUsable = false
    }
    const client: Client = {
      server: 'gateway',
      openedMs: 0,
      get isUsable() {
        return isUsable
      },
      close,
    }
    return { ok: true, session: client } as const
  }
  const operation = (kind: 'write' | 'read', identity: string | null) => ({
    routes: [kind] as const,
    identity,
    run: async (): Promise<Answer> => {
      state.done.push(identity)
      return ok
    },
  })
  const operations: Operations = {
    write: (seq) => operation('write', `run1:${seq}`),
    read: () => operation('read', null),
    told: () => ({ lsn: null, digest: null }),
    onEnded: () => {},
    take: () => ({ judged: 0, backwards: 0, missedOwn: 0, staleMs: null, staleWrites: null }) as never,
    clients: { open, probe },
  }
  return { state, operations }
}

function recorder() {
  const events: EventBody[] = []
  return {
    events,
    log: {
      append(body: EventBody) {
        events.push(body)
        return { seq: events.length, atMs: 0, ...body }
      },
    },
    probes: () => events.filter((event): event is ProbeAnswered => event.type === 'probe'),
  }
}

function send(operations: Operations, clock: FakeClock, writesPerSecond: number) {
  const records: OperationRecord[] = []
  const stop = new AbortController()
  const generator = createGenerator({
    ...recorder(),
    clock,
    operations,
    credentials: { database: '', user: '', password: '' },
    nameOf: (address) => address,
    onOutcome: (record) => records.push(record),
  })
  generator.set({ writesPerSecond, readsPerSecond: 0 })
  return { records, stop, running: generator.run(stop.signal) }
}

describe('traffic of a workload that has ways of its own into the system', () => {
  it('runs on connections that the workload opens, and closes them in the end', async () => {
    const clock = new FakeClock()
    const { state, operations } = elsewhere()
    const { records, stop, running } = send(operations, clock, 10)
    await clock.advance(1_000)
    expect(records.filter(({ kind }) => kind === 'write')).toHaveLength(10)
    expect(records[0]).toMatchObject({ outcome: 'ok', server: 'gateway', identity: 'run1:1' })
    state.isUp = false
    stop.abort()
    await clock.advance(2_000)
    await running
    expect(state.closed).toBe(state.opened)
  })

  it('counts as failed, and as not sent, what found no way in', async () => {
    const clock = new FakeClock()
    const { state, operations } = elsewhere()
    state.isUp = false
    const { records, stop, running } = send(operations, clock, 1)
    await clock.advance(1_000)
    expect(records).toMatchObject([{ outcome: 'failed', code: 'ECONNREFUSED', sentMs: null }])
    stop.abort()
    await clock.advance(2_000)
    await running
  })
})

describe('a probe of a workload that has ways of its own', () => {
  it('asks at its interval, and reports ten times a second, with the answers or with none', async () => {
    const clock = new FakeClock()
    const { log, probes } = recorder()
    const { operations } = elsewhere(async (_kind, n) => (n === 2 ? { outcome: 'failed', code: 'E503' } : ok))
    const stop = new AbortController()
    const clients = { ...operations.clients, probeEveryMs: 50 } as OwnClients
    const running = runOwnProbe({ log, clock, kind: 'write', clients, intervalMs: 20 }, stop.signal)
    await clock.advance(200)
    stop.abort()
    await clock.advance(0)
    await running
    expect(probes().every(({ intervalMs }) => intervalMs === 50)).toBe(true)
    expect(probes().flatMap(({ answers }) => answers.map(({ outcome }) => outcome))).toEqual([
      'ok',
      'failed',
      'ok',
      'ok',
      'ok',
    ])
  })

  it('asks no more often than the lab has it', async () => {
    const clock = new FakeClock()
    const { log, probes } = recorder()
    const { operations } = elsewhere(async () => ok)
    const stop = new AbortController()
    const clients = { ...operations.clients, probeEveryMs: 50 } as OwnClients
    const running = runOwnProbe({ log, clock, kind: 'write', clients, intervalMs: 200 }, stop.signal)
    await clock.advance(200)
    stop.abort()
    await clock.advance(0)
    await running
    expect(probes().flatMap(({ intervalMs, answers }) => answers.map(() => intervalMs))).toEqual([200, 200])
  })

  it('asks in turn for each share of clients that are served apart, and tells whose each answer is', async () => {
    const clock = new FakeClock()
    const { log, probes } = recorder()
    const { operations } = elsewhere(async (_kind, n) => (n % 2 === 0 ? ok : { outcome: 'failed', code: 'E503' }))
    const stop = new AbortController()
    const clients = { ...operations.clients, shares: ['public', 'private'], probeEveryMs: 50 } as OwnClients
    const running = runOwnProbe({ log, clock, kind: 'write', clients, intervalMs: 20 }, stop.signal)
    await clock.advance(200)
    stop.abort()
    await clock.advance(0)
    await running
    expect(probes().every(({ shares }) => shares?.join() === 'public,private')).toBe(true)
    expect(probes().flatMap(({ answers }) => answers.map(({ share, outcome }) => [share, outcome]))).toEqual([
      ['private', 'failed'],
      ['public', 'ok'],
      ['private', 'failed'],
      ['public', 'ok'],
      ['private', 'failed'],
    ])
  })

  it('gives up an answer that does not come', async () => {
    const { log, probes } = recorder()
    const hangs: OwnClients['probe'] = (_kind, _n, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve({ outcome: 'unknown', code: 'TIMEOUT' }))
      })
    const { operations } = elsewhere(hangs)
    const answers = () => probes().flatMap((report) => report.answers)
    const stop = new AbortController()
    const clients = { ...operations.clients, probeEveryMs: 60_000 } as OwnClients
    const running = runOwnProbe({ log, clock: systemClock(), kind: 'write', clients, intervalMs: 20 }, stop.signal)
    await until(() => answers().length > 0)
    stop.abort()
    await running
    expect(answers()).toMatchObject([{ outcome: 'unknown', code: 'TIMEOUT' }])
  })
})
