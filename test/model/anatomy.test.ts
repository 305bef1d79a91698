import { describe, expect, it } from 'vitest'
import { anatomies, latestAnatomy } from '../../src/model/explained.ts'
import type { Anatomy } from '../../src/systems/patroni/explain/shapes.ts'
import { tellAnatomy } from '../../src/systems/patroni/explain/tell-anatomy.ts'
import { initialState, reduce } from '../patroni.ts'
import {
  eventsOf,
  every,
  FAST_CHECK,
  healthy,
  killOf,
  leads,
  lengths,
  run,
  served,
  sum,
  told,
  traffic,
} from './anatomy-events.ts'
import { cluster, config, etcd, happened, haproxy, key, node, postgres, type Timed } from './events.ts'

const one = (list: readonly Anatomy[]): Anatomy => {
  expect(list).toHaveLength(1)
  return list[0] as Anatomy
}
const patroni1 = 'patroni1'
const patroni2 = 'patroni2'

describe('the anatomy of a killed leader', () => {
  const state = run(...killOf())
  const anatomy = one(anatomies(state.anatomy))

  it('splits the outage into phases that sum to it', () => {
    expect(anatomy).toMatchObject({ kind: 'failover', of: 'write', isOpen: false, startMs: 2_000, endMs: 23_000 })
    expect(anatomy).toMatchObject({ from: patroni1, to: patroni2 })
    expect(lengths(anatomy.phases)).toEqual([
      'key-gone 18000',
      'key-taken 2000',
      'promoted 400',
      'proxy-up 500',
      'first-ack 100',
    ])
    expect(sum(anatomy.phases)).toBe(21_000)
  })

  it('is as sharp as the probe that clocked it', () => {
    const slow = killOf().map((list) =>
      list.map(([atMs, body]): Timed => [atMs, body.type === 'probe' ? { ...body, intervalMs: 200 } : body]),
    )
    const { resolutionMs, phases } = one(anatomies(run(...slow).anatomy))
    expect([resolutionMs, phases.at(-1)?.cause]).toEqual([200, { type: 'reconnect', everyMs: 200 }])
  })

  it('has each phase begin where the one before ended', () => {
    const all = [...anatomy.phases, ...anatomy.after]
    expect(all.slice(1).map((phase) => phase.startMs)).toEqual(all.slice(0, -1).map((phase) => phase.endMs))
  })

  it('tells what comes afterwards apart: the old leader brought back, streaming, all healthy', () => {
    expect(lengths(anatomy.after)).toEqual(['lifted 7000', 'streaming 2900', 'healthy 1100'])
  })

  it('proves every moment by the event that showed it', () => {
    const all = eventsOf(...killOf())
    const proof = (name: string) => {
      const seq = anatomy.moments.find((moment) => moment.name === name)?.seq
      const found = all.find((event) => event.seq === seq)
      return [found?.type, found?.atMs]
    }
    expect(proof('fault')).toEqual(['docker.event', 2_010])
    expect(proof('last-ack')).toEqual(['probe', 2_000])
    expect(proof('first-error')).toEqual(['probe', 2_100])
    expect(proof('key-gone')).toEqual(['etcd.leader-key', 20_000])
    expect(proof('key-taken')).toEqual(['etcd.leader-key', 22_000])
    expect(proof('promoted')).toEqual(['postgres.node', 22_400])
    expect(proof('proxy-up')).toEqual(['haproxy.stats', 22_900])
    expect(proof('first-ack')).toEqual(['probe', 23_000])
    expect(proof('streaming')).toEqual(['patroni.node', 32_900])
  })

  it('counts the fault from what Docker confirmed, not from what was asked for', () => {
    expect(anatomy.causes).toMatchObject([{ part: patroni1, how: 'killed', atMs: 2_010, liftedMs: 30_000 }])
    expect(anatomy.moments.find((moment) => moment.name === 'fault')).toMatchObject({ fromMs: 1_990, untilMs: 2_040 })
  })

  it('gives each phase its likely cause, as a value, and the bounds that it allows for', () => {
    const [gone, taken, promoted, proxy, client] = anatomy.phases
    expect(gone).toMatchObject({
      cause: { type: 'ttl', ttlMs: 20_000 },
      bounds: { minMs: 18_010, maxMs: 20_510 },
      isInside: true,
    })
    expect(taken).toMatchObject({
      cause: { type: 'members-silent', members: [patroni1], timeoutMs: 2_000 },
      bounds: { minMs: 2_000, maxMs: 2_750 },
      isInside: true,
    })
    expect(promoted).toMatchObject({ cause: { type: 'replay' }, bounds: { minMs: 0, maxMs: 1_000 }, isInside: true })
    // Counted from the key, 400 ms before the phase began.
    expect(proxy).toMatchObject({
      cause: { type: 'proxy-check', check: { interSeconds: 1, times: 1 } },
      bounds: { minMs: 0, maxMs: 850 },
      isInside: true,
    })
    expect(client).toMatchObject({
      cause: { type: 'reconnect', everyMs: 20 },
      bounds: { minMs: 0, maxMs: 320 },
      isInside: true,
    })
  })

  it('says how far apart the readings are that a moment lies between', () => {
    const [gone, , promoted, proxy] = anatomy.phases
    expect(gone?.resolutionMs).toBe(0)
    expect(promoted?.resolutionMs).toBe(250)
    expect(proxy?.resolutionMs).toBe(250 + 500)
  })

  it('tells it in one sentence', () => {
    expect(anatomy.sentence).toBe(
      'patroni1 was killed: the leader key passed from patroni1 to patroni2, and clients could not write for 21.0 s.',
    )
  })

  it('is plain JSON', () => {
    // What is absent and what is undefined are the same in JSON, and nothing else may be lost on the way.
    expect(JSON.parse(JSON.stringify(anatomy))).toEqual(anatomy)
  })

  it('learns of redundancy restored after many more outages, too', () => {
    const between = [24_200, 25_600, 27_000, 28_400, 29_800, 31_200]
    const [begun = [], , ...rest] = killOf()
    const spans = [
      served(0, 2_000, 'patroni1'),
      served(23_000, 24_000, 'patroni2'),
      ...between.map((fromMs) => served(fromMs, fromMs + 1_200, 'patroni2')),
      served(32_600, 36_000, 'patroni2'),
    ]
    const all = told(begun, traffic(spans), ...rest)
    expect(all).toHaveLength(8)
    const failover = all.find(({ from, to }) => from === 'patroni1' && to === 'patroni2')
    expect(lengths(failover?.after ?? []).map((each) => each.split(' ')[0])).toContain('streaming')
    expect(lengths(failover?.after ?? []).join()).not.toContain('…')
  })

  it('is told as a waterfall in text', () => {
    const unknown = 'not known (the lab may not read the nodes’ logs); likely '
    expect(tellAnatomy(anatomy).map((line) => line.replace(/ +[█·]*$/u, ''))).toEqual([
      anatomy.sentence,
      `  00:02.0  18.0 s             the leader key expires  [${unknown}ttl 20 s: 18.0 s to 20.5 s, as predicted]`,
      `  00:20.0  2.00 s             patroni2 takes the leader key  [${unknown}patroni1 does not answer: Patroni’s fixed 2 s for each member asked: 2.00 s to 2.75 s, as predicted]`,
      `  00:22.0  400 ms ± 250 ms    PostgreSQL on patroni2 comes out of recovery  [${unknown}WAL left to replay: none: up to 1.00 s, as predicted]`,
      '  00:22.4  500 ms ± 750 ms    the proxy marks patroni2 UP  [HAProxy inter 1 s × rise 1: up to 850 ms, as predicted]',
      '  00:22.9  100 ms ± 500 ms    clients get through  [client reconnect, every 20 ms: up to 320 ms, as predicted]',
      '            21.0 s in all',
      '  00:23.0  7.00 s             patroni1 is brought back',
      '  00:30.0  2.90 s ± 500 ms    patroni1 streams again',
      '  00:32.9  1.10 s ± 1.00 s    all members are healthy',
    ])
  })
})

