import { expect, it } from 'vitest'
import { createTally, type EndedAs } from '../../src/traffic/tally.ts'

const ok: EndedAs = {
  dueMs: 0,
  sentMs: 1,
  answeredMs: 3,
  outcome: 'ok',
  code: null,
  server: 'patroni1',
  isUnguarded: false,
}
const failed: EndedAs = {
  dueMs: 0,
  sentMs: 1,
  answeredMs: 9_000,
  outcome: 'failed',
  code: '25006',
  server: 'patroni1',
  isUnguarded: false,
}
const unknown: EndedAs = {
  dueMs: 0,
  sentMs: 1,
  answeredMs: 9_000,
  outcome: 'unknown',
  code: 'TIMEOUT',
  server: 'patroni1',
  isUnguarded: false,
}
const dropped: EndedAs = {
  dueMs: 0,
  sentMs: null,
  answeredMs: 9_000,
  outcome: 'dropped',
  code: null,
  server: null,
  isUnguarded: false,
}

it('a window counts what ended in it, and what has not stays in flight', () => {
  const tally = createTally()
  for (let n = 0; n < 7; n++) tally.begin(0)
  for (const ended of [ok, { ...ok, server: 'patroni2' }, ok, failed, unknown, dropped]) tally.end(ended)
  expect(tally.take()).toEqual({
    ok: 3,
    unguarded: 0,
    failed: 1,
    unknown: 1,
    dropped: 1,
    inFlight: 1,
    byServer: { patroni1: 2, patroni2: 1 },
    byError: { '25006': 1, TIMEOUT: 1 },
    latencyMs: { p50: 3, p99: 3, max: 3 },
    serviceMs: { p50: 2, p99: 2, max: 2 },
    waits: [{ fromMs: 3, toMs: null }],
    longestWaitMs: 3,
    missed: [[0, 3]],
  })
  tally.end(ok)
  expect(tally.take()).toMatchObject({ ok: 1, failed: 0, inFlight: 0, byServer: { patroni1: 1 }, byError: {} })
  expect(tally.take()).toMatchObject({ ok: 0, latencyMs: null, serviceMs: null })
})

it('an acknowledgement without the guarantee is counted within ok', () => {
  const tally = createTally()
  for (const ended of [ok, { ...ok, isUnguarded: true }, { ...ok, isUnguarded: true }, unknown]) {
    tally.begin(0)
    tally.end(ended)
  }
  expect(tally.take()).toMatchObject({ ok: 3, unguarded: 2, unknown: 1 })
  expect(tally.take()).toMatchObject({ ok: 0, unguarded: 0 })
})

it('latency is told of acknowledged operations only, to three digits', () => {
  const tally = createTally()
  for (let ms = 1; ms <= 100; ms++) {
    tally.begin(0)
    tally.end({ ...ok, sentMs: ms / 2, answeredMs: ms })
  }
  tally.begin(0)
  tally.end(unknown)
  const { latencyMs, serviceMs } = tally.take()
  expect(latencyMs?.p50).toBeCloseTo(50, 1)
  expect(latencyMs?.p99).toBeCloseTo(99, 0)
  expect(latencyMs?.max).toBeCloseTo(100, 0)
  expect(serviceMs?.max).toBeCloseTo(50, 1)
  expect(latencyMs?.p99).toBeLessThanOrEqual(latencyMs?.max ?? 0)
})

it('no time is too long or too short to be counted', () => {
  const tally = createTally()
  for (const answeredMs of [-1, 0, 10 * 60_000]) {
    tally.begin(0)
    tally.end({ ...ok, sentMs: 0, answeredMs })
  }
  const tick = tally.take()
  expect(tick.ok).toBe(3)
  expect(tick.latencyMs?.max).toBeCloseTo(60_000, -2)
})
