import { describe, expect, it } from 'vitest'
import type { EventBody, OperationKind } from '../../src/model/events.ts'
import type { Anatomy } from '../../src/systems/patroni/explain/shapes.ts'
import { every, healthy, lengths, run, served, told, traffic } from './anatomy-events.ts'
import { happened, haproxy, node, noProxy, postgres, shapeOfTwo, started, type Timed } from './events.ts'

const patroni1 = 'patroni1'
type Name = 'haproxy' | 'haproxy2'

/** A reading of a proxy that leads as it should; how many sessions it carries in each listener. */
function reads(name: Name, sessions: number, leader: readonly string[] = [patroni1]): EventBody {
  const read = haproxy(leader, ['patroni2', 'patroni3']) as Extract<EventBody, { type: 'haproxy.stats' }>
  const value = read.reading.ok ? read.reading.value : { listeners: [] }
  const listeners = value.listeners.map((listener) => ({ ...listener, sessions }))
  return { type: 'haproxy.stats', proxy: name, reading: { ok: true, value: { listeners } } }
}

/** A healthy lab with two proxies of which its clients know both, or the first alone; they are on one of them. */
function two({ endpoints = 2, on = 'haproxy' as Name } = {}): Timed[] {
  const known = endpoints === 1 ? {} : { endpoints }
  return [
    ...healthy().slice(1),
    [0, { ...started, lab: shapeOfTwo } as EventBody],
    [0, { type: 'traffic.set', isOn: true, writesPerSecond: 50, readsPerSecond: 100, ...known }],
    [18, reads('haproxy', on === 'haproxy' ? 9 : 0)],
    [19, reads('haproxy2', on === 'haproxy2' ? 9 : 0)],
  ]
}

/** Clients that get nothing between the two. */
function gap(fromMs: number, toMs: number, kind: OperationKind = 'write'): Timed[] {
  const server = kind === 'write' ? patroni1 : 'patroni2'
  return traffic([served(0, fromMs, server), served(toMs, 12_000, server)], { code: 'ECONNREFUSED', kind })
}

/** Killed, and seen to be gone by its statistics; started again, if it is. */
function dead(name: Name, atMs: number, backMs: number | null = null): Timed[] {
  return [
    [atMs, happened(name, 'kill', { signal: 9 })],
    [atMs + 10, happened(name, 'die', { exitCode: 137 })],
    [atMs + 400, noProxy(name)],
    ...(backMs === null ? [] : [[backMs, happened(name, 'start')] as Timed, [backMs + 500, reads(name, 0)] as Timed]),
  ]
}

function one(all: readonly Anatomy[]): Anatomy {
  expect(all).toHaveLength(1)
  return all[0] as Anatomy
}

const named = ({ causes }: Anatomy) => causes.map(({ part }) => part)