describe('a bound', () => {
  const phaseOf = (awaited: string, ...lists: Timed[][]) =>
    one(told(...lists)).phases.find((phase) => phase.awaited === awaited)

  it.each([
    ['a key at its earliest', { goneMs: 20_000, takenMs: 20_500 }, 'key-gone', true],
    ['a key at its latest', { goneMs: 22_540, takenMs: 22_600, promotedMs: 22_700 }, 'key-gone', true],
    ['a proxy that takes two checks too many', { upMs: 26_000, ackMs: 26_100 }, 'proxy-up', false],
    ['clients that come back late', { ackMs: 25_000 }, 'first-ack', false],
  ])('is kept or broken: %s', (_, times, awaited, isInside) => {
    expect(phaseOf(awaited, ...killOf(times))).toMatchObject({ isInside })
  })

  it.each([
    ['a key that expires before its ttl could be over', { goneMs: 19_000, takenMs: 19_500 }, 'key-gone'],
    ['a key that outlives its ttl', { goneMs: 22_600, takenMs: 22_700, promotedMs: 22_750 }, 'key-gone'],
    [
      'a key that nobody takes within loop and questions',
      { goneMs: 21_500, takenMs: 26_100, promotedMs: 26_200, upMs: 26_400, ackMs: 26_500 },
      'key-taken',
    ],
  ])('is not said to be broken where the cause is only likely: %s', (_, times, awaited) => {
    expect(phaseOf(awaited, ...killOf(times))).toMatchObject({ unproven: 'no-access', isInside: null })
  })

  it('allows for readings that are far apart', () => {
    // Seen UP 2.2 s after the key was taken, but last read 1 s after it: it can have been in time.
    const late = killOf({ upMs: 24_200, ackMs: 24_300 })
    const rare = late.map((list) => list.filter(([atMs, body]) => body.type !== 'haproxy.stats' || atMs !== 23_700))
    expect(phaseOf('proxy-up', ...late)?.isInside).toBe(false)
    expect(phaseOf('proxy-up', ...rare, [[23_100, haproxy([], [patroni2, 'patroni3'])]])?.isInside).toBe(true)
  })

  it('is none where the configuration is not known', () => {
    const blind = killOf().map((list) => list.filter(([, body]) => body.type !== 'patroni.config'))
    const { phases } = one(told(...blind))
    expect(phases[0]).toMatchObject({ cause: { type: 'ttl', ttlMs: null }, bounds: null, isInside: null })
    // Patroni's fixed 2 s are no setting.
    expect(phases[1]).toMatchObject({ cause: { type: 'members-silent' }, isInside: true })
  })

  it('is none for a proxy whose checks are not known', () => {
    const [, ...rest] = killOf()
    expect(phaseOf('proxy-up', healthy(null), ...rest)).toMatchObject({
      cause: { type: 'proxy-check', check: null },
      bounds: null,
    })
    expect(phaseOf('proxy-up', healthy({ ...FAST_CHECK, rise: 3 }), ...rest)).toMatchObject({ isInside: false })
  })

  it('of the key counts from a new Raft leader too, which prolongs every lease', () => {
    const elected: Timed[] = [[6_000, etcd('etcd2', { term: 5 })]]
    const late = { goneMs: 26_000, takenMs: 26_500, promotedMs: 26_600, upMs: 26_900, ackMs: 27_000 }
    expect(phaseOf('key-gone', ...killOf(late))?.isInside).toBeNull()
    expect(phaseOf('key-gone', ...killOf(late), elected)?.isInside).toBe(true)
  })

  it('follows the settings as Patroni adjusts them, not as they were set', () => {
    const odd: Timed[] = [
      [
        3,
        {
          type: 'patroni.config',
          via: patroni1,
          reading: {
            ok: true,
            value: {
              ttlSeconds: 5,
              loopWaitSeconds: 30,
              retryTimeoutSeconds: 1,
              isSynchronous: false,
              isFailsafe: false,
            },
          },
        },
      ],
    ]
    // ttl 5 → 20, retry_timeout 1 → 3, loop_wait 30 → 20 − 2 × 3.
    expect(one(told(...killOf(), odd)).timing).toMatchObject({
      ttlMs: 20_000,
      loopWaitMs: 14_000,
      retryTimeoutMs: 3_000,
    })
  })
})

