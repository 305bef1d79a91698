import { afterEach, expect, test, vi } from 'vitest'
import { createFrames, type Frames } from '../../src/tui/frames.ts'
import { eventually } from '../eventually.ts'
import { failedOver, healthy, leaderDead, node, stateOf } from './fixture.ts'
import { fakeClock, fakeStore } from './terminal.ts'

let frames: Frames | null = null
afterEach(() => frames?.close())

const later = stateOf(failedOver())
const earlier = stateOf(healthy())

test('a recording that is set back is shown as it was then, at once', () => {
  const clock = fakeClock(44_400)
  const store = fakeStore(later)
  frames = createFrames(store, clock)
  clock.set(30_100)
  store.show(earlier)
  expect(frames.getMoment()).toEqual({ state: earlier, nowMs: 30_100 })
})

test('time goes on from the earlier moment, however far back it is', async () => {
  const clock = fakeClock(44_400)
  frames = createFrames(fakeStore(earlier), clock)
  clock.set(20_000)
  await eventually(() => expect(frames?.getMoment().nowMs).toBe(20_000))
  clock.set(21_000)
  await eventually(() => expect(frames?.getMoment().nowMs).toBe(21_000))
})

test('the last moment of a recording is shown, where time stands still within a second', async () => {
  const clock = fakeClock(44_400)
  frames = createFrames(fakeStore(earlier), clock)
  await eventually(() => {
    clock.set(44_700)
    expect(frames?.getMoment().nowMs).toBe(44_700)
  })
})

test('while somebody waits for an outage to end, time passes in smaller steps', async () => {
  const clock = fakeClock(30_100)
  frames = createFrames(fakeStore(stateOf(leaderDead())), clock)
  clock.set(30_300)
  await eventually(() => expect(frames?.getMoment().nowMs).toBe(30_300))
})

test('an outage of any system of a lab that has several is shown as soon as it is known', () => {
  const calm = stateOf(healthy())
  const store = fakeStore({ ...calm, instances: { a: calm, b: calm } })
  frames = createFrames(store, fakeClock(30_100))
  const told = vi.fn()
  frames.subscribe(told)
  store.show({ ...calm, instances: { a: calm, b: { ...calm, traffic: { ...calm.traffic } } } })
  expect(told).not.toHaveBeenCalled()
  store.show({ ...calm, instances: { a: calm, b: stateOf(leaderDead()) } })
  expect(told).toHaveBeenCalledOnce()
})

test('a part that fails is shown as soon as it is known', () => {
  const calm = stateOf(healthy())
  const store = fakeStore(calm)
  frames = createFrames(store, fakeClock(30_100))
  const told = vi.fn()
  frames.subscribe(told)
  store.show(stateOf([...healthy(), node('patroni2', 30_000, null)]))
  expect(told).toHaveBeenCalledOnce()
})

test('whoever asks is shown the present moment although nothing has changed', () => {
  const clock = fakeClock(30_100)
  frames = createFrames(fakeStore(earlier), clock)
  const told = vi.fn()
  frames.subscribe(told)
  clock.set(30_110)
  frames.refresh()
  expect(told).toHaveBeenCalledOnce()
  expect(frames.getMoment().nowMs).toBe(30_110)
})