describe('clients that know two proxies', () => {
  it('have no outage while one of them is down', () => {
    const state = run(two(), gap(12_000, 12_000), dead('haproxy2', 2_000, 6_000))
    expect([state.outages, state.anatomy.ended]).toEqual([[], []])
  })

  it.each(['write', 'read'] as const)(
    'have one when both are: both are named, and the first that is back ends it (%s)',
    (kind) => {
      const anatomy = one(
        told(two(), gap(2_000, 6_200, kind), dead('haproxy', 2_000, 9_000), dead('haproxy2', 1_990, 6_000)),
      )
      expect([anatomy.kind, named(anatomy)]).toEqual(['proxy-down', ['haproxy2', 'haproxy']])
      expect(lengths(anatomy.phases)).toEqual(['lifted 4000', 'proxy-back 200', 'first-ack 0'])
      expect(anatomy.phases[0]?.part).toBe('haproxy2')
      const stayed = kind === 'write' ? 'patroni1 stayed the leader, and ' : 'and '
      expect(anatomy.sentence).toBe(
        `haproxy and haproxy2 were killed: no proxy was left, ${stayed}clients could not ${kind} for 4.20 s.`,
      )
    },
  )

  it.each(['haproxy', 'haproxy2'] as const)(
    'have a short one when the one that they are on goes: %s is named',
    (name) => {
      const anatomy = one(told(two({ on: name }), gap(2_000, 2_700), dead(name, 2_000)))
      expect([anatomy.kind, named(anatomy)]).toEqual(['proxy-down', [name]])
      expect(anatomy.sentence).toBe(
        `${name} was killed: the proxy was gone, patroni1 stayed the leader, and clients could not write for 700 ms.`,
      )
    },
  )

  it('one that nobody has told of is named by its statistics', () => {
    const anatomy = one(told(two({ on: 'haproxy2' }), gap(2_000, 2_900), every(2_400, 4_000, 500, noProxy('haproxy2'))))
    expect(anatomy.sentence).toBe(
      'haproxy2 did not answer, patroni1 stayed the leader, and clients could not write for 900 ms.',
    )
  })

  const restarted: Timed[] = [
    [2_010, happened('pg-one', 'kill', { signal: 9 })],
    [2_200, postgres(patroni1, 'ECONNREFUSED')],
    [2_250, node(patroni1, { role: 'primary', state: 'starting' })],
    [5_000, postgres(patroni1, { isInRecovery: false, timeline: 4 })],
  ]

  it.each([
    ['has been dead for a while', dead('haproxy2', 300), 'haproxy'],
    ['dies with the leader', dead('haproxy2', 2_000), 'haproxy'],
    ['they were on before it died', dead('haproxy', 300), 'haproxy2'],
  ] as const)('a proxy that %s explains no outage of the leader', (_what, gone, on) => {
    const anatomy = one(told(two({ on }), gap(2_000, 5_200), restarted, gone))
    expect([anatomy.kind, named(anatomy)]).toEqual(['restart-in-place', [patroni1]])
  })

  it('while the leader is gone with the proxy that they were on, nobody is said to have stayed the leader', () => {
    const leader: Timed[] = [
      [2_000, happened('pg-one', 'kill', { signal: 9 })],
      [2_010, happened('pg-one', 'die', { exitCode: 137 })],
      [2_200, postgres(patroni1, 'ECONNREFUSED')],
    ]
    const anatomy = one(told(two(), gap(2_000, 20_000), leader, dead('haproxy', 2_030)))
    expect(anatomy.sentence).toBe(
      'patroni1 was killed: clients cannot write since 00:02.0: still open. While it lasts, haproxy was killed.',
    )
    expect(anatomy.phases.map(({ awaited }) => awaited)).toEqual(['key-gone'])
  })

  it('a proxy that loses its leader while they are on the other explains nothing', () => {
    const lost: Timed[] = [[1_900, reads('haproxy2', 0, [])]]
    const anatomy = one(told(two(), gap(2_000, 5_200), lost))
    expect([anatomy.kind, named(anatomy)]).toEqual(['unknown', []])
  })
})

describe('clients that know the first proxy alone', () => {
  it('have an outage while it is dead, whatever becomes of the second', () => {
    const anatomy = one(
      told(two({ endpoints: 1 }), gap(2_000, 6_200), dead('haproxy', 2_000, 6_000), dead('haproxy2', 1_000, 9_000)),
    )
    expect([anatomy.kind, named(anatomy)]).toEqual(['proxy-down', ['haproxy']])
    expect(lengths(anatomy.phases)).toEqual(['lifted 4000', 'proxy-back 200', 'first-ack 0'])
  })

  it('do not suffer by the second', () => {
    const anatomy = one(told(two({ endpoints: 1 }), gap(2_000, 6_200), dead('haproxy2', 2_000)))
    expect([anatomy.kind, named(anatomy)]).toEqual(['unknown', []])
  })
})

describe('a proxy that leads to nobody', () => {
  const maint = { id: 'm', fault: 'proxy-server', effects: [] }
  const taken = (name: Name): Timed[] => [
    [1_980, { type: 'fault.requested', ...maint, parts: [name], target: name, text: `maint patroni1 of ${name}` }],
    [2_000, { type: 'fault.landed', ...maint, parts: [name], text: 'has patroni1 in maint' }],
    [2_200, reads(name, 0, [])],
    [6_000, { type: 'fault.healed', ...maint, parts: [name] }],
    [6_100, reads(name, 9)],
  ]

  it.each([1, 2])('is named as the cause where clients are on it and know %i', (endpoints) => {
    const anatomy = one(told(two({ endpoints }), gap(2_000, 6_200), taken('haproxy')))
    expect([anatomy.kind, named(anatomy)]).toEqual(['leader-kept', ['haproxy']])
    expect(anatomy.sentence).toBe(
      'haproxy has patroni1 in maint: patroni1 stayed the leader, and clients could not write for 4.20 s.',
    )
  })

  it('is none where clients are on the other', () => {
    const anatomy = one(told(two(), gap(2_000, 6_200), taken('haproxy2')))
    expect([anatomy.kind, named(anatomy)]).toEqual(['unknown', []])
  })
})
