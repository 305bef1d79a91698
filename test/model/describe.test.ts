import { describe, expect, it } from 'vitest'
import type { EventBody } from '../../src/model/events.ts'
import {
  ack,
  acks,
  cluster,
  config,
  container,
  errs,
  etcd,
  happened,
  haproxy,
  haproxy2,
  key,
  linesOf,
  node,
  postgres,
  probe,
  started,
  type Timed,
} from './events.ts'

const engine = (error?: string): EventBody => ({
  type: 'docker.engine',
  reading: error ? { ok: false, error } : { ok: true, value: { version: '20.10' } },
})
const proxyAway: EventBody = { type: 'haproxy.stats', reading: { ok: false, error: 'ECONNREFUSED' } }
const traffic = (isOn: boolean, writesPerSecond = 50, readsPerSecond = 100): EventBody => ({
  type: 'traffic.set',
  isOn,
  writesPerSecond,
  readsPerSecond,
})
const membersUp: Timed[] = [
  [1, etcd('etcd1', {})],
  [2, etcd('etcd2', {})],
  [3, etcd('etcd3', {})],
]
const BEGAN = 'info lab: the run of hw3 began (chaoslab 0.1.0)'

/** The lines after those of the healthy beginning. */
function after(beginning: readonly Timed[], ...rest: readonly Timed[]): string[] {
  return linesOf([[0, started], ...beginning, ...rest]).slice(linesOf([[0, started], ...beginning]).length)
}

describe('the beginning of a healthy run', () => {
  const healthy: Timed[] = [
    [0, started],
    [1, engine()],
    ...['pg-one', 'patroni2', 'patroni3', 'etcd1', 'haproxy'].map((name): Timed => [2, container(name, 'running')]),
    [3, node('patroni1', { role: 'primary' })],
    [4, node('patroni2', {})],
    [5, postgres('patroni1', { isInRecovery: false })],
    [6, postgres('patroni2', {})],
    ...membersUp,
    [8, key('patroni1', 5)],
    [9, { type: 'etcd.lease', via: 'etcd1', reading: { ok: true, value: null } }],
    [10, haproxy(['patroni1'], ['patroni2', 'patroni3'])],
    [11, config()],
    [12, cluster({ patroni1: 'leader' })],
    [13, traffic(true)],
    [14, probe([ack(13)])],
  ]

  it('is a handful of lines', () => {
    expect(linesOf(healthy)).toEqual([
      BEGAN,
      'info etcd: patroni1 holds the leader key',
      'info traffic: traffic on: 50 writes/s, 100 reads/s',
    ])
  })

  it('repeats nothing when all is read again', () => {
    expect(linesOf([...healthy, ...healthy.slice(1)])).toHaveLength(3)
  })

  it('does tell what is bad from the start', () => {
    expect(
      after(
        [],
        [1, node('patroni1', 'timeout')],
        [2, container('etcd1', 'exited')],
        [3, key(null, 5)],
        [4, container('etcd2', null)],
      ),
    ).toEqual([
      'bad patroni1: Patroni does not answer (timeout)',
      'bad etcd1: container has exited',
      'warn etcd: nobody holds the leader key',
      'bad etcd2: container does not exist',
    ])
  })
})

const kill = { id: 'k', fault: 'kill', parts: ['patroni1'] }

