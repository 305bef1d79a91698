import { afterEach, expect, it } from 'vitest'
import { createAlarm } from '../../src/log/alarm.ts'
import { systemClock } from '../../src/log/clock.ts'

const clock = systemClock()
let alarm = createAlarm(clock)
afterEach(() => {
  alarm.end()
  alarm = createAlarm(clock)
})

/** Its thread is there as soon as somebody sleeps who is woken by no timer. */
async function awaitThread(): Promise<void> {
  const byTimer: number[] = []
  alarm = createAlarm({ sleep: (ms, signal) => clock.sleep(byTimer.push(ms), signal) })
  for (let before = -1; before < byTimer.length; ) {
    before = byTimer.length
    await alarm.sleep(1)
  }
}

it('wakes nobody before the time, and all in the order in which they are due', async () => {
  await awaitThread()
  const startMs = clock.nowMs()
  const woken: [number, number][] = []
  const sleep = async (ms: number) => {
    await alarm.sleep(ms)
    woken.push([ms, clock.nowMs() - startMs])
  }
  await Promise.all([30, 10.5, 90, 0, 10.25].map(sleep))
  expect(woken.map(([ms]) => ms)).toEqual([0, 10.25, 10.5, 30, 90])
  expect(woken.filter(([ms, atMs]) => atMs < ms)).toEqual([])
})

it('wakes at even times, for which it is not set anew, and then at others, and never early', async () => {
  await awaitThread()
  const startMs = clock.nowMs()
  const early: number[] = []
  const sleepUntil = async (ms: number) => {
    await alarm.sleep(Math.max(startMs + ms - clock.nowMs(), 0))
    if (clock.nowMs() < startMs + ms) early.push(ms)
  }
  for (let n = 1; n <= 40; n++) await sleepUntil(2 * n)
  await Promise.all([sleepUntil(110.5), sleepUntil(95)])
  for (let n = 0; n <= 10; n++) await sleepUntil(120 + 3 * n)
  expect(early).toEqual([])
})

it('goes on when whoever was to be woken first has left', async () => {
  await awaitThread()
  const left = new AbortController()
  const first = alarm.sleep(60_000, left.signal)
  const second = alarm.sleep(20)
  left.abort(new Error('no longer'))
  await expect(first).rejects.toThrow('no longer')
  await second
  await expect(alarm.sleep(1, left.signal)).rejects.toThrow('no longer')
})

it('before its thread is there, and once it has ended, timers wake', async () => {
  const slept: number[] = []
  alarm = createAlarm({ sleep: async (ms) => void slept.push(ms) })
  await alarm.sleep(7)
  expect(slept).toEqual([7])
  await awaitThread()
  const asleep = alarm.sleep(60_000)
  alarm.end()
  await asleep
})