describe('outages by other faults', () => {
  it('a stop: the leader serves until it closes its sessions, then releases the key itself', () => {
    const anatomy = one(
      told(healthy(), traffic([served(0, 2_100, patroni1), served(6_000, 9_000, patroni2)], { code: '57P03' }), [
        [2_000, happened('pg-one', 'kill', { signal: 15 })],
        [2_300, postgres(patroni1, '57P03')],
        [3_200, key(null, 6)],
        [3_500, happened('pg-one', 'die', { exitCode: 0 })],
        [4_000, key(patroni2, 7)],
        [4_300, postgres(patroni2, { isInRecovery: false, timeline: 5 })],
        [5_000, haproxy([patroni2], ['patroni3'])],
      ]),
    )
    expect(lengths(anatomy.before)).toEqual(['last-ack 100'])
    expect(lengths(anatomy.phases)).toEqual([
      'key-gone 1100',
      'key-taken 800',
      'promoted 300',
      'proxy-up 700',
      'first-ack 1000',
    ])
    expect(anatomy.phases[0]).toMatchObject({ cause: { type: 'release' }, unproven: 'no-access', bounds: null })
    expect(anatomy.sentence).toContain('patroni1 was stopped')
  })

  it('a pause: as a kill, and told for how long', () => {
    const [base, probes, , ...rest] = killOf()
    const paused: Timed[] = [
      [2_000, happened('pg-one', 'pause')],
      [30_000, happened('pg-one', 'unpause')],
    ]
    const others = rest.map((list) => list.filter(([, body]) => body.type !== 'docker.event'))
    const anatomy = one(told(base as Timed[], probes as Timed[], paused, ...others))
    expect(anatomy).toMatchObject({ kind: 'failover', causes: [{ how: 'paused', liftedMs: 30_000 }] })
    expect(anatomy.phases[0]).toMatchObject({ cause: { type: 'ttl', ttlMs: 20_000 }, isInside: true })
    expect(anatomy.sentence).toMatch(/^patroni1 was paused for 28\.0 s: /)
  })

  const cutOff: Timed[][] = [
    healthy(),
    traffic([served(0, 24_000, patroni1), served(25_000, 28_000, patroni2)]),
    [
      [
        2_000,
        {
          type: 'fault.landed',
          fault: 'partition',
          parts: [patroni1],
          text: 'was cut off from etcd',
          effects: ['cuts-part', 'cuts-from-etcd'],
        },
      ],
      [21_000, key(null, 6)],
      [22_000, key(patroni2, 7)],
      [22_050, postgres(patroni2, { timeline: 4 })],
      [22_300, postgres(patroni2, { isInRecovery: false, timeline: 5 })],
      [23_000, haproxy([patroni1], [patroni2, 'patroni3'])],
      [24_500, haproxy([patroni2], ['patroni3'])],
    ],
  ]

  it('a partition: what happened while the old leader still served is told before the outage', () => {
    const anatomy = one(told(...cutOff))
    expect(anatomy.kind).toBe('failover')
    expect(lengths(anatomy.before)).toEqual(['key-gone 19000', 'key-taken 1000', 'promoted 300', 'last-ack 1700'])
    expect(lengths(anatomy.phases)).toEqual(['proxy-up 500', 'first-ack 500'])
    expect(sum(anatomy.phases)).toBe(1_000)
    // Nobody has said that it was the retries: what they would have taken tells nothing against the cluster.
    expect(anatomy.before.at(-1)).toMatchObject({
      awaited: 'last-ack',
      cause: { type: 'retries' },
      unproven: 'no-access',
      bounds: { minMs: 0, maxMs: 0 },
      isInside: null,
    })
  })

  it('a partition in which the leader steps down in time is as predicted', () => {
    const [base, , [landed] = [], ...rest] = cutOff
    const inTime = traffic([served(0, 9_000, patroni1), served(25_000, 28_000, patroni2)])
    const anatomy = one(
      told(base as Timed[], inTime, [landed as Timed, [21_000, key(null, 6)], [22_000, key(patroni2, 7)]], ...rest),
    )
    expect(anatomy.before).toMatchObject([
      {
        awaited: 'last-ack',
        cause: { type: 'retries', loopWaitMs: 2_000, retryTimeoutMs: 3_000 },
        bounds: { minMs: 2_500, maxMs: 8_000 },
        isInside: true,
      },
    ])
    expect(anatomy.phases[0]).toMatchObject({
      awaited: 'key-gone',
      cause: { type: 'ttl', ttlMs: 20_000 },
      bounds: { minMs: 11_000, maxMs: 13_500 },
    })
  })

  it('a restart in place: the same leader, the same timeline, no failover', () => {
    const anatomy = one(
      told(healthy(), traffic([served(0, 2_000, patroni1), served(3_500, 6_000, patroni1)], { code: '57P03' }), [
        [2_200, postgres(patroni1, 'ECONNRESET')],
        [3_000, postgres(patroni1, '57P03')],
        [3_250, postgres(patroni1, { isInRecovery: false, timeline: 4 })],
      ]),
    )
    expect(anatomy).toMatchObject({
      kind: 'restart-in-place',
      timelines: { before: 4, after: 4 },
      from: patroni1,
      to: patroni1,
    })
    expect(lengths(anatomy.phases)).toEqual(['promoted 1250', 'first-ack 250'])
    expect(anatomy.phases[0]).toMatchObject({
      cause: { type: 'crash-recovery', loopWaitMs: 2_000 },
      bounds: { minMs: 0, maxMs: 4_500 },
    })
    expect(anatomy.sentence).toBe(
      'PostgreSQL on patroni1 was restarted in place (same leader, same timeline 4), and clients could not write for 1.50 s.',
    )
  })

  it('the same leader on a new timeline was promoted again: that is no restart in place', () => {
    const anatomy = one(
      told(healthy(), traffic([served(0, 2_000, patroni1), served(9_000, 11_000, patroni1)]), [
        [2_010, happened('pg-one', 'kill', { signal: 9 })],
        [2_200, postgres(patroni1, 'ECONNREFUSED')],
        [3_000, happened('pg-one', 'start')],
        [5_000, postgres(patroni1, { timeline: 4 })],
        [8_000, postgres(patroni1, { isInRecovery: false, timeline: 5 })],
      ]),
    )
    expect(anatomy).toMatchObject({ kind: 'leader-returned', timelines: { before: 4, after: 5 } })
    expect(lengths(anatomy.phases)).toEqual(['lifted 1000', 'promoted 5000', 'first-ack 1000'])
  })

  it('a leader that was paused for less than its ttl was kept', () => {
    const anatomy = one(
      told(healthy(), traffic([served(0, 2_000, patroni1), served(7_100, 9_000, patroni1)], { code: 'TIMEOUT' }), [
        [2_010, happened('pg-one', 'pause')],
        [4_200, postgres(patroni1, 'timeout')],
        [7_010, happened('pg-one', 'unpause')],
        [7_200, postgres(patroni1, { isInRecovery: false, timeline: 4 })],
      ]),
    )
    expect(anatomy.kind).toBe('leader-kept')
    expect(anatomy.sentence).toBe(
      'patroni1 was paused for 5.00 s: patroni1 stayed the leader, and clients could not write for 5.10 s.',
    )
    // That it answered the clients at 7.1 s proves that it was there before it was read.
    expect(lengths(anatomy.phases)).toEqual(['lifted 5010', 'promoted 90', 'first-ack 0'])
  })

  const proxyGone: Timed[] = [
    [2_010, happened('haproxy', 'kill', { signal: 9 })],
    [2_020, happened('haproxy', 'die', { exitCode: 137 })],
    [2_500, { type: 'haproxy.stats', reading: { ok: false, error: 'ECONNREFUSED' } }],
    [6_000, happened('haproxy', 'start')],
    [6_500, haproxy([patroni1], [patroni2, 'patroni3'])],
  ]
  const proxyTraffic = (kind: 'write' | 'read') =>
    traffic(
      [
        served(0, 2_000, kind === 'write' ? patroni1 : patroni2),
        served(6_200, 9_000, kind === 'write' ? patroni1 : patroni2),
      ],
      { code: 'ECONNREFUSED', kind },
    )

  it('a stopped proxy: the cluster had its leader all along', () => {
    const anatomy = one(told(healthy(), proxyTraffic('write'), proxyGone))
    expect(anatomy.kind).toBe('proxy-down')
    expect(lengths(anatomy.phases)).toEqual(['lifted 4000', 'proxy-back 200', 'first-ack 0'])
    expect(anatomy.sentence).toBe(
      'haproxy was killed: the proxy was gone, patroni1 stayed the leader, and clients could not write for 4.20 s.',
    )
  })

  it('reads through a stopped proxy have an outage of their own', () => {
    const both = told(healthy(), proxyTraffic('write'), proxyTraffic('read'), proxyGone)
    expect(both.map(({ of, kind }) => [of, kind])).toEqual([
      ['write', 'proxy-down'],
      ['read', 'proxy-down'],
    ])
    expect(sum(both[1]?.phases ?? [])).toBe(4_200)
    expect(both[1]?.sentence).not.toContain('leader')
  })

  it('reads without any replica wait for the proxy to have one', () => {
    const anatomy = one(
      told(healthy(), traffic([served(0, 2_000, patroni2), served(8_000, 10_000, 'patroni3')], { kind: 'read' }), [
        [1_990, happened('patroni2', 'kill', { signal: 9 })],
        [1_995, happened('patroni3', 'kill', { signal: 9 })],
        [4_000, haproxy([patroni1], [])],
        [5_000, happened('patroni3', 'start')],
        [7_400, haproxy([patroni1], [])],
        [7_900, haproxy([patroni1], ['patroni3'])],
      ]),
    )
    expect(anatomy).toMatchObject({ of: 'read', kind: 'replicas-lost' })
    expect(lengths(anatomy.phases)).toEqual(['lifted 3000', 'replica-up 2900', 'first-ack 100'])
    expect(anatomy.sentence).toBe(
      'patroni2 and patroni3 were killed: the proxy had no replica to lead to, and clients could not read for 6.00 s.',
    )
  })

  const quorumLost: Timed[] = [
    [2_000, happened('etcd1', 'kill', { signal: 15 })],
    [2_050, happened('etcd1', 'die', { exitCode: 0 })],
    [2_500, happened('etcd2', 'kill', { signal: 15 })],
    [2_600, happened('etcd2', 'die', { exitCode: 0 })],
    [3_000, etcd('etcd1', 'ECONNREFUSED')],
    [3_100, etcd('etcd2', 'ECONNREFUSED')],
    [4_000, etcd('etcd3', { hasQuorum: false, leaderId: null })],
    [20_000, happened('etcd1', 'start')],
    [20_100, happened('etcd2', 'start')],
    [20_800, etcd('etcd3', { hasQuorum: false, leaderId: null })],
    [21_000, etcd('etcd3', { term: 5, isLeader: true })],
  ]

  it('a lost quorum that gives the same leader back: it stepped down, and its key never went', () => {
    const anatomy = one(
      told(healthy(), traffic([served(0, 8_000, patroni1), served(24_000, 27_000, patroni1)]), quorumLost, [
        [8_200, postgres(patroni1, '57P03')],
        [9_000, postgres(patroni1, { timeline: 4 })],
        [22_750, postgres(patroni1, { timeline: 4 })],
        [23_000, postgres(patroni1, { isInRecovery: false, timeline: 5 })],
        [10_000, haproxy([], ['patroni2', 'patroni3'])],
        [23_600, haproxy([patroni1], ['patroni2', 'patroni3'])],
      ]),
    )
    expect(anatomy).toMatchObject({ kind: 'quorum-lost', from: patroni1, to: patroni1 })
    // It counts from the fault that broke the quorum, the second.
    expect(anatomy.before).toMatchObject([
      { awaited: 'last-ack', startMs: 2_500, isInside: true, bounds: { minMs: 0, maxMs: 20_000 } },
    ])
    expect(sum(anatomy.before)).toBe(5_500)
    expect(lengths(anatomy.phases)).toEqual([
      'lifted 12000',
      'quorum-regained 1000',
      'promoted 2000',
      'proxy-up 600',
      'first-ack 400',
    ])
    // With one of them back, two of three can agree: nobody waits for the other.
    expect(anatomy.phases.slice(0, 2)).toMatchObject([
      { part: 'etcd1', cause: null },
      { cause: { type: 'election' }, isInside: true },
    ])
    expect(anatomy.sentence).toBe(
      'etcd1 and etcd2 were stopped: etcd had no quorum, and clients could not write for 16.0 s; patroni1 had stepped down, and leads again.',
    )
  })

  it('a lost quorum in failsafe mode, in which nobody gives up: that clients were served until then has no such cause', () => {
    const failsafe: Timed[] = [[500, config({ isFailsafe: true })]]
    const spans = [served(0, 8_000, patroni1), served(9_800, 12_000, patroni1)]
    const anatomy = one(told(healthy(), failsafe, traffic(spans), quorumLost.slice(0, -4)))
    expect(anatomy).toMatchObject({ kind: 'quorum-lost', before: [{ awaited: 'last-ack', cause: null }] })
  })

  it('a lost quorum in which the leader was killed too: it had not stepped down', () => {
    const anatomy = one(
      told(healthy(), traffic([served(0, 3_000, patroni1), served(24_000, 27_000, patroni1)]), quorumLost, [
        [3_050, happened('pg-one', 'kill', { signal: 9 })],
        [3_100, postgres(patroni1, 'ECONNRESET')],
        [20_200, happened('pg-one', 'start')],
        [22_750, postgres(patroni1, '57P03')],
        [23_000, postgres(patroni1, { isInRecovery: false, timeline: 4 })],
      ]),
    )
    expect(anatomy.sentence).toMatch(/clients could not write for 21\.0 s; patroni1 leads again\. While it lasted/)
  })

  it('a lost quorum that one member back does not give again: the wait for the second is not blamed on an election', () => {
    const anatomy = one(
      told(
        healthy(),
        traffic([served(0, 8_000, patroni1), served(29_000, 31_000, patroni1)]),
        quorumLost.slice(0, -4),
        [
          [4_100, happened('etcd3', 'die', { exitCode: 137 })],
          [5_000, etcd('etcd3', 'ECONNREFUSED')],
          [20_000, happened('etcd1', 'start')],
          [20_800, etcd('etcd1', { hasQuorum: false, leaderId: null })],
          [26_000, happened('etcd2', 'start')],
          [27_000, etcd('etcd1', { term: 5, isLeader: true })],
          [27_500, happened('etcd3', 'start')],
        ],
      ),
    )
    expect(lengths(anatomy.phases).slice(0, 2)).toEqual(['lifted 18000', 'quorum-regained 1000'])
    expect(anatomy.phases[0]).toMatchObject({ part: 'etcd2' })
  })

  it('a lost quorum after which another leads', () => {
    const anatomy = one(
      told(healthy(), traffic([served(0, 8_000, patroni1), served(45_000, 47_000, patroni2)]), quorumLost, [
        [41_000, key(null, 8)],
        [42_000, key(patroni2, 9)],
        [43_000, postgres(patroni2, { isInRecovery: false, timeline: 5 })],
        [44_000, haproxy([patroni2], ['patroni3'])],
      ]),
    )
    expect(anatomy).toMatchObject({ kind: 'quorum-lost', from: patroni1, to: patroni2 })
    expect(lengths(anatomy.phases).map((each) => each.split(' ')[0])).toEqual([
      'lifted',
      'quorum-regained',
      'key-gone',
      'key-taken',
      'promoted',
      'proxy-up',
      'first-ack',
    ])
    expect(anatomy.sentence).toContain('patroni2 leads since, before it was patroni1')
  })

  it('a switchover whose key passes without a gap has no wait for a key that is gone', () => {
    const anatomy = one(
      told(healthy(), traffic([served(0, 2_000, patroni1), served(4_000, 6_000, patroni2)], { code: '57P01' }), [
        [3_000, key(patroni2, 7)],
        [3_300, postgres(patroni2, { isInRecovery: false, timeline: 5 })],
        [3_900, haproxy([patroni2], ['patroni3'])],
      ]),
    )
    expect(anatomy).toMatchObject({ kind: 'failover', causes: [], before: [] })
    expect(lengths(anatomy.phases)).toEqual(['key-taken 1000', 'promoted 300', 'proxy-up 600', 'first-ack 100'])
    expect(anatomy.sentence).toBe(
      'The leader key passed from patroni1 to patroni2, and clients could not write for 2.00 s.',
    )
  })

  it('an outage that nothing explains is told as such', () => {
    const spans = [served(0, 2_000, patroni1), served(3_000, 5_000, patroni1)]
    const anatomy = one(told(healthy(), traffic(spans)))
    expect(anatomy).toMatchObject({ kind: 'unknown', causes: [] })
    expect(lengths(anatomy.phases)).toEqual(['first-ack 1000'])
    expect(anatomy.sentence).toBe('Clients could not write for 1.00 s. Nothing that was seen explains it.')
    expect(lengths(anatomy.after)).toEqual(['healthy 0'])
  })

  it('a failure of all etcd readings for a moment does not make it a lost quorum', () => {
    const away: Timed[] = ['etcd1', 'etcd2', 'etcd3'].map((name) => [2_100, etcd(name, 'timeout')])
    const back: Timed[] = ['etcd1', 'etcd2', 'etcd3'].map((name) => [3_100, etcd(name, {})])
    const spans = [served(0, 2_000, patroni1), served(3_200, 5_000, patroni1)]
    expect(one(told(healthy(), traffic(spans), away, back)).kind).toBe('unknown')
  })

  it('readings of the proxy that were missed once do not make it the cause', () => {
    const missed: Timed[] = [
      [2_500, { type: 'haproxy.stats', reading: { ok: false, error: 'timeout' } }],
      [3_000, haproxy([patroni1], [patroni2, 'patroni3'])],
    ]
    const spans = [served(0, 2_000, patroni1), served(9_000, 11_000, patroni1)]
    expect(one(told(healthy(), traffic(spans), missed)).kind).toBe('unknown')
  })
})

