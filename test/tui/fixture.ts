import type { Audit, AuditCounts, Findings } from '../../src/model/audit.ts'
import type { EventBody, LabEvent, OperationTick, ProbeAnswer, Reading } from '../../src/model/events.ts'
import type { Verdict } from '../../src/model/verdict.ts'
import type {
  EtcdMember,
  HaproxyServer,
  PatroniMember,
  PatroniNode,
  PatroniShape,
} from '../../src/systems/patroni/events.ts'
import { initialState, reduce, type State } from '../patroni.ts'

export const nodes = ['patroni1', 'patroni2', 'patroni3']
export const members = ['etcd1', 'etcd2', 'etcd3']

export const shape: PatroniShape = {
  name: 'hw3',
  scope: 'hw3',
  nodes,
  etcdMembers: members,
  proxies: [{ name: 'haproxy', leader: { proxy: 'leader', port: 5001 }, replicas: { proxy: 'replicas', port: 5002 } }],
  containerOf: Object.fromEntries([...nodes, ...members, 'haproxy'].map((name) => [name, name])),
}

export type Timed = readonly [atMs: number, body: EventBody]

/** The state after these events, each at its own time. */
export function stateOf(events: readonly Timed[], before: State = initialState): State {
  return events.reduce(
    (state, [atMs, body], index) => reduce(state, { seq: index + 1, atMs, ...body } as LabEvent),
    before,
  )
}

const refused: Reading<never> = { ok: false, error: 'connect ECONNREFUSED 127.0.0.1:8041' }

export function node(name: string, atMs: number, of: Partial<PatroniNode> | null): Timed {
  const value: PatroniNode = {
    role: 'replica',
    state: 'running',
    timeline: 3,
    lsn: 0x5a3f120,
    receivedLsn: null,
    isPaused: false,
    isPendingRestart: false,
    isFailsafeActive: false,
    version: '4.0.7',
    replication: [],
    ...of,
  }
  return [atMs, { type: 'patroni.node', node: name, reading: of === null ? refused : { ok: true, value } }]
}

export function postgres(name: string, atMs: number, isInRecovery: boolean | null): Timed {
  const value = { timeline: 3, lsn: 0x5a3f120, address: null, systemId: '7', isInRecovery: isInRecovery === true }
  return [atMs, { type: 'postgres.node', node: name, reading: isInRecovery === null ? refused : { ok: true, value } }]
}

export function cluster(atMs: number, leader: string): Timed {
  const list = nodes.map(
    (name): PatroniMember => ({
      name,
      role: name === leader ? 'leader' : 'replica',
      state: name === leader ? 'running' : 'streaming',
      timeline: 3,
      lagBytes: name === leader ? null : name === 'patroni3' ? 1_300_000 : 0,
      host: name,
      port: 5432,
    }),
  )
  return [
    atMs,
    { type: 'patroni.cluster', via: 'patroni2', reading: { ok: true, value: { members: list, isPaused: false } } },
  ]
}

export function etcd(name: string, atMs: number, of: Partial<EtcdMember> | null): Timed {
  const value: EtcdMember = {
    id: name,
    version: '3.5.16',
    leaderId: 'etcd1',
    isLeader: name === 'etcd1',
    term: 4,
    revision: 1_234,
    dbSizeBytes: 2_200_000,
    hasQuorum: true,
    ...of,
  }
  return [atMs, { type: 'etcd.member', member: name, reading: of === null ? refused : { ok: true, value } }]
}

export function key(atMs: number, holder: string | null, revision: number): Timed {
  return [atMs, { type: 'etcd.leader-key', holder, revision, via: 'etcd1', seenBy: 'watch' }]
}

export function lease(atMs: number, holder: string | null, remainingSeconds = 18): Timed {
  const value = holder === null ? null : { holder, leaseId: 'a1', grantedTtlSeconds: 20, remainingSeconds }
  return [atMs, { type: 'etcd.lease', via: 'etcd1', reading: { ok: true, value } }]
}

export function haproxy(atMs: number, leader: string | null, replicas: readonly string[]): Timed {
  const server = (name: string, isUp: boolean): HaproxyServer => ({
    name,
    status: isUp ? 'UP' : 'DOWN',
    isUp,
    sessions: isUp ? 12 : 0,
    checkStatus: isUp ? 'L7OK' : 'L7STS',
    lastChangeSeconds: 12,
  })
  const listeners = [
    { proxy: 'leader', sessions: 12, servers: nodes.map((name) => server(name, name === leader)) },
    { proxy: 'replicas', sessions: 24, servers: nodes.map((name) => server(name, replicas.includes(name))) },
  ]
  return [atMs, { type: 'haproxy.stats', reading: { ok: true, value: { listeners } } }]
}

export function container(atMs: number, service: string, state: string): Timed {
  const isUp = state === 'running'
  const found = {
    id: '0123456789abcdef',
    name: `hw3_${service}_1`,
    state,
    health: isUp ? 'healthy' : null,
    exitCode: isUp ? null : 137,
    startedAt: null,
  }
  return [atMs, { type: 'docker.container', service, container: found }]
}

