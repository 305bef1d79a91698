import { describe, expect, it } from 'vitest'
import type { EventBody, ProbeAnswer } from '../../src/model/events.ts'
import { anatomies } from '../../src/model/explained.ts'
import { seededRng } from '../../src/model/rng.ts'
import { phaseName } from '../../src/systems/patroni/explain/phase-words.ts'
import type { Anatomy } from '../../src/systems/patroni/explain/shapes.ts'
import { tellAnatomy } from '../../src/systems/patroni/explain/tell-anatomy.ts'
import { initialState, reduce } from '../patroni.ts'
import { eventsOf, healthy, leads, lengths, served, sum, told, traffic } from './anatomy-events.ts'
import {
  ack,
  cluster,
  container,
  err,
  etcd,
  happened,
  haproxy,
  key,
  linesOf,
  node,
  postgres,
  probe,
  type Timed,
} from './events.ts'

const killing = { id: 'k', fault: 'kill', parts: ['patroni1'] }

const NODES = ['patroni1', 'patroni2', 'patroni3'] as const

/** A run in which anything happens at any time, in step with nothing else. */
function anything(seed: number): Timed[] {
  const random = seededRng(seed)
  const one = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T
  let atMs = 100
  let revision = 10
  let isServing = true
  const makers: (() => EventBody)[] = [
    () => key(one([...NODES, null]), ++revision),
    () =>
      postgres(
        one(NODES),
        one([{ isInRecovery: true }, { isInRecovery: false, timeline: revision }, 'timeout', '57P03']),
      ),
    () => leads(one(NODES), [one(NODES)]),
    () => node(one(NODES), one([{ state: 'starting' }, {}, 'ECONNREFUSED'])),
    () => haproxy([one(NODES)], [one(NODES)]),
    () => ({ type: 'haproxy.stats', reading: { ok: false, error: 'ECONNREFUSED' } }),
    () =>
      etcd(
        one(['etcd1', 'etcd2', 'etcd3']),
        one([{}, { hasQuorum: false, leaderId: null }, { term: revision }, 'timeout']),
      ),
    () =>
      happened(one(['pg-one', 'patroni2', 'etcd1', 'haproxy']), one(['kill', 'die', 'pause', 'unpause', 'start']), {
        signal: 9,
      }),
    () => container(one(['pg-one', 'etcd2']), one(['running', 'exited', 'paused', null])),
    () => cluster({ patroni1: 'leader', patroni2: 'replica', patroni3: 'replica' }),
    () => ({
      type: 'fault.landed',
      fault: 'partition',
      parts: [one(NODES)],
      text: 'was cut off',
      effects: random() < 0.5 ? ['cuts-part', 'cuts-from-etcd'] : [],
    }),
    () => ({ type: 'fault.healed', fault: 'partition', parts: [one(NODES)] }),
    () => ({ type: 'fault.requested', ...killing, target: 'leader', text: 'kill', effects: ['takes-part-away'] }),
    () => ({ type: 'fault.healed', ...killing }),
  ]
  return Array.from({ length: 400 }, (): Timed => {
    atMs += Math.round(random() * 120)
    if (random() < 0.08) isServing = !isServing
    if (random() < 0.4) return [atMs, one(makers)()]
    const answers: ProbeAnswer[] = [3, 2, 1, 0].map((n) =>
      isServing ? ack(atMs - n, one(NODES)) : err(atMs - n, '57P03'),
    )
    return [atMs, probe(answers, random() < 0.8 ? 'write' : 'read')]
  })
}

describe('whatever happens', () => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed))(
    'the phases follow each other and sum to the outage (seed %d)',
    (seed) => {
      let state = initialState
      const flaws: string[] = []
      for (const event of eventsOf(healthy(), anything(seed))) {
        state = reduce(state, event)
        flaws.push(...anatomies(state.anatomy).flatMap(flawsOf))
        flaws.push(...state.splitBrain.spans.filter((span) => span.toMs < span.fromMs).map((span) => span.nodes.join()))
      }
      expect(flaws).toEqual([])
      for (const each of anatomies(state.anatomy))
        expect(tellAnatomy(each).join('\n')).not.toMatch(/undefined|NaN|null/)
    },
  )
})

/** What must never be said of any outage. */
function flawsOf({ before, phases, after, moments, startMs, endMs }: Anatomy): string[] {
  const inLists = [before, phases, after].flatMap((list) =>
    list.flatMap((phase, index) => [
      ...((phase.endMs ?? phase.startMs) < phase.startMs ? [`${phase.awaited} lasts less than nothing`] : []),
      ...(phase.resolutionMs < 0 ? [`${phase.awaited} has a resolution of ${phase.resolutionMs}`] : []),
      ...(index > 0 && phase.startMs !== list[index - 1]?.endMs ? [`a gap before ${phase.awaited}`] : []),
    ]),
  )
  const isOff = endMs !== null && Math.abs(sum(phases) - (endMs - startMs)) > 1e-6
  const late = moments.filter((moment) => moment.fromMs > moment.atMs).map(({ name }) => `${name} from after itself`)
  return [...inLists, ...late, ...(isOff ? [`phases of ${sum(phases)} ms in ${endMs - startMs} ms`] : [])]
}

describe('a recovery that flickers', () => {
  const flickering = (): Timed[][] => [
    healthy(),
    traffic(
      [
        served(0, 2_000, 'patroni1'),
        served(2_400, 2_420, 'patroni1'),
        served(4_000, 4_100, 'patroni1'),
        served(6_000, 8_000, 'patroni1'),
      ],
      { code: '57P03' },
    ),
    [
      [2_500, postgres('patroni1', '57P03')],
      [3_800, postgres('patroni1', { isInRecovery: false, timeline: 4 })],
    ],
  ]

  it('is told apart from the wait for clients to get through at all', () => {
    const [anatomy] = told(...flickering())
    expect(lengths(anatomy?.phases ?? [])).toEqual(['promoted 1800', 'flicker 200', 'first-ack 2000'])
    expect(anatomy?.phases.map((phase) => phaseName(phase)[0]).slice(1)).toEqual([
      'clients get through',
      'acknowledgements become steady',
    ])
    expect(anatomy?.phases.map((phase) => phase.isInside)).toEqual([true, true, null])
  })

  it('is not told as if nothing had got through', () => {
    expect(told(...flickering())[0]?.sentence).toContain(
      'clients could not write reliably for 4.00 s (a few got through in between)',
    )
  })
})

it('a fault that Docker knows nothing of has a line of its own', () => {
  const parts = ['patroni1']
  expect(
    linesOf([
      ...healthy(),
      [
        2_000,
        {
          type: 'fault.landed',
          fault: 'partition',
          parts,
          text: 'was cut off from etcd',
          effects: ['cuts-part', 'cuts-from-etcd'],
        },
      ],
      [9_000, { type: 'fault.healed', fault: 'partition', parts }],
    ]).slice(-2),
  ).toEqual(['bad patroni1: patroni1 was cut off from etcd', 'good patroni1: partition of patroni1 healed'])
})
