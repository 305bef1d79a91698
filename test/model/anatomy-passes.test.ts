import { describe, expect, it } from 'vitest'
import { anatomies } from '../../src/model/explained.ts'
import type { Outage } from '../../src/model/outage.ts'
import { phaseName } from '../../src/systems/patroni/explain/phase-words.ts'
import type { Anatomy } from '../../src/systems/patroni/explain/shapes.ts'
import { initialState, reduce } from '../patroni.ts'
import { eventsOf, lengths, run, sum, told, twice } from './anatomy-events.ts'

const only = (list: readonly Anatomy[]): Anatomy => {
  expect(list).toHaveLength(1)
  return list[0] as Anatomy
}
const steps = (phases: Anatomy['phases']) => phases.map(({ awaited, pass }) => `${awaited} ${pass}`)

describe('two failovers within one outage', () => {
  const anatomy = only(told(...twice({ to: 'patroni3' })))

  it('are taken apart pass by pass, and the phases of all of them sum to the outage', () => {
    expect(lengths(anatomy.phases)).toEqual([
      'key-gone 20000',
      'key-taken 2000',
      'promoted 200',
      'fault 100',
      'key-gone 19600',
      'key-taken 2100',
      'promoted 200',
      'proxy-up 800',
      'first-ack 1000',
    ])
    expect(sum(anatomy.phases)).toBe(46_000)
  })

  it('have each phase under a key of its own: what was awaited, and in which pass', () => {
    expect(steps(anatomy.phases)).toEqual([
      'key-gone 1',
      'key-taken 1',
      'promoted 1',
      'fault 2',
      'key-gone 2',
      'key-taken 2',
      'promoted 2',
      'proxy-up 2',
      'first-ack 2',
    ])
    const keys = [...anatomy.phases, ...anatomy.after].map(({ awaited, pass }) => `${awaited} ${pass}`)
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('have every prediction count from the fault of its own pass', () => {
    const [first, second] = anatomy.phases.filter(({ awaited }) => awaited === 'key-gone')
    expect(first).toMatchObject({ isInside: true, bounds: { minMs: 18_010, maxMs: 20_510 } })
    expect(second).toMatchObject({ isInside: true, bounds: { minMs: 18_000, maxMs: 20_500 } })
  })

  it('are both told of in the sentence, with the node in the middle', () => {
    expect(anatomy.sentence).toBe(
      'patroni1 was killed: the leader key passed from patroni1 to patroni2 to patroni3, and clients could not write for 46.0 s. While it lasted, patroni2 was killed.',
    )
  })

  it('wait for each old leader to stream again', () => {
    expect(steps(anatomy.after)).toEqual(['lifted 1', 'lifted 2', 'streaming 1', 'streaming 2', 'healthy 2'])
  })

  it('belong to the same outage, both of them', () => {
    const { failovers, outages } = run(...twice({ to: 'patroni3' }))
    expect(failovers.map(({ from, to }) => [from, to])).toEqual([
      ['patroni1', 'patroni2'],
      ['patroni2', 'patroni3'],
    ])
    expect(failovers.map(({ outage }) => outages.indexOf(outage as Outage))).toEqual([0, 0])
  })

  it('that end with the first leader wait for the other alone to stream again', () => {
    const back = only(told(...twice({ to: 'patroni1' })))
    expect(back.sentence).toContain('the leader key passed from patroni1 to patroni2 to patroni1')
    expect(sum(back.phases)).toBe(46_000)
    expect(steps(back.phases)).toEqual(steps(anatomy.phases))
    expect(back.after.map((phase) => phaseName(phase)[0])).toEqual([
      'patroni2 is brought back',
      'patroni2 streams again',
      'all members are healthy',
    ])
  })

  it('never have a gap or an overlap while they go on', () => {
    let state = initialState
    for (const event of eventsOf(...twice({ to: 'patroni3' }))) {
      state = reduce(state, event)
      for (const { phases } of anatomies(state.anatomy)) {
        expect(phases.slice(1).map(({ startMs }) => startMs)).toEqual(phases.slice(0, -1).map(({ endMs }) => endMs))
      }
    }
  })

  it('wait for the promotion of whoever took the key last', () => {
    const upTo = twice({ to: 'patroni3' }).map((list) => list.filter(([atMs]) => atMs <= 46_050))
    expect(only(told(...upTo)).phases.at(-1)).toMatchObject({ awaited: 'promoted', pass: 2, endMs: null })
  })
})
