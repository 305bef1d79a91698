import { expect, it } from 'vitest'
import { createKept } from '../../src/report/kept.ts'
import { summarise } from '../../src/report/summarise.ts'
import { events, key, started, type Timed } from '../model/events.ts'
import { initialState } from '../patroni.ts'

const hops = (count: number): Timed[] =>
  Array.from({ length: count }, (_, index): Timed[] => [
    [index * 1_000 + 10, key(`patroni${(index % 3) + 1}`, index * 2 + 1)],
    [index * 1_000 + 900, key(null, index * 2 + 2)],
  ]).flat()

it('a run of three hundred failovers has three hundred in its report', async () => {
  const all = events([[0, started], ...hops(301), [400_000, { type: 'run.ended', reason: 'done' }]])
  const { summary } = await summarise({ name: 'a run', events: all, ledger: null })
  expect(summary.failovers).toHaveLength(300)
  expect(summary.failovers.every(({ sentence }) => sentence !== null)).toBe(true)
})

it('what the state changes is changed, and what it takes back is taken back', () => {
  const state = (names: readonly string[]) => ({ ...initialState, lines: names as never })
  const kept = createKept(
    ({ lines }) => lines as unknown as readonly string[],
    (name) => name.slice(0, 1),
    { canBeTakenBack: true },
  )
  kept.add(state([]), state(['a', 'b']))
  kept.add(state(['a', 'b']), state(['b2', 'c']))
  kept.add(state(['b2', 'c']), state(['b2']))
  expect(kept.all()).toEqual(['a', 'b2'])
  kept.add(state(['b2']), state(['d']))
  expect(kept.all()).toEqual(['a', 'd'])
})
