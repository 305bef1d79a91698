import { describe, expect, it } from 'vitest'
import { FaultError } from '../../src/faults/fault.ts'
import type { PartKind } from '../../src/faults/part.ts'
import { resolveTarget } from '../../src/faults/resolve-target.ts'
import { parseTarget, type Target } from '../../src/faults/target.ts'
import { seededRng } from '../../src/model/rng.ts'
import { patroni } from '../../src/systems/patroni/system.ts'
import { cluster, etcd, key, node, play, postgres, started, type Timed } from '../model/events.ts'
import { initialState, type State } from '../patroni.ts'
import { parts } from './fake-world.ts'

const anything: readonly PartKind[] = ['node', 'etcd', 'proxy']

/** All is well: patroni1 leads, patroni3 has received more than patroni2, etcd2 leads etcd. */
const well: readonly Timed[] = [
  [0, started],
  [1, key('patroni1', 7)],
  [2, cluster({ patroni1: 'leader', patroni2: 'replica', patroni3: 'replica' })],
  [3, node('patroni1', { role: 'primary' })],
  [4, node('patroni2', { receivedLsn: 200 })],
  [5, node('patroni3', { receivedLsn: 300 })],
  [6, postgres('patroni1', { isInRecovery: false })],
  [7, postgres('patroni2', {})],
  [8, postgres('patroni3', {})],
  [9, etcd('etcd1', { isLeader: false })],
  [10, etcd('etcd2', { isLeader: true })],
  [11, etcd('etcd3', { isLeader: false })],
]

/** The same, and then these. */
function wellBut(...bodies: readonly Timed[1][]): State {
  return play([...well, ...bodies.map((body, index): Timed => [20 + index, body])])
}

function target(text: string): Target {
  const parsed = parseTarget(text)
  if ('error' in parsed) throw new Error(parsed.error)
  return parsed
}

function resolve(text: string, state = play(well), { seed = 1, aims = anything } = {}): string[] {
  const scene = { parts, state: () => state, system: patroni, missing: [] }
  return resolveTarget(target(text), { type: 'isolate', aims }, scene, seededRng(seed)).map(({ name }) => name)
}

describe('while all is well', () => {
  it.each([
    ['leader', ['patroni1']],
    ['replica', ['patroni2']],
    ['replicas', ['patroni2', 'patroni3']],
    ['next-candidate', ['patroni3']],
    ['nodes', ['patroni1', 'patroni2', 'patroni3']],
    ['etcd-leader', ['etcd2']],
    ['etcd-follower', ['etcd1']],
    ['etcd-followers', ['etcd1', 'etcd3']],
    ['etcd-majority', ['etcd1', 'etcd2']],
    ['etcd', ['etcd1', 'etcd2', 'etcd3']],
    ['haproxy', ['haproxy']],
    ['proxies', ['haproxy']],
    ['patroni2', ['patroni2']],
    ['all(etcd2, leader, leader, patroni1)', ['patroni1', 'etcd2']],
    ['all(replicas, all(etcd-leader))', ['patroni2', 'patroni3', 'etcd2']],
  ])('%s is %j', (text, names) => {
    expect(resolve(text)).toEqual(names)
  })
})

describe('what nobody is at this moment', () => {
  it.each([
    ['leader', 'nobody holds the key', wellBut(key(null, 8))],
    ['sync-standby', 'replication is asynchronous', play(well)],
    ['replicas', 'no replica answers', wellBut(postgres('patroni2', 'gone'), postgres('patroni3', 'gone'))],
    ['etcd-leader', 'its leader does not answer', wellBut(etcd('etcd2', 'gone'))],
    ['leader', 'nothing has been seen yet', initialState],
    ['replica', 'nothing has been seen yet', initialState],
    ['next-candidate', 'nothing has been seen yet', initialState],
    ['etcd-majority', 'nothing has been seen yet', play([])],
  ])('%s, as %s, is refused', (text, _, state) => {
    expect(() => resolve(text, state)).toThrow(new FaultError(`${text}: there is none at this moment`))
  })

  it('an old leader whose key is gone is not taken for the leader', () => {
    expect(() => resolve('leader', wellBut(key(null, 8)))).toThrow(FaultError)
    expect(resolve('leader', wellBut(key(null, 8), key('patroni3', 9)))).toEqual(['patroni3'])
  })

  it('a node out of recovery that does not lead is no replica', () => {
    expect(resolve('replicas', wellBut(postgres('patroni2', { isInRecovery: false })))).toEqual(['patroni3'])
  })
})