const cases: Record<string, [before: Timed[], events: Timed[], lines: string[]]> = {
  'a promotion by Patroni’s word': [
    [[1, node('patroni2', { timeline: 2 })]],
    [[2, node('patroni2', { role: 'primary', timeline: 3 })]],
    ['good patroni2: replica → primary (timeline 3)'],
  ],
  'a demotion with its state': [
    [[1, node('patroni1', { role: 'primary' })]],
    [[2, node('patroni1', { role: 'demoted', state: 'stopping' })]],
    ['warn patroni1: primary → demoted, running → stopping'],
  ],
  'a crash and what follows': [
    [[1, node('patroni1', { role: 'primary' })]],
    [
      [2, node('patroni1', { role: 'primary', state: 'crashed', timeline: null })],
      [3, node('patroni1', { role: 'primary', state: 'starting', timeline: null })],
      [4, node('patroni1', { role: 'primary', state: 'running', timeline: 1 })],
    ],
    [
      'bad patroni1: running → crashed',
      'info patroni1: crashed → starting',
      'good patroni1: starting → running (timeline 1)',
    ],
  ],
  'a new timeline alone': [
    [[1, node('patroni2', { timeline: 2 })]],
    [[2, node('patroni2', { timeline: 3 })]],
    ['info patroni2: timeline 2 → 3'],
  ],
  'a timeline that was not told for a while': [
    [[1, node('patroni2', { timeline: 2 })]],
    [
      [2, node('patroni2', { timeline: null })],
      [3, node('patroni2', { timeline: 2 })],
    ],
    [],
  ],
  'Patroni away and back, with what changed meanwhile': [
    [[1, node('patroni1', { role: 'primary' })]],
    [
      [1_000, node('patroni1', 'ECONNREFUSED')],
      [1_500, node('patroni1', 'timeout')],
      [8_620, node('patroni1', { role: 'replica', timeline: 2 })],
    ],
    [
      'bad patroni1: Patroni does not answer (ECONNREFUSED)',
      'warn patroni1: Patroni answers again after 7.62 s; primary → replica (timeline 2)',
    ],
  ],
  'failsafe and a pending restart': [
    [[1, node('patroni1', { role: 'primary' })]],
    [
      [2, node('patroni1', { role: 'primary', isFailsafeActive: true })],
      [3, node('patroni1', { role: 'primary', isPendingRestart: true })],
    ],
    [
      'warn patroni1: failsafe mode is active: it leads without etcd',
      'good patroni1: failsafe mode is over; a restart is pending',
    ],
  ],
  'PostgreSQL out of recovery and into it': [
    [[1, postgres('patroni2', {})]],
    [
      [2, postgres('patroni2', { isInRecovery: false, timeline: 3 })],
      [3, postgres('patroni2', { isInRecovery: true, timeline: 3 })],
    ],
    [
      'good patroni2: PostgreSQL left recovery, it takes writes (timeline 3)',
      'warn patroni2: PostgreSQL is in recovery, it takes no writes',
    ],
  ],
  'PostgreSQL away and back, flapping within the second': [
    [[1, postgres('patroni2', {})]],
    [
      [100, postgres('patroni2', '57P03')],
      [350, postgres('patroni2', {})],
      [600, postgres('patroni2', 'ECONNREFUSED')],
      [850, postgres('patroni2', {})],
    ],
    [
      'bad patroni2: PostgreSQL does not answer (57P03)',
      'good patroni2: PostgreSQL answers again after 250 ms',
      'bad patroni2: PostgreSQL does not answer (ECONNREFUSED)',
      'good patroni2: PostgreSQL answers again after 250 ms',
    ],
  ],
  'one etcd member away, the leader elected again': [
    membersUp,
    [
      [1_000, etcd('etcd1', 'timeout')],
      [1_001, etcd('etcd2', { leaderId: null })],
      [2_000, etcd('etcd2', { leaderId: 'a3', term: 5 })],
      [2_001, etcd('etcd3', { leaderId: 'a3', isLeader: true, term: 5 })],
      [4_000, etcd('etcd1', { leaderId: 'a3', isLeader: false, term: 5 })],
    ],
    [
      'bad etcd1: etcd member does not answer (timeout)',
      'info etcd: Raft leader etcd1 → etcd3 (term 5)',
      'good etcd1: etcd member answers again after 3.00 s',
    ],
  ],
  'quorum lost and regained, each once': [
    membersUp,
    [
      [1_000, etcd('etcd1', 'timeout')],
      [1_001, etcd('etcd2', 'timeout')],
      [1_002, etcd('etcd3', { hasQuorum: false, leaderId: null })],
      [2_002, etcd('etcd3', { hasQuorum: false, leaderId: null })],
      [3_000, etcd('etcd2', { hasQuorum: false, leaderId: null })],
      [4_002, etcd('etcd3', { isLeader: true, leaderId: 'a3', term: 6 })],
      [4_003, etcd('etcd2', { leaderId: 'a3', term: 6 })],
    ],
    [
      'bad etcd1: etcd member does not answer (timeout)',
      'bad etcd2: etcd member does not answer (timeout)',
      'bad etcd: quorum lost: no member can read through a majority',
      'good etcd2: etcd member answers again after 2.00 s',
      'good etcd: quorum regained; Raft leader etcd1 → etcd3 (term 6)',
    ],
  ],
  'no etcd member that answers, which says nothing of the quorum': [
    membersUp,
    [
      [1_000, etcd('etcd1', 'timeout')],
      [1_001, etcd('etcd2', 'timeout')],
      [1_002, etcd('etcd3', 'timeout')],
    ],
    [
      'bad etcd1: etcd member does not answer (timeout)',
      'bad etcd2: etcd member does not answer (timeout)',
      'bad etcd3: etcd member does not answer (timeout); no member answers: whether there is a quorum is unknown',
    ],
  ],
  'one member cut off while the others hold the quorum': [
    membersUp,
    [[1_000, etcd('etcd2', { hasQuorum: false })]],
    [],
  ],
  'the leader key gone and taken': [
    [[1, key('patroni1', 5)]],
    [
      [20_000, key(null, 60)],
      [20_000, key(null, 62)],
      [20_340, key('patroni2', 63)],
      [20_350, key('patroni1', 5)],
    ],
    ['bad etcd: leader key gone, patroni1 held it', 'good etcd: patroni2 took the leader key after 340 ms without one'],
  ],
  'the leader key passed on, and taken back': [
    [[1, key('patroni1', 5)]],
    [
      [10, key('patroni2', 6)],
      [20, key(null, 7)],
      [1_020, key('patroni2', 8)],
    ],
    [
      'good etcd: leader key passed from patroni1 to patroni2',
      'bad etcd: leader key gone, patroni2 held it',
      'good etcd: patroni2 took the leader key back after 1.00 s without one',
    ],
  ],
  'servers of each listener': [
    [[1, haproxy(['patroni1'], ['patroni2', 'patroni3'])]],
    [
      [2, haproxy([], ['patroni2', 'patroni3'], { 'leader/patroni1': 'L4CON' })],
      [3, haproxy(['patroni2'], ['patroni3'])],
      [4, haproxy(['patroni2'], ['patroni1', 'patroni3'])],
    ],
    [
      'bad haproxy: leader (5001): patroni1 DOWN (L4CON); no server is left in leader',
      'warn haproxy: leader (5001): patroni2 UP (L7OK); replicas (5002): patroni2 DOWN (L7STS)',
      'good haproxy: replicas (5002): patroni1 UP (L7OK)',
    ],
  ],
  'HAProxy away and back': [
    [[1, haproxy(['patroni1'], ['patroni2', 'patroni3'])]],
    [
      [1_000, proxyAway],
      [6_400, haproxy(['patroni1', 'patroni2'], ['patroni2', 'patroni3'], { 'leader/patroni2': 'INI' })],
    ],
    [
      'bad haproxy: HAProxy does not answer (ECONNREFUSED)',
      'good haproxy: HAProxy answers again after 5.40 s; leader (5001): patroni2 UP (INI)',
    ],
  ],
  'what happens to a container, by the name of its part': [
    [[1, container('pg-one', 'running')]],
    [
      [10, happened('pg-one', 'kill', { signal: 15 })],
      [11, happened('pg-one', 'exec_start: curl')],
      [12, happened('pg-one', 'die', { exitCode: 137 })],
      [13, container('pg-one', 'exited')],
      [14, happened('pg-one', 'stop')],
      [15, happened('pg-one', 'start')],
      [16, container('pg-one', 'running')],
      [17, happened('pg-one', 'pause')],
      [18, container('pg-one', 'paused')],
      [19, happened('pg-one', 'health_status: unhealthy')],
      [20, happened('pg-one', 'unpause')],
      [21, happened('pg-one', 'health_status: healthy')],
      [22, happened('pg-one', 'oom')],
      [23, happened('pg-one', 'kill', { signal: 64 })],
      [24, happened('pg-one', 'die', { exitCode: 0 })],
      [25, happened('pg-one', 'destroy')],
      [26, container('pg-one', null)],
    ],
    [
      'warn patroni1: container was sent SIGTERM',
      'bad patroni1: container ended with exit code 137',
      'good patroni1: container started',
      'bad patroni1: container paused',
      'warn patroni1: container is unhealthy',
      'good patroni1: container goes on',
      'good patroni1: container is healthy',
      'bad patroni1: container ran out of memory',
      'warn patroni1: container was sent signal 64',
      'warn patroni1: container ended with exit code 0',
      'bad patroni1: container removed',
    ],
  ],
  'the engine lost and heard again, and what it did not tell meanwhile': [
    [
      [1, engine()],
      [2, container('etcd1', 'running')],
    ],
    [
      [1_000, engine('ECONNREFUSED')],
      [2_000, engine('ECONNREFUSED')],
      [9_000, engine()],
      [9_001, container('etcd1', 'exited')],
      [14_001, container('etcd1', 'exited')],
    ],
    [
      'bad docker: the engine cannot be heard (ECONNREFUSED)',
      'good docker: the engine is heard again after 8.00 s',
      'bad etcd1: container has exited',
    ],
  ],
  'traffic and its rates': [
    [],
    [
      [1, traffic(true)],
      [2, traffic(true)],
      [3, traffic(true, 200)],
      [4, traffic(false, 200)],
      [5, traffic(true, 200)],
    ],
    [
      'info traffic: traffic on: 50 writes/s, 100 reads/s',
      'info traffic: rates are now 200 writes/s, 100 reads/s',
      'info traffic: traffic off',
      'info traffic: traffic on: 200 writes/s, 100 reads/s',
    ],
  ],
  'an outage of writes, begun and ended': [
    [[1_000, probe(acks(20, 1_000))]],
    [
      [1_050, probe(errs(1_020, 1_040))],
      [1_150, probe(errs(1_060, 1_140))],
      [8_600, probe(errs(1_160, 8_600))],
      [9_000, probe(acks(8_620, 9_000))],
      [9_700, probe(acks(9_020, 9_700))],
    ],
    ['bad traffic: clients cannot write (08006)', 'good traffic: clients can write again after 7.62 s'],
  ],
  'an outage of reads without any answer': [
    [[1_000, probe(acks(20, 1_000), 'read')]],
    [
      [1_500, probe([], 'read')],
      [2_000, probe([], 'read')],
      [2_500, probe([], 'read')],
      [5_100, probe(acks(4_000, 5_100), 'read')],
    ],
    ['bad traffic: clients cannot read (no answer)', 'good traffic: clients can read again after 3.00 s'],
  ],
  'a blip of writes': [
    [[1_000, probe(acks(20, 1_000))]],
    [[1_100, probe([...errs(1_010, 1_050), ...acks(1_060, 1_100)])]],
    [],
  ],
  'a failover that is done': [
    [
      [1, key('patroni1', 5)],
      [2, postgres('patroni2', {})],
      [3, haproxy(['patroni1'], ['patroni2', 'patroni3'])],
    ],
    [
      [20_000, key(null, 60)],
      [20_300, key('patroni2', 61)],
      [20_900, postgres('patroni2', { isInRecovery: false, timeline: 2 })],
      [21_840, haproxy(['patroni2'], ['patroni2', 'patroni3'], { 'leader/patroni2': 'L7OK' })],
      [22_340, haproxy(['patroni2'], ['patroni3'])],
    ],
    [
      'bad etcd: leader key gone, patroni1 held it',
      'good etcd: patroni2 took the leader key after 300 ms without one',
      'good patroni2: PostgreSQL left recovery, it takes writes (timeline 2)',
      'warn haproxy: leader (5001): patroni1 DOWN (L7STS), patroni2 UP (L7OK); failover patroni1 → patroni2 done, 1.84 s after the leader key was gone',
      'warn haproxy: replicas (5002): patroni2 DOWN (L7STS)',
    ],
  ],
  'Patroni paused and resumed': [
    [[1, cluster({ patroni1: 'leader' })]],
    [
      [2, cluster({ patroni1: 'leader' }, true)],
      [3, cluster({ patroni1: 'leader' }, true)],
      [4, cluster({ patroni1: 'leader' })],
    ],
    ['warn patroni: paused: no automatic failover', 'good patroni: resumed: automatic failover is back'],
  ],
  'the configuration': [
    [[1, config()]],
    [
      [2, config()],
      [3, config({ ttlSeconds: 30, loopWaitSeconds: 10, isFailsafe: true })],
    ],
    ['info patroni: configuration: ttl 20 → 30, loop_wait 2 → 10, failsafe_mode off → on'],
  ],
  'what a person does': [
    [],
    [
      [1, { type: 'fault.requested', ...kill, target: 'leader', text: 'kill patroni1', byHand: ['docker kill one'] }],
      [2_101, { type: 'fault.landed', ...kill, text: 'was killed', isSeenByDocker: true, fromMs: 1 }],
      [2_400, { type: 'fault.failed', ...kill, error: 'not running' }],
    ],
    [
      'info patroni1: kill of leader, now patroni1: kill patroni1; by hand: docker kill one',
      'info patroni1: kill of patroni1 done after 2.10 s',
      'warn patroni1: kill of patroni1 failed: not running',
    ],
  ],
  'notes, which cannot break the line or command the terminal': [
    [],
    [
      [1, { type: 'note', level: 'error', source: 'lab', text: 'two\nlines \u001b[2Jand\u202e more' }],
      [2, { type: 'note', level: 'warn', source: 'traffic', text: 'x'.repeat(1_000) }],
    ],
    ['bad lab: two lines [2Jand more', `warn traffic: ${'x'.repeat(299)}…`],
  ],
  'the end of the run': [[], [[1, { type: 'run.ended', reason: 'quit' }]], ['info lab: the run ended: quit']],
}