describe('several at once', () => {
  it('keeps two failovers of one run apart, each with its own phases', () => {
    const again: Timed[][] = [
      traffic([served(41_000, 44_000, patroni1)]).filter(([ms]) => ms > 36_000),
      [
        [36_010, happened('patroni2', 'kill', { signal: 9 })],
        [38_000, key(null, 20)],
        [39_000, key(patroni1, 21)],
        [39_500, postgres(patroni1, { isInRecovery: false, timeline: 6 })],
        [40_500, haproxy([patroni1], ['patroni3'])],
      ],
    ]
    const both = told(...killOf(), ...again)
    expect(both.map(({ from, to, kind }) => [from, to, kind])).toEqual([
      [patroni1, patroni2, 'failover'],
      [patroni2, patroni1, 'failover'],
    ])
    expect(both.map((each) => sum(each.phases))).toEqual([21_000, 5_000])
    expect(both[0]?.moments.some((moment) => moment.atMs > 36_000)).toBe(false)
    expect(both[1]?.causes.map((cause) => cause.part)).toEqual([patroni2])
    // Two seconds for an expiry is what no ttl explains: that it was one is only likely.
    expect(both[1]?.phases[0]).toMatchObject({ awaited: 'key-gone', unproven: 'no-access', isInside: null })
  })

  it('tells of a fault that lands while an outage is open', () => {
    const second: Timed[] = [[10_000, happened('etcd3', 'pause')]]
    const anatomy = one(told(...killOf(), second))
    expect(anatomy.during).toMatchObject([{ part: 'etcd3', how: 'paused', atMs: 10_000 }])
    expect(anatomy.sentence).toContain('While it lasted, etcd3 was paused.')
  })

  it('tells a failover that clients did not notice, and one that nobody was there to notice', () => {
    const pass: Timed[] = [
      [2_000, key(null, 6)],
      [2_010, key(patroni2, 7)],
      [2_020, postgres(patroni2, { isInRecovery: false, timeline: 5 })],
      [2_030, haproxy([patroni2], ['patroni3'])],
    ]
    const acks = traffic([served(0, 2_000, patroni1), served(2_020, 6_000, patroni2)])
    const noticed = one(told(healthy(), acks, pass))
    expect(noticed).toMatchObject({ kind: 'failover', outage: null, isMeasured: true, startMs: 2_000, endMs: 2_030 })
    expect(sum(noticed.phases)).toBe(30)
    expect(noticed.sentence).toBe('The leader key passed from patroni1 to patroni2; clients noticed nothing.')
    const alone = one(told(healthy(), pass))
    expect(alone).toMatchObject({ outage: null, isMeasured: false })
    expect(alone.sentence).toContain('no client was there to notice')
  })

  it('tells a failover once, when its outage comes to light after the key has passed', () => {
    expect(told(...killOf({ goneMs: 2_001, takenMs: 2_002 }))).toHaveLength(1)
  })
})

