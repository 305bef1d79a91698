import { describe, expect, it } from 'vitest'
import type { EventBody } from '../../src/model/events.ts'
import { consequences } from '../../src/systems/patroni/consequences.ts'
import { whatRemains } from '../../src/systems/patroni/what-remains.ts'
import { initialState } from '../patroni.ts'
import { cluster, config, etcd, haproxy, haproxy2, key, node, play, shapeOfTwo, started, type Timed } from './events.ts'

const healthy: EventBody[] = [
  started,
  node('patroni1', { role: 'primary' }),
  node('patroni2', {}),
  node('patroni3', {}),
  etcd('etcd1', {}),
  etcd('etcd2', {}),
  etcd('etcd3', {}),
  key('patroni1', 5),
  config(),
  cluster({ patroni1: 'leader', patroni2: 'replica', patroni3: 'replica' }),
  haproxy(['patroni1'], ['patroni2', 'patroni3']),
]

function state(...more: EventBody[]) {
  return play([...healthy, ...more].map((body, index): Timed => [index, body]))
}

const clean = { handsOver: true }
const abrupt = { handsOver: false }

describe('before an etcd member is taken away', () => {
  it('two of three remain and hold the quorum', () => {
    expect(consequences(state(), 'etcd2', clean)).toEqual(['etcd: 2 of 3 remain, quorum holds.'])
  })

  it('the Raft leader is named as such', () => {
    expect(consequences(state(), 'etcd1', abrupt)).toEqual([
      'etcd: 2 of 3 remain, quorum holds.',
      'It is the Raft leader: the others elect a new one, and the leader key’s ttl starts again.',
    ])
  })

  it('one of three remains, and the quorum is lost', () => {
    expect(consequences(state(etcd('etcd3', 'timeout')), 'etcd2', abrupt)).toEqual([
      'etcd: 1 of 3 remains: quorum is lost, the leader demotes itself within 20 s (failsafe is off).',
    ])
  })

  it('failsafe is told of, and so is not knowing whether it is on', () => {
    const gone = etcd('etcd3', 'timeout')
    expect(consequences(state(gone, config({ isFailsafe: true })), 'etcd2', clean)).toEqual([
      'etcd: 1 of 3 remains: quorum is lost; failsafe is on: the leader stays while every member answers it.',
    ])
    const unread: EventBody = { type: 'patroni.config', via: 'patroni1', reading: { ok: false, error: 'timeout' } }
    expect(consequences(state(gone, unread), 'etcd2', clean)).toEqual([
      'etcd: 1 of 3 remains: quorum is lost, the leader demotes itself within its ttl (unknown) unless failsafe is on.',
    ])
  })

  it('a member that is cut off from the others counts for nothing', () => {
    expect(consequences(state(etcd('etcd3', { hasQuorum: false })), 'etcd2', clean)[0]).toMatch(
      '1 of 3 remains: quorum is lost',
    )
  })

  it('taking away one that is away already changes nothing', () => {
    expect(consequences(state(etcd('etcd3', 'timeout')), 'etcd3', clean)).toEqual([
      'etcd: 2 of 3 remain, quorum holds.',
    ])
  })

  it('a quorum that is lost already is said to be', () => {
    const lost = state(etcd('etcd2', 'timeout'), etcd('etcd3', 'timeout'), etcd('etcd1', { hasQuorum: false }))
    expect(consequences(lost, 'etcd1', clean)).toEqual([
      'etcd: no member reaches a quorum as it is; without etcd1, 0 of 3 would answer.',
    ])
  })

  it('members that were never seen, or long ago, make it unknown', () => {
    const unseen = play([started, etcd('etcd1', {}), etcd('etcd2', {})].map((body, index): Timed => [index, body]))
    expect(consequences(unseen, 'etcd2', clean)).toEqual([
      'etcd: etcd3 has not been seen: whether quorum holds is unknown.',
    ])
    const stale = play([[60_000, etcd('etcd1', {})]], state())
    expect(consequences(stale, 'etcd1', clean)).toEqual([
      'etcd: etcd2 and etcd3 have not been seen: whether quorum holds is unknown.',
    ])
  })
})

