import { describe, expect, it } from 'vitest'
import { areRivals } from '../../src/model/rivals.ts'
import { isWatched } from '../../src/model/split-brain-state.ts'
import { healthy, run } from './anatomy-events.ts'
import { postgres, shape, started, type Timed } from './events.ts'

describe('two that take writes', () => {
  const groupOf = { master: 'master', public: 'public', a1: 'a', a2: 'a' }

  it('are rivals where there are no groups, and within one', () => {
    expect(areRivals(null, 'patroni1', 'patroni2')).toBe(true)
    expect(areRivals(groupOf, 'a1', 'a2')).toBe(true)
  })

  it('are none in different groups', () => {
    expect(areRivals(groupOf, 'master', 'public')).toBe(false)
  })

  it('are none when they are in no group, as two applications before the servers', () => {
    expect(areRivals(groupOf, 'app1', 'app2')).toBe(false)
    expect(areRivals(groupOf, 'app1', 'master')).toBe(false)
  })
})

it('what takes writes after the lab slept, and in the group of none that did before, is in no doubt', () => {
  const answer = (atMs: number, name: string): Timed => [atMs, postgres(name, { isInRecovery: false, timeline: 4 })]
  const asleep: Timed = [9_000, { type: 'lab.asleep', fromMs: 2_000, toMs: 9_000 }]
  const doubts = (groupOf: Record<string, string>) => {
    const begun = [100, { ...started, lab: { ...shape, groupOf } }] as Timed
    const heard = [answer(1_000, 'patroni1'), asleep, answer(9_010, 'patroni2')]
    return run(healthy(), [begun, ...heard]).splitBrain.unwitnessed.count
  }
  expect(doubts({ patroni1: 'a', patroni2: 'a' })).toBe(1)
  expect(doubts({ patroni1: 'a', patroni2: 'b' })).toBe(0)
})

it('nobody has to watch for two that take writes where each has a write authority of its own, or there are none', () => {
  const isSeen = (groupOf: Record<string, string>) => {
    const begun = [100, { ...started, lab: { ...shape, groupOf } }] as Timed
    return isWatched(run(healthy().slice(0, 4), [begun]).splitBrain)
  }
  expect(isSeen({ patroni1: 'a', patroni2: 'a' })).toBe(false)
  expect(isSeen({ patroni1: 'a', patroni2: 'b' })).toBe(true)
  expect(isSeen({})).toBe(true)
})
