import { expect, test } from 'vitest'
import type { EventBody } from '../../src/model/events.ts'
import { hasQuorum } from '../../src/systems/patroni/quorum.ts'
import { isHealthy, leaderOf, problemsOf } from '../../src/systems/state.ts'
import { initialState } from '../patroni.ts'
import {
  cluster,
  container,
  etcd,
  haproxy,
  haproxy2,
  key,
  node,
  play,
  postgres,
  shapeOfTwo,
  started,
  type Timed,
} from './events.ts'

/** All that a whole cluster says, patroni1 leading, and then what was planted. */
function state(...planted: EventBody[]) {
  const whole: EventBody[] = [
    started,
    key('patroni1', 5),
    ...['patroni1', 'patroni2', 'patroni3'].map((name) => node(name, {})),
    ...['patroni1', 'patroni2', 'patroni3'].map((name) => postgres(name, { isInRecovery: name !== 'patroni1' })),
    cluster({ patroni1: 'leader', patroni2: 'replica', patroni3: 'replica' }),
    ...['etcd1', 'etcd2', 'etcd3'].map((name) => etcd(name, {})),
    haproxy(['patroni1'], ['patroni2', 'patroni3']),
  ]
  return play([...whole, ...planted].map((body, index): Timed => [index, body]))
}

test('a run of which nothing was seen is not healthy', () => {
  expect(problemsOf(initialState)).toEqual(['nothing has been seen yet'])
  expect(leaderOf(initialState)).toBeNull()
  expect(hasQuorum(initialState)).toBeNull()
})

test('a cluster that is whole has no problems', () => {
  expect(problemsOf(state())).toEqual([])
  expect(isHealthy(state())).toBe(true)
  expect(leaderOf(state())).toBe('patroni1')
})

test.each<[string, EventBody[], string]>([
  ['no leader key', [key(null, 6)], 'no member holds the leader key'],
  ['a silent Patroni', [node('patroni2', 'timeout')], 'patroni2: Patroni does not answer (timeout)'],
  [
    'a silent PostgreSQL',
    [postgres('patroni2', '57P03')],
    'patroni2: PostgreSQL does not answer (57P03; Patroni says running)',
  ],
  [
    'a leader in recovery',
    [postgres('patroni1', { isInRecovery: true })],
    'patroni1: holds the leader key, still in recovery',
  ],
  ['two primaries', [postgres('patroni3', { isInRecovery: false })], 'patroni3: not the leader, yet out of recovery'],
  [
    'a replica on an old timeline',
    [postgres('patroni1', { isInRecovery: false, timeline: 2 })],
    'patroni2: on timeline 1, not 2',
  ],
  [
    'a member that is gone',
    [cluster({ patroni1: 'leader', patroni2: 'replica' })],
    'patroni3: not in the cluster, not streaming',
  ],
  ['a silent etcd member', [etcd('etcd3', 'timeout')], 'etcd3: does not answer (timeout)'],
  ['a cut off etcd member', [etcd('etcd3', { hasQuorum: false })], 'etcd3: answers, but cannot reach a quorum'],
  ['a proxy that leads to nobody', [haproxy([], ['patroni2', 'patroni3'])], 'haproxy: 5001 leads to nobody'],
  [
    'a proxy that leads to two',
    [haproxy(['patroni1', 'patroni2'], ['patroni2', 'patroni3'])],
    'haproxy: 5001 leads to patroni1, patroni2',
  ],
  ['a replica without reads', [haproxy(['patroni1'], ['patroni2'])], 'haproxy: 5002 does not lead to patroni3'],
  ['a paused container', [container('etcd2', 'paused')], 'etcd2: its container is paused'],
  ['a removed container', [container('haproxy', null)], 'haproxy: its container does not exist'],
  [
    'a silent proxy',
    [{ type: 'haproxy.stats', reading: { ok: false, error: 'timeout' } }],
    'haproxy: its statistics cannot be read (timeout)',
  ],
])('%s is an problem', (_what, planted, problem) => {
  expect(problemsOf(state(...planted))).toContain(problem)
})