describe('an outage that is open', () => {
  const upTo = (ms: number) => killOf().map((list) => list.filter(([atMs]) => atMs <= ms))
  const openAt = (ms: number) => one(told(...upTo(ms)))

  it.each([
    [5_000, ['key-gone …']],
    [21_700, ['key-gone 18000', 'key-taken …']],
    [22_100, ['key-gone 18000', 'key-taken 2000', 'promoted …']],
    [22_500, ['key-gone 18000', 'key-taken 2000', 'promoted 400', 'proxy-up …']],
    [22_950, ['key-gone 18000', 'key-taken 2000', 'promoted 400', 'proxy-up 500', 'first-ack …']],
    [23_500, ['key-gone 18000', 'key-taken 2000', 'promoted 400', 'proxy-up 500', 'first-ack 100']],
  ])('fills phase by phase: at %d ms', (ms, expected) => {
    const anatomy = openAt(ms)
    expect(anatomy.isOpen).toBe(true)
    expect(anatomy.endMs).toBeNull()
    expect(lengths(anatomy.phases)).toEqual(expected)
  })

  it('knows what is predicted for the phase that it waits in', () => {
    expect(openAt(5_000).phases[0]).toMatchObject({
      cause: { type: 'ttl', ttlMs: 20_000 },
      bounds: { minMs: 18_010, maxMs: 20_510 },
      isInside: null,
    })
  })

  it('is told as open at the end of the log', () => {
    expect(openAt(21_000).sentence).toBe('patroni1 was killed: clients cannot write since 00:02.0: still open.')
  })

  it('does not say that it is over while the recovery may not last', () => {
    expect(openAt(23_500).sentence).toBe(
      'patroni1 was killed: the leader key passed from patroni1 to patroni2, and clients could not write for 21.0 s, and whether it lasts shows within a second.',
    )
  })

  const lost = traffic([served(0, 2_000, patroni1)], { untilMs: 5_000 })
  const noQuorum = ['etcd1', 'etcd2', 'etcd3'].map((name): Timed => [1_500, etcd(name, { hasQuorum: false })])

  it.each<[string, string, Timed[]]>([
    [
      'PostgreSQL to come back, when the leader runs and its PostgreSQL does not',
      'promoted',
      [[2_200, postgres(patroni1, '57P03')]],
    ],
    ['the proxy, when the leader is up and the proxy says otherwise', 'proxy-up', [[3_000, haproxy([], [patroni2])]]],
    ['a quorum', 'quorum-regained', noQuorum],
    ['the proxy to be started', 'lifted', [[1_990, happened('haproxy', 'kill', { signal: 9 })]]],
    ['a leader, when nobody has the key', 'key-taken', [[2_100, key(null, 9)]]],
    ['nothing that can be named', 'first-ack', []],
  ])('says what is waited for: %s', (_, awaited, more) => {
    const anatomy = one(told(healthy(), lost, more))
    expect(anatomy).toMatchObject({ isOpen: true })
    expect(anatomy.phases.at(-1)).toMatchObject({ awaited, endMs: null })
  })

  it('without a quorum says only whether there is one again', () => {
    expect(one(told(healthy(), lost, noQuorum)).sentence).toContain('etcd has none yet')
    const back: Timed = [4_000, etcd('etcd1', {})]
    expect(one(told(healthy(), lost, noQuorum, [back])).sentence).toContain('etcd has one again')
  })

  it('does not take an etcd that it cannot hear for one without a quorum', () => {
    const away = ['etcd1', 'etcd2', 'etcd3'].map((name): Timed => [1_500, etcd(name, 'timeout')])
    const anatomy = one(told(healthy(), lost, away))
    expect(anatomy).toMatchObject({ kind: 'quorum-lost', etcd: 'not-heard' })
    expect(anatomy.sentence).toBe(
      'No etcd member answered, and clients cannot write since 00:02.0: still open; none does yet.',
    )
  })

  it('gives way to the ended one, whose aftermath is open until all is whole', () => {
    const state = run(...upTo(31_000))
    expect(state.anatomy.open).toEqual([])
    expect(latestAnatomy(state.anatomy)).toMatchObject({ isOpen: false, endMs: 23_000 })
    expect(lengths(latestAnatomy(state.anatomy)?.after ?? [])).toEqual(['lifted 7000', 'streaming …'])
  })
})

