import { expect, it } from 'vitest'
import { bootClock, watchAwake } from '../../src/log/awake.ts'
import { FakeClock } from '../traffic/fake-clock.ts'

interface Span {
  readonly fromMs: number
  readonly toMs: number
  readonly suspendedMs?: number
}

function watching() {
  const clock = new FakeClock()
  const stop = new AbortController()
  const spans: Span[] = []
  let suspendedMs = 0
  const watch = watchAwake({ clock, onAsleep: (span) => spans.push(span), bootMs: () => clock.nowMs() + suspendedMs })
  void watch.run(stop.signal)
  return {
    clock,
    watch,
    spans,
    suspend(ms: number) {
      suspendedMs += ms
    },
  }
}

it('a process that runs on time is awake', async () => {
  const { clock, watch, spans } = watching()
  await clock.advance(10_000)
  clock.stall(90)
  await clock.advance(1_000)
  expect(spans).toEqual([])
  expect(watch.clock.asleepMs?.()).toBe(0)
})

it('one that was stopped was asleep since it last looked', async () => {
  const { clock, watch, spans } = watching()
  await clock.advance(1_000)
  clock.stall(8_000)
  await clock.advance(100)
  expect(spans).toEqual([{ fromMs: 1_000, toMs: 9_000 }])
  expect(watch.clock.asleepMs?.()).toBe(8_000)
})

it('whoever asks first is told, though the watch has not looked yet', async () => {
  const { clock, watch, spans } = watching()
  await clock.advance(1_000)
  clock.stall(500)
  expect(watch.clock.asleepMs?.()).toBe(500)
  expect(spans).toEqual([{ fromMs: 1_000, toMs: 1_500 }])
  await clock.advance(100)
  expect(spans).toHaveLength(1)
})

it('a machine that was suspended while its clock stood still was asleep for that time', async () => {
  const { clock, spans, suspend } = watching()
  await clock.advance(1_010)
  suspend(3_600_000)
  await clock.advance(1_000)
  expect(spans).toEqual([{ fromMs: 1_000, toMs: 1_020, suspendedMs: 3_600_000 }])
})

it('nobody is asleep before the watch begins, or after it has ended', async () => {
  const clock = new FakeClock()
  const spans: Span[] = []
  const stop = new AbortController()
  const watch = watchAwake({ clock, onAsleep: (span) => spans.push(span), bootMs: () => clock.nowMs() })
  clock.stall(5_000)
  expect(watch.clock.asleepMs?.()).toBe(0)
  const running = watch.run(stop.signal)
  stop.abort()
  await running
  clock.stall(5_000)
  expect(watch.clock.asleepMs?.()).toBe(0)
  expect(spans).toEqual([])
})

it('the system is asked how long it is up when the wall clock has gone another way, and not else', () => {
  const now = { monotonicMs: 0, wallMs: 1_000_000, suspendedMs: 0, asked: 0 }
  const upMs = () => {
    now.asked++
    return now.monotonicMs + now.suspendedMs + 5_000
  }
  const boot = bootClock(
    () => now.monotonicMs,
    () => now.wallMs + now.monotonicMs + now.suspendedMs,
    upMs,
  )
  expect(boot()).toBe(5_000)
  now.monotonicMs = 60_000
  expect([boot(), now.asked]).toEqual([65_000, 1])
  now.suspendedMs = 300
  expect([boot(), now.asked]).toEqual([65_300, 2])
  now.wallMs -= 3_600_000
  expect([boot(), now.asked]).toEqual([65_300, 3])
  expect([boot(), now.asked]).toEqual([65_300, 3])
})