describe('who comes first', () => {
  it('a replica that streams, before one that does not', () => {
    const notStreaming = cluster({ patroni1: 'leader', patroni3: 'replica' })
    expect(resolve('replica', wellBut(notStreaming))).toEqual(['patroni3'])
  })

  it('a synchronous standby takes over before a replica that has received more', () => {
    const sync = cluster({ patroni1: 'leader', patroni2: 'sync_standby', patroni3: 'replica' })
    expect(resolve('sync-standby', wellBut(sync))).toEqual(['patroni2'])
    expect(resolve('next-candidate', wellBut(sync))).toEqual(['patroni2'])
  })

  it('a majority of etcd has its leader in it, and one more', () => {
    const third = wellBut(etcd('etcd2', { isLeader: false }), etcd('etcd3', { isLeader: true }))
    expect(resolve('etcd-majority', third)).toEqual(['etcd1', 'etcd3'])
  })
})

describe('chance', () => {
  it('chooses the same from the same seed, in the order of the lab', () => {
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const chosen = resolve('random(of: all(nodes, etcd), count: 3)', play(well), { seed })
      expect(resolve('random(of: all(nodes, etcd), count: 3)', play(well), { seed })).toEqual(chosen)
      expect(new Set(chosen).size).toBe(3)
      expect(chosen).toEqual(parts.map(({ name }) => name).filter((name) => chosen.includes(name)))
    }
  })

  it('chooses the same whatever the order in which the replicas stand at the moment', () => {
    const other = wellBut(cluster({ patroni1: 'leader', patroni3: 'replica' }))
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      expect(resolve('random(of: replicas)', other, { seed })).toEqual(
        resolve('random(of: replicas)', play(well), { seed }),
      )
    }
  })

  it('reaches everybody', () => {
    const seen = new Set(Array.from({ length: 50 }, (_, seed) => resolve('random(of: nodes)', play(well), { seed })[0]))
    expect([...seen].sort()).toEqual(['patroni1', 'patroni2', 'patroni3'])
  })

  it('is refused where there are not so many', () => {
    expect(() => resolve('random(of: replicas, count: 3)')).toThrow('there are only 2 at this moment')
    expect(() => resolve('random(of: all(patroni1, leader), count: 2)')).toThrow('there are only 1 at this moment')
    expect(() => resolve('random(of: sync-standby)')).toThrow('there are only 0 at this moment')
  })
})

describe('what is left alone', () => {
  it.each(['etcd4', 'hw3_etcd1_1', 'Etcd1', 'prometheus', 'constructor', '__proto__x'])(
    '%s, which is no part of this lab',
    (name) => {
      const scene = { parts, state: () => play(well), system: patroni, missing: [] }
      const aim = { type: 'name', name } as const
      const kind = { type: 'isolate', aims: anything }
      expect(() => resolveTarget(aim, kind, scene, seededRng(1))).toThrow(
        /is no part of this lab; (did you mean|there are the roles)/,
      )
      const nested = { type: 'all', of: [{ type: 'name', name: 'leader' }, aim] } as const
      expect(() => resolveTarget(nested, kind, scene, seededRng(1))).toThrow(/did you mean|there are the roles/)
    },
  )

  it('all of them, when the kind cannot be aimed at one', () => {
    expect(() => resolve('all(leader, etcd1)', play(well), { aims: ['node'] })).toThrow(
      new FaultError('isolate cannot be aimed at etcd1 (only at node)'),
    )
    expect(resolve('leader', play(well), { aims: ['node'] })).toEqual(['patroni1'])
  })

  it('what has a role, but no container of this lab', () => {
    const scene = {
      parts: parts.filter(({ name }) => name !== 'patroni1'),
      state: () => play(well),
      system: patroni,
      missing: [],
    }
    const kind = { type: 'isolate', aims: anything }
    expect(() => resolveTarget(target('leader'), kind, scene, seededRng(1))).toThrow('leader: there is none')
  })
})
