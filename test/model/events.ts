import type {
  EventBody,
  LabEvent,
  OperationKind,
  OperationTick,
  PostgresNode,
  ProbeAnswer,
} from '../../src/model/events.ts'
import type {
  EtcdMember,
  HaproxyServer,
  PatroniConfig,
  PatroniNode,
  PatroniShape,
} from '../../src/systems/patroni/events.ts'
import { initialState, reduce, type State } from '../patroni.ts'

export const shape: PatroniShape = {
  name: 'hw3',
  scope: 'hw3',
  nodes: ['patroni1', 'patroni2', 'patroni3'],
  etcdMembers: ['etcd1', 'etcd2', 'etcd3'],
  proxies: [{ name: 'haproxy', leader: { proxy: 'leader', port: 5001 }, replicas: { proxy: 'replicas', port: 5002 } }],
  containerOf: {
    patroni1: 'pg-one',
    patroni2: 'patroni2',
    patroni3: 'patroni3',
    etcd1: 'etcd1',
    etcd2: 'etcd2',
    etcd3: 'etcd3',
    haproxy: 'haproxy',
  },
}

/** The same with a second proxy. */
export const shapeOfTwo: PatroniShape = {
  ...shape,
  proxies: [
    ...shape.proxies,
    {
      name: 'haproxy2',
      leader: { proxy: 'leader', port: 5011 },
      replicas: { proxy: 'replicas', port: 5012 },
      isOptional: true,
    },
  ],
  containerOf: { ...shape.containerOf, haproxy2: 'haproxy2' },
}

export const started: EventBody = {
  type: 'run.started',
  startedAt: '2026-01-01T00:00:00.000Z',
  version: '0.1.0',
  lab: shape,
}

export type Timed = readonly [atMs: number, body: EventBody]

export function events(timed: readonly Timed[]): LabEvent[] {
  return timed.map(([atMs, body], index) => ({ seq: index + 1, atMs, ...body }))
}

/** The state after these events, and each state on the way. */
export function play(timed: readonly Timed[], from: State = initialState): State {
  return events(timed).reduce(reduce, from)
}

/** The lines that these events give, as `level source: text`. */
export function linesOf(timed: readonly Timed[]): string[] {
  return play(timed).lines.map(({ level, source, text }) => `${level} ${source}: ${text}`)
}

export function node(name: string, value: Partial<PatroniNode> | string): EventBody {
  if (typeof value === 'string') return { type: 'patroni.node', node: name, reading: { ok: false, error: value } }
  return {
    type: 'patroni.node',
    node: name,
    reading: {
      ok: true,
      value: {
        role: 'replica',
        state: 'running',
        timeline: 1,
        lsn: 100,
        receivedLsn: 100,
        isPaused: false,
        isPendingRestart: false,
        isFailsafeActive: false,
        version: '4.0.7',
        replication: [],
        ...value,
      },
    },
  }
}

export function postgres(name: string, value: Partial<PostgresNode> | string): EventBody {
  if (typeof value === 'string') return { type: 'postgres.node', node: name, reading: { ok: false, error: value } }
  const whole = { isInRecovery: true, timeline: 1, lsn: 100, address: '10.0.0.1', systemId: '7', ...value }
  return { type: 'postgres.node', node: name, reading: { ok: true, value: whole } }
}

/** What the node says on its own socket, asked through the engine 100 ms before. */
export function inside(
  atMs: number,
  name: string,
  word:
    | { readonly isInRecovery: boolean; readonly forMs: number }
    | 'refuses'
    | 'stopping'
    | 'gone'
    | { readonly error: string },
): Timed {
  const reading =
    typeof word === 'string'
      ? { ok: true as const, value: { type: word } }
      : 'error' in word
        ? { ok: false as const, error: word.error }
        : { ok: true as const, value: { type: 'answers' as const, ...word } }
  return [atMs, { type: 'postgres.inside', node: name, askedMs: atMs - 100, reading }]
}

export function etcd(name: string, value: Partial<EtcdMember> | string): EventBody {
  if (typeof value === 'string') return { type: 'etcd.member', member: name, reading: { ok: false, error: value } }
  const defaults = {
    version: '3.5.16',
    leaderId: 'a1',
    isLeader: name === 'etcd1',
    term: 4,
    revision: 10,
    dbSizeBytes: 1,
  }
  const whole = { id: `a${name.at(-1)}`, ...defaults, hasQuorum: true, ...value }
  return { type: 'etcd.member', member: name, reading: { ok: true, value: whole } }
}