describe('before the leader is taken away', () => {
  const rest = [
    'Could take over: patroni2 (lag 0 B), patroni3 (lag 0 B).',
    '5001: no server would be left.',
    '5002: patroni2 and patroni3 would be left.',
  ]

  it('one that is asked to end hands over', () => {
    expect(consequences(state(), 'pg-one', clean)).toEqual([
      'patroni1 is the leader: it shuts down and hands over, a replica leads within seconds.',
      ...rest,
    ])
  })

  it('one that does not answer, or has nobody to hand over to, hands over to nobody', () => {
    expect(consequences(state(node('patroni1', 'timeout')), 'pg-one', clean)[0]).toBe(
      'patroni1 holds the leader key and does not answer: whether it hands over is unknown.',
    )
    expect(consequences(state(node('patroni2', 'timeout'), node('patroni3', 'timeout')), 'pg-one', clean)[0]).toBe(
      'patroni1 is the leader: it shuts down and gives the leader key up.',
    )
  })

  it('one that goes at once is not noticed until the ttl runs out', () => {
    expect(consequences(state(config({ ttlSeconds: 30 })), 'pg-one', abrupt)).toEqual([
      'patroni1 is the leader: nobody takes over before the leader key’s ttl of 30 s runs out.',
      ...rest,
    ])
  })

  it('only a synchronous standby can take over when replication is synchronous', () => {
    const sync = state(
      config({ isSynchronous: true }),
      cluster({ patroni1: 'leader', patroni2: 'sync_standby', patroni3: 'replica' }),
    )
    expect(consequences(sync, 'pg-one', abrupt)).toContain('Could take over: patroni2 (lag 0 B).')
    const none = state(config({ isSynchronous: true }))
    expect(consequences(none, 'pg-one', abrupt)).toContain(
      'No synchronous standby is left that could take over: the cluster would have no leader.',
    )
  })

  it('nobody is left when both replicas are away, and nobody is guessed at when they were not seen', () => {
    expect(
      consequences(state(node('patroni2', 'timeout'), node('patroni3', { state: 'stopped' })), 'pg-one', abrupt),
    ).toContain('No replica is left that could take over: the cluster would have no leader.')
    const unseen = play(
      [started, etcd('etcd1', {}), key('patroni1', 5), node('patroni2', 'timeout')].map(
        (body, index): Timed => [index, body],
      ),
    )
    expect(consequences(unseen, 'pg-one', abrupt)).toEqual([
      'patroni1 is the leader: nobody takes over before the leader key’s ttl (unknown) runs out.',
      'Whether anybody could take over is unknown: patroni3 not seen.',
      'HAProxy has not been seen: who is behind it is unknown.',
    ])
  })

  it('what else keeps a replica from taking over is said', () => {
    const stuck = state(
      cluster({ patroni1: 'leader', patroni2: 'replica', patroni3: 'replica' }, true),
      ...['etcd1', 'etcd2', 'etcd3'].map((name) => etcd(name, { hasQuorum: false })),
    )
    expect(consequences(stuck, 'pg-one', abrupt)).toEqual(
      expect.arrayContaining([
        'Patroni is paused: nobody takes over by itself.',
        'etcd has no quorum: nobody can take the leader key.',
      ]),
    )
  })
})

describe('before a replica is taken away', () => {
  it('the leader leads on, and what remains behind the proxy is told', () => {
    expect(consequences(state(), 'patroni2', abrupt)).toEqual([
      'patroni2 is a replica: patroni1 leads on.',
      'patroni3 (lag 0 B) could still take over.',
      '5001: patroni1 would be left.',
      '5002: patroni3 would be left.',
    ])
  })

  it('a leader that does not answer, or has not been heard, is not said to lead on', () => {
    expect(consequences(state(node('patroni1', 'timeout')), 'patroni2', abrupt).slice(0, 2)).toEqual([
      'patroni2 is a replica. patroni1 holds the leader key and does not answer: it may be gone.',
      'patroni3 (lag 0 B) could still take over.',
    ])
    const both = state(node('patroni1', 'timeout'), node('patroni2', 'timeout'))
    expect(consequences(both, 'patroni2', abrupt)[0]).toBe(
      'patroni2 is not the leader, and Patroni does not answer on it. patroni1 holds the leader key and does not answer: it may be gone.',
    )
    const silent = play(
      [
        [60_000, node('patroni2', {})],
        [60_000, etcd('etcd1', {})],
      ],
      state(),
    )
    expect(consequences(silent, 'patroni2', abrupt)[0]).toBe(
      'patroni2 is a replica. patroni1 holds the leader key and has not been heard: it may be gone.',
    )
  })

  it('a synchronous standby that does not answer is none that remains', () => {
    const sync = state(
      config({ isSynchronous: true }),
      cluster({ patroni1: 'leader', patroni2: 'sync_standby', patroni3: 'sync_standby' }),
    )
    expect(consequences(sync, 'patroni2', abrupt)).toContain(
      'patroni2 is a synchronous standby: patroni3 remains synchronous.',
    )
    expect(consequences(play([[100, node('patroni3', 'timeout')]], sync), 'patroni2', abrupt)).toContain(
      'patroni2 is a synchronous standby: writes may wait until Patroni changes the set.',
    )
  })

  it('the synchronous set is told of', () => {
    const sync = state(
      config({ isSynchronous: true }),
      cluster({ patroni1: 'leader', patroni2: 'sync_standby', patroni3: 'replica' }),
    )
    expect(consequences(sync, 'patroni2', abrupt)).toContain(
      'patroni2 is a synchronous standby: writes may wait until Patroni changes the set.',
    )
    expect(consequences(sync, 'patroni3', abrupt)).toContain('Synchronous: patroni2.')
  })

  it('a node that believes itself primary without the key is told of', () => {
    expect(consequences(state(node('patroni2', { role: 'primary' })), 'patroni2', abrupt)[0]).toBe(
      'patroni2 says that it is primary, but patroni1 holds the leader key.',
    )
  })

  it('the key as it was before every etcd member fell silent tells nothing', () => {
    const silent = state(...['etcd1', 'etcd2', 'etcd3'].map((name) => etcd(name, 'timeout')))
    expect(consequences(silent, 'patroni2', abrupt)[0]).toBe(
      'Who holds the leader key is unknown: patroni2 may be the leader.',
    )
  })

  it('without a leader there is none to lead on', () => {
    expect(consequences(state(key(null, 60)), 'patroni2', abrupt)[0]).toBe(
      'Nobody holds the leader key now, and patroni2 could not take it.',
    )
  })
})