test('a proxy whose servers are none of the nodes says how to tell which is which', () => {
  const told = problemsOf(
    state(renamed(haproxy(['patroni1'], ['patroni2', 'patroni3']), { patroni1: 's1', patroni2: 's2', patroni3: 's3' })),
  )
  expect(told).toEqual([
    'haproxy: its servers s1, s2, s3 are none of the nodes: say which each is, with server: NAME at the node in the lab definition',
  ])
})

test("a server beside the nodes is nobody's business", () => {
  const stats = haproxy(['patroni1'], ['patroni2', 'patroni3'])
  if (stats.type !== 'haproxy.stats' || !stats.reading.ok) throw new Error('no statistics')
  const [leader, replicas] = stats.reading.value.listeners
  const spare = { ...replicas?.servers[0], name: 'spare' }
  const listeners = [leader, { ...replicas, servers: [...(replicas?.servers ?? []), spare] }]
  const planted = { ...stats, reading: { ok: true, value: { listeners } } } as EventBody
  expect(problemsOf(state(planted))).toEqual([])
})

function renamed(stats: EventBody, names: Readonly<Record<string, string>>): EventBody {
  return JSON.parse(JSON.stringify(stats), (key, value) => (key === 'name' ? (names[value] ?? value) : value))
}

const keyless: EventBody = { type: 'etcd.leader-key', holder: null, revision: 9, via: 'etcd1', seenBy: 'poll' }
const scopes = (...found: string[]): EventBody => ({ type: 'etcd.scopes', prefix: '/service/', scopes: found })

test.each([
  [
    ['batman', 'billing'],
    'no member holds the leader key of hw3; below /service/ there are batman, billing: see patroni.scope',
  ],
  [[], 'no member holds the leader key of hw3; there is nothing below /service/: see etcd.prefix'],
  [['hw3'], 'no member holds the leader key'],
])('without a leader key, and %j in etcd, it says what to look at', (found, told) => {
  expect(problemsOf(state(keyless, scopes(...found)))[0]).toBe(told)
})

test('without a leader nothing is said of a timeline that nobody has set', () => {
  expect(problemsOf(state(keyless)).join()).not.toContain('null')
})

test('an etcd of which no member reaches a quorum is told once', () => {
  const lost = ['etcd1', 'etcd2', 'etcd3'].map((name) => etcd(name, { hasQuorum: false }))
  expect(hasQuorum(state(...lost))).toBe(false)
  expect(problemsOf(state(...lost))).toEqual(['etcd: no quorum'])
})

const withSecondProxy = { ...started, lab: shapeOfTwo } as EventBody
const goodSecond = [withSecondProxy, container('haproxy2', 'running'), haproxy2(['patroni1'], ['patroni2', 'patroni3'])]

test('a second proxy that is as the first is no problem', () => {
  expect(problemsOf(state(...goodSecond))).toEqual([])
})

test.each<[string, EventBody[], string]>([
  ['is stopped', [container('haproxy2', 'exited')], 'haproxy2: its container has exited'],
  [
    'is silent',
    [{ type: 'haproxy.stats', proxy: 'haproxy2', reading: { ok: false, error: 'timeout' } }],
    'haproxy2: its statistics cannot be read (timeout)',
  ],
  ['leads elsewhere', [haproxy2(['patroni2'], ['patroni2', 'patroni3'])], 'haproxy2: 5011 leads to patroni2'],
  ['lacks a replica', [haproxy2(['patroni1'], ['patroni2'])], 'haproxy2: 5012 does not lead to patroni3'],
])('a second proxy that %s is one', (_what, planted, problem) => {
  expect(problemsOf(state(...goodSecond, ...planted))).toEqual([problem])
})

test('a second proxy whose container was removed is missed by nobody', () => {
  const silent: EventBody = { type: 'haproxy.stats', proxy: 'haproxy2', reading: { ok: false, error: 'ECONNREFUSED' } }
  expect(problemsOf(state(...goodSecond, container('haproxy2', null), silent))).toEqual([])
})