describe('the lines of', () => {
  it.each(Object.entries(cases))('%s', (_, [before, happening, lines]) => {
    expect(after(before, ...happening)).toEqual(lines)
  })
})

describe('alerts of Prometheus', () => {
  const firing = (...names: string[]): EventBody => ({
    type: 'prometheus.alerts',
    reading: { ok: true, value: { firing: names } },
  })

  it('are told of when they begin to fire and when they are over, each once', () => {
    const happening: Timed[] = [
      [1_000, firing('EtcdNoQuorum')],
      [2_000, firing('EtcdNoQuorum', 'HaproxyDown')],
      [3_000, firing('HaproxyDown')],
    ]
    expect(after([[1, firing()]], ...happening)).toEqual([
      'warn prometheus: alert EtcdNoQuorum fires',
      'warn prometheus: alert HaproxyDown fires',
      'good prometheus: alert EtcdNoQuorum is over',
    ])
  })
})

describe('a second proxy', () => {
  const away: EventBody = { type: 'haproxy.stats', proxy: 'haproxy2', reading: { ok: false, error: 'ECONNREFUSED' } }
  const good = haproxy2(['patroni1'], ['patroni2', 'patroni3'])

  it('is told of when it goes away and when it is back, and whom it leads to is not told twice', () => {
    const elsewhere = haproxy2(['patroni2'], ['patroni3'])
    expect(after([[1, good]], [1_000, away], [1_500, away], [3_000, good], [3_500, elsewhere])).toEqual([
      'bad haproxy2: HAProxy does not answer (ECONNREFUSED)',
      'good haproxy2: HAProxy answers again after 2.00 s',
    ])
  })

  it('that the clients know is told of with the traffic', () => {
    const both = { ...traffic(true), endpoints: 2 } as EventBody
    expect(
      linesOf([
        [0, started],
        [1, both],
      ]).slice(1),
    ).toEqual(['info traffic: traffic on: 50 writes/s, 100 reads/s; clients know 2 proxies and try them in order'])
  })

  it('that is sent several statements at a time on a session is told of with it', () => {
    expect(
      linesOf([
        [0, started],
        [1, { ...traffic(true), pipeline: 4 } as EventBody],
      ]).slice(1),
    ).toEqual(['info traffic: traffic on: 50 writes/s, 100 reads/s; up to 4 statements under way on a session'])
  })
})