describe('before anything else', () => {
  it('HAProxy takes every client with it', () => {
    expect(consequences(state(), 'haproxy', clean)).toEqual([
      'No client reaches anything: 5001 and 5002 are both behind it.',
    ])
  })

  it('nothing is said of containers of no part', () => {
    expect(consequences(state(), 'prometheus', clean)).toEqual([])
  })

  it('everything is unknown before anything was seen', () => {
    expect(consequences(initialState, 'etcd1', abrupt)).toEqual([
      'Nothing has been seen yet: what would remain is unknown.',
    ])
    const bare = play([[0, started]])
    expect(consequences(bare, 'etcd1', abrupt)[0]).toMatch('whether quorum holds is unknown')
    expect(consequences(bare, 'pg-one', abrupt)[0]).toBe(
      'Who holds the leader key is unknown: patroni1 may be the leader.',
    )
  })
})

describe('before one of two proxies is taken away', () => {
  const both = [{ ...started, lab: shapeOfTwo } as EventBody, haproxy2(['patroni1'], ['patroni2', 'patroni3'])]
  const away: EventBody = { type: 'haproxy.stats', proxy: 'haproxy2', reading: { ok: false, error: 'ECONNREFUSED' } }
  const traffic = (endpoints?: number): EventBody => ({
    type: 'traffic.set',
    isOn: true,
    writesPerSecond: 50,
    readsPerSecond: 100,
    ...(endpoints !== undefined && { endpoints }),
  })

  it('clients that know both go on through the other', () => {
    expect(consequences(state(...both, traffic(2)), 'haproxy', abrupt)).toEqual([
      'The clients know both proxies and go on through haproxy2 (5011 and 5012).',
    ])
    expect(consequences(state(...both, traffic(2)), 'haproxy2', abrupt)).toEqual([
      'The clients know both proxies and go on through haproxy (5001 and 5002).',
    ])
  })

  it('nobody goes on through one that goes as well', () => {
    expect(whatRemains(state(...both, traffic(2)), ['haproxy', 'haproxy2'], abrupt)).toEqual([
      'No client reaches anything: haproxy2, which they know as well, does not answer.',
      'No client reaches anything: haproxy, which they know as well, does not answer.',
    ])
  })

  it('clients that know three go on through the first that answers', () => {
    const third = { ...shapeOfTwo.proxies[1], name: 'haproxy3' }
    const shape = { ...shapeOfTwo, proxies: [...shapeOfTwo.proxies, third] }
    const known = { ...haproxy2(['patroni1'], ['patroni2']), proxy: 'haproxy3' } as EventBody
    const three = [{ ...started, lab: shape } as EventBody, away, known, traffic(3)]
    expect(consequences(state(...three), 'haproxy', abrupt)).toEqual([
      'The clients know all 3 proxies and go on through haproxy3 (5011 and 5012).',
    ])
  })

  it('clients that know the first alone reach nothing without it, and do not miss the second', () => {
    expect(consequences(state(...both, traffic()), 'haproxy', abrupt)).toEqual([
      'No client reaches anything: 5001 and 5002 are both behind it.',
    ])
    expect(consequences(state(...both, traffic()), 'haproxy2', abrupt)).toEqual([
      'The clients of this run do not use it: they know 5001 and 5002 alone.',
    ])
  })

  it('the other does not answer, or was never seen: that is said', () => {
    expect(consequences(state(...both, away, traffic(2)), 'haproxy', abrupt)).toEqual([
      'No client reaches anything: haproxy2, which they know as well, does not answer.',
    ])
    expect(consequences(state(both[0] as EventBody, traffic(2)), 'haproxy', abrupt)).toEqual([
      'Whether clients reach anything through haproxy2 (5011 and 5012) is unknown.',
    ])
  })
})