export function tick(atMs: number, of: Partial<OperationTick> = {}): Timed {
  const quiet: OperationTick = {
    ok: 200,
    failed: 0,
    unknown: 0,
    dropped: 0,
    unguarded: 0,
    inFlight: 2,
    byServer: { patroni1: 200 },
    byError: {},
    latencyMs: { p50: 2.1, p99: 12, max: 30 },
    serviceMs: null,
  }
  return [
    atMs,
    {
      type: 'traffic.tick',
      windowMs: 1_000,
      write: { ...quiet, ...of },
      read: { ...quiet, byServer: { patroni2: 100, patroni3: 100 } },
    },
  ]
}

export function probe(
  atMs: number,
  kind: 'write' | 'read',
  outcome: ProbeAnswer['outcome'],
  server = 'patroni1',
): Timed {
  const answers = Array.from({ length: 5 }, (_, index): ProbeAnswer => {
    const sentMs = atMs - 100 + index * 20
    return { sentMs, answeredMs: sentMs + 2, outcome, ...(outcome === 'ok' ? { server } : { code: 'ECONNREFUSED' }) }
  })
  return [atMs, { type: 'probe', kind, intervalMs: 20, answers }]
}

/** An audit that found what `of` says; null for one that could not read the leader. */
export function audited(
  atMs: number,
  of: Partial<AuditCounts> | null = {},
  verdict: Verdict['verdict'] = 'pass',
): Timed {
  const none = { count: 0, ranges: [], isComplete: true }
  const findings: Findings = {
    counts: {
      attempted: 600,
      acknowledged: 590,
      unguarded: 0,
      failed: 7,
      unknown: 3,
      dropped: 0,
      unanswered: 0,
      acknowledgedPresent: 590,
      lost: 0,
      unguardedPresent: 0,
      unguardedLost: 0,
      recovered: 1,
      unknownAbsent: 2,
      failedAbsent: 7,
      droppedAbsent: 0,
      phantom: 0,
      duplicated: 0,
      neverAttempted: 0,
      ...of,
    },
    classes: {
      lost: none,
      unguardedLost: none,
      recovered: none,
      phantom: none,
      duplicated: none,
      neverAttempted: none,
      unansweredPresent: none,
    },
    strangers: [],
  }
  const audit: Audit = {
    runId: 'abcdef',
    table: 'events',
    startedMs: atMs - 500,
    durationMs: 500,
    isLedgerComplete: true,
    findings: of === null ? null : findings,
    leader: null,
    replicas: [],
    verdict: { verdict, why: 'Because.', evidence: [] },
  }
  return [
    atMs,
    { type: 'audited', audit, autopsy: { failovers: [], unexplained: { seqs: none, reasons: [] }, sentences: [] } },
  ]
}

/** Everything answers: patroni1 leads, traffic runs. As of 30 s. */
export function healthy(atMs = 30_000): Timed[] {
  return [
    [0, { type: 'run.started', startedAt: '2025-11-20T12:00:00.000Z', version: '0.1.0', lab: shape }],
    [0, { type: 'traffic.set', isOn: true, writesPerSecond: 200, readsPerSecond: 400 }],
    key(0, 'patroni1', 1_000),
    [0, { type: 'docker.engine', reading: { ok: true, value: { version: '20.10' } } }],
    ...[...nodes, ...members, 'haproxy', 'prometheus'].map((service) => container(0, service, 'running')),
    [
      atMs,
      {
        type: 'patroni.config',
        via: 'patroni1',
        reading: {
          ok: true,
          value: { ttlSeconds: 20, loopWaitSeconds: 1, retryTimeoutSeconds: 3, isSynchronous: false, isFailsafe: true },
        },
      },
    ],
    ...nodes.flatMap((name) => [
      node(name, atMs, { role: name === 'patroni1' ? 'primary' : 'replica' }),
      postgres(name, atMs, name !== 'patroni1'),
    ]),
    cluster(atMs, 'patroni1'),
    ...members.map((name) => etcd(name, atMs, {})),
    lease(atMs, 'patroni1'),
    haproxy(atMs, 'patroni1', ['patroni2', 'patroni3']),
    tick(atMs - 1_000),
    tick(atMs),
    probe(atMs, 'write', 'ok'),
    probe(atMs, 'read', 'ok', 'patroni2'),
  ]
}

/** What a key does to patroni1, as it is asked for and as it is done. */
export function injected(fault: string, requestedMs: number, landedMs: number): Timed[] {
  const about = {
    id: fault,
    fault,
    parts: ['patroni1'],
    text: `${fault} patroni1`,
    effects: ['takes-part-away'],
  } as const
  return [
    [
      requestedMs,
      { type: 'fault.requested', ...about, target: 'patroni1', byHand: [`docker ${fault} hw3_patroni1_1`] },
    ],
    [landedMs, { type: 'fault.landed', ...about, isSeenByDocker: true, fromMs: requestedMs }],
  ]
}

