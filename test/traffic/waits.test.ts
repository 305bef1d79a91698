import { expect, it } from 'vitest'
import { createWaits } from '../../src/traffic/waits.ts'

it('a wait lasts from the last acknowledgement, or the due time of the first after it, to the next', () => {
  const waits = createWaits()
  for (const dueMs of [0, 20, 40]) waits.begin(dueMs)
  waits.acknowledge(5)
  waits.acknowledge(305)
  waits.acknowledge(310)
  waits.begin(1_000)
  waits.miss()
  waits.begin(1_020)
  waits.acknowledge(1_400)
  expect(waits.take()).toEqual({
    waits: [
      { fromMs: 5, toMs: 305 },
      { fromMs: 1_000, toMs: 1_400 },
    ],
    longestMs: 400,
  })
  expect(waits.take()).toEqual({ waits: [], longestMs: 0 })
})

it('a seldom acknowledgement is no wait: nobody waited in between', () => {
  const waits = createWaits()
  for (const dueMs of [0, 10_000, 20_000]) {
    waits.begin(dueMs)
    waits.acknowledge(dueMs + 3)
  }
  expect(waits.take()).toEqual({ waits: [], longestMs: 3 })
})

it('a wait goes on from window to window until it ends, also when all that was asked has failed meanwhile', () => {
  const waits = createWaits()
  waits.begin(100)
  waits.miss()
  expect(waits.take().waits).toEqual([{ fromMs: 100, toMs: null }])
  waits.begin(1_100)
  expect(waits.take().waits).toEqual([{ fromMs: 100, toMs: null }])
  waits.acknowledge(2_200)
  expect(waits.take().waits).toEqual([{ fromMs: 100, toMs: 2_200 }])
})

it('nobody waits any more once the traffic is off and what was under way has ended', () => {
  const waits = createWaits()
  waits.begin(100)
  waits.rest(true)
  expect(waits.take().waits).toEqual([{ fromMs: 100, toMs: null }])
  waits.miss()
  expect(waits.take().waits).toEqual([{ fromMs: 100, toMs: null }])
  expect(waits.take().waits).toEqual([])
  waits.rest(false)
  waits.begin(60_000)
  waits.acknowledge(60_001)
  expect(waits.take().waits).toEqual([])
})