export function key(holder: string | null, revision: number): EventBody {
  return { type: 'etcd.leader-key', holder, revision, via: 'etcd1', seenBy: 'watch' }
}

export function config(value: Partial<PatroniConfig> = {}): EventBody {
  const defaults = {
    ttlSeconds: 20,
    loopWaitSeconds: 2,
    retryTimeoutSeconds: 3,
    isSynchronous: false,
    isFailsafe: false,
  }
  return { type: 'patroni.config', via: 'patroni1', reading: { ok: true, value: { ...defaults, ...value } } }
}

/** `roles` of the members by name, `lags` of those that are no leader. */
export function cluster(roles: Readonly<Record<string, string>>, isPaused = false): EventBody {
  const members = Object.entries(roles).map(([name, role]) => ({
    name,
    role,
    state: role === 'leader' ? 'running' : 'streaming',
    timeline: 1,
    lagBytes: role === 'leader' ? null : 0,
    host: '10.0.0.1',
    port: 5432,
  }))
  return { type: 'patroni.cluster', via: 'patroni1', reading: { ok: true, value: { members, isPaused } } }
}

/** The names that are UP in each listener; `checks` says otherwise than L7OK and L7STS. */
export function haproxy(
  leader: readonly string[],
  replicas: readonly string[],
  checks: Record<string, string> = {},
): EventBody {
  const listener = (proxy: string, up: readonly string[]) => ({
    proxy,
    sessions: 0,
    servers: shape.nodes.map((name): HaproxyServer => {
      const isUp = up.includes(name)
      const checkStatus = checks[`${proxy}/${name}`] ?? (isUp ? 'L7OK' : 'L7STS')
      return {
        name,
        status: isUp ? 'UP' : 'DOWN',
        isUp,
        sessions: 0,
        checkStatus,
        lastChangeSeconds: 1,
      }
    }),
  })
  const value = { listeners: [listener('leader', leader), listener('replicas', replicas)] }
  return { type: 'haproxy.stats', reading: { ok: true, value } }
}

/** The same of the second proxy. */
export function haproxy2(...up: Parameters<typeof haproxy>): EventBody {
  return { ...haproxy(...up), proxy: 'haproxy2' } as EventBody
}

/** A proxy that does not answer. */
export function noProxy(proxy: string, error = 'ECONNREFUSED'): EventBody {
  return { type: 'haproxy.stats', proxy, reading: { ok: false, error } }
}

export function container(service: string, state: string | null): EventBody {
  if (state === null) return { type: 'docker.container', service, container: null }
  const whole = {
    id: `id-${service}`,
    name: `hw3_${service}_1`,
    state,
    health: 'healthy',
    exitCode: null,
    startedAt: null,
  }
  return { type: 'docker.container', service, container: whole }
}

export function happened(
  service: string,
  action: string,
  more: { exitCode?: number; signal?: number } = {},
): EventBody {
  return { type: 'docker.event', service, action, exitCode: more.exitCode ?? null, signal: more.signal ?? null }
}

export function probe(answers: readonly ProbeAnswer[], kind: OperationKind = 'write'): EventBody {
  return { type: 'probe', kind, intervalMs: 20, answers }
}

/** A second of traffic in which nothing ended. */
export const noOperations: OperationTick = {
  ok: 0,
  unguarded: 0,
  failed: 0,
  unknown: 0,
  dropped: 0,
  inFlight: 0,
  byServer: {},
  byError: {},
  latencyMs: null,
  serviceMs: null,
}

/** An acknowledgement, sent 2 ms before. */
export function ack(answeredMs: number, server = 'patroni1', sentMs = answeredMs - 2): ProbeAnswer {
  return { sentMs, answeredMs, outcome: 'ok', server }
}

/** A failure, sent 2 ms before. */
export function err(answeredMs: number, code = '08006', sentMs = answeredMs - 2): ProbeAnswer {
  return { sentMs, answeredMs, outcome: code.startsWith('08') ? 'unknown' : 'failed', code }
}

/** One answer every 20 ms, both ends included. */
function every20<T>(fromMs: number, toMs: number, make: (ms: number) => T): T[] {
  return Array.from({ length: Math.floor((toMs - fromMs) / 20) + 1 }, (_, index) => make(fromMs + 20 * index))
}

export function acks(fromMs: number, toMs: number, server = 'patroni1'): ProbeAnswer[] {
  return every20(fromMs, toMs, (ms) => ack(ms, server))
}

export function errs(fromMs: number, toMs: number, code = '08006'): ProbeAnswer[] {
  return every20(fromMs, toMs, (ms) => err(ms, code))
}