/** Ten seconds later patroni1 was killed at 31 s, its key expired at 38 s, and clients have not written since. */
export function leaderDead(): Timed[] {
  return [
    ...healthy(),
    ...injected('kill', 31_000, 31_100),
    [31_050, { type: 'docker.event', service: 'patroni1', action: 'kill', exitCode: null, signal: 9 }],
    container(31_100, 'patroni1', 'exited'),
    probe(31_200, 'write', 'failed'),
    node('patroni1', 32_000, null),
    postgres('patroni1', 32_000, null),
    key(38_000, null, 1_010),
    lease(39_900, null),
    node('patroni2', 39_900, {}),
    node('patroni3', 39_900, {}),
    postgres('patroni2', 39_900, true),
    postgres('patroni3', 39_900, true),
    cluster(39_900, 'patroni1'),
    ...members.map((name) => etcd(name, 39_900, {})),
    haproxy(39_900, null, ['patroni2', 'patroni3']),
    tick(39_950, {
      ok: 0,
      failed: 195,
      unknown: 3,
      byServer: {},
      byError: { ECONNREFUSED: 195, '57P01': 3 },
      latencyMs: null,
    }),
    probe(40_000, 'write', 'failed'),
    probe(40_000, 'read', 'ok', 'patroni2'),
  ]
}

/** patroni2 was promoted at 31 s while patroni1 had not stepped down; both were found so twice. */
export function splitBrain(): Timed[] {
  const both = (atMs: number) => [postgres('patroni1', atMs, false), postgres('patroni2', atMs + 100, false)]
  return [...healthy(), ...both(31_000), ...both(31_500), ...both(32_000)]
}

/** Two of three etcd members are gone. */
export function quorumLost(): Timed[] {
  return [
    ...healthy(),
    etcd('etcd1', 31_000, { hasQuorum: false, leaderId: null, isLeader: false }),
    etcd('etcd2', 31_000, null),
    etcd('etcd3', 31_000, null),
    [31_000, { type: 'etcd.lease', via: 'etcd1', reading: { ok: false, error: 'deadline exceeded' } }],
  ]
}

export function allUnreachable(): Timed[] {
  return [
    ...healthy(),
    ...nodes.flatMap((name) => [node(name, 31_000, null), postgres(name, 31_000, null)]),
    ...members.map((name) => etcd(name, 31_000, null)),
    [31_000, { type: 'etcd.lease', via: 'etcd1', reading: refused }],
    [31_000, { type: 'patroni.cluster', via: 'patroni1', reading: refused }],
    [31_000, { type: 'patroni.config', via: 'patroni1', reading: refused }],
    [31_000, { type: 'haproxy.stats', reading: refused }],
    [31_000, { type: 'docker.engine', reading: { ok: false, error: 'connect ENOENT /var/run/docker.sock' } }],
    probe(31_200, 'write', 'failed'),
    probe(31_200, 'read', 'failed'),
    probe(42_900, 'write', 'failed'),
    probe(42_900, 'read', 'failed'),
  ]
}

/** patroni2 took over after `leaderDead`, and clients write again. */
export function failedOver(): Timed[] {
  const later = Array.from({ length: 15 }, (_, index) => probe(43_000 + index * 100, 'write', 'ok', 'patroni2'))
  return [
    ...leaderDead(),
    key(41_500, 'patroni2', 1_020),
    postgres('patroni2', 41_900, false),
    node('patroni2', 41_900, { role: 'primary', timeline: 4 }),
    haproxy(42_800, 'patroni2', ['patroni3']),
    lease(42_900, 'patroni2'),
    ...later,
  ]
}

/** patroni1 is cut off. */
export function fault(atMs: number): Timed[] {
  const about = { id: 'a1', fault: 'isolate', parts: ['patroni1'] }
  return [
    [atMs, { type: 'fault.requested', ...about, target: 'leader', text: 'cut patroni1 off from etcd and patroni' }],
    [
      atMs + 200,
      {
        type: 'fault.landed',
        ...about,
        text: 'was cut off from etcd and patroni',
        effects: ['cuts-part', 'cuts-from-etcd'],
      },
    ],
  ]
}

/** Its first step is done, and the second has begun a second later. */
export function scenario(atMs: number): Timed[] {
  const steps = ['hold 1.00 s', 'wait until another node leads (within 60.0 s)', 'heal all']
  const step = (index: number, phase: 'began' | 'done'): EventBody => ({
    type: 'scenario.step',
    path: String(index + 1),
    text: steps[index] ?? '',
    phase,
  })
  return [
    [atMs, { type: 'scenario.started', name: 'leader cut off', steps, seed: 'abc' }],
    [atMs, step(0, 'began')],
    [atMs + 1_000, step(0, 'done')],
    [atMs + 1_000, step(1, 'began')],
  ]
}