describe('the track', () => {
  it('never has a phase of negative length, a gap or an overlap, at any moment of any of these runs', () => {
    let state = initialState
    for (const event of eventsOf(...killOf())) {
      state = reduce(state, event)
      for (const each of anatomies(state.anatomy)) {
        for (const list of [each.before, each.phases, each.after]) {
          for (const [index, phase] of list.entries()) {
            expect((phase.endMs ?? phase.startMs) - phase.startMs).toBeGreaterThanOrEqual(0)
            if (index > 0) expect(phase.startMs).toBe(list[index - 1]?.endMs)
          }
        }
        if (each.endMs !== null) expect(sum(each.phases)).toBe(each.endMs - each.startMs)
      }
    }
  })

  it('stays bounded however much flaps, and keeps the fault', () => {
    const flapping = every(2_100, 400_000, 100, haproxy([], [])).flatMap(([atMs, body], index): Timed[] => [
      [atMs, index % 2 ? body : haproxy([patroni1], [])],
    ])
    const state = run(healthy(), [[2_000, happened('pg-one', 'kill', { signal: 9 })]], flapping)
    expect(state.anatomy.observations.seen.length).toBeLessThanOrEqual(1_000)
    expect(state.anatomy.observations.seen.some((each) => each.is === 'fault')).toBe(true)
  })

  it('leaves itself alone when nothing changed', () => {
    const state = run(...killOf())
    const same = { seq: 9_999, atMs: 36_100, ...leads(patroni2, [patroni1, 'patroni3']) }
    expect(reduce(state, same).anatomy).toBe(state.anatomy)
    const quiet = { seq: 10_000, atMs: 36_100, ...node('patroni3', {}) }
    expect(reduce(state, quiet).anatomy).toBe(state.anatomy)
    expect(reduce(state, { seq: 10_001, atMs: 36_100, ...cluster({ patroni2: 'leader' }) }).splitBrain).toBe(
      state.splitBrain,
    )
  })
})
