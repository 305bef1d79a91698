import type { Audit, AuditCounts } from '../../src/model/audit.ts'
import type { Autopsy } from '../../src/model/autopsy.ts'
import type { EventBody, LabEvent, OperationTick } from '../../src/model/events.ts'
import type { SeqRanges } from '../../src/model/seq-ranges.ts'
import type { LedgerFacts } from '../../src/report/ledger-facts.ts'
import {
  acks,
  cluster,
  config,
  errs,
  etcd,
  events,
  happened,
  haproxy,
  key,
  node,
  noOperations,
  postgres,
  probe,
  started,
  type Timed,
} from '../model/events.ts'

const NODES = ['patroni1', 'patroni2', 'patroni3']

/** What every source says about once a second while `leader` leads and `down` does not answer. */
export function readings(atMs: number, leader: string, down: readonly string[] = []): Timed[] {
  const roles = Object.fromEntries(NODES.map((name) => [name, name === leader ? 'leader' : 'replica']))
  return [
    ...NODES.flatMap((name, index): Timed[] => {
      const isDown = down.includes(name)
      return [
        [atMs + index, node(name, isDown ? 'ECONNREFUSED' : { role: name === leader ? 'primary' : 'replica' })],
        [atMs + index, postgres(name, isDown ? 'ECONNREFUSED' : { isInRecovery: name !== leader })],
        [atMs + index, rows(name, isDown ? null : atMs / 10)],
      ]
    }),
    [atMs + 5, cluster(roles)],
    [
      atMs + 6,
      haproxy(
        down.includes(leader) ? [] : [leader],
        NODES.filter((name) => name !== leader && !down.includes(name)),
      ),
    ],
    ...['etcd1', 'etcd2', 'etcd3'].map((name): Timed => [atMs + 7, etcd(name, {})]),
  ]
}

function rows(name: string, count: number | null): EventBody {
  const reading =
    count === null ? { ok: false as const, error: 'ECONNREFUSED' } : { ok: true as const, value: { rows: count } }
  return { type: 'postgres.rows', node: name, reading }
}

export function tick(write: Partial<OperationTick>, server = 'patroni1'): EventBody {
  const of = (part: Partial<OperationTick>): OperationTick => ({
    ...noOperations,
    ...(part.ok
      ? {
          byServer: { [server]: part.ok },
          latencyMs: { p50: 2, p99: 9, max: 20 },
          serviceMs: { p50: 1, p99: 8, max: 19 },
        }
      : {}),
    ...part,
  })
  return { type: 'traffic.tick', windowMs: 1_000, write: of(write), read: of({ ok: 50 }) }
}

const ended: EventBody = { type: 'run.ended', reason: 'done' }

/** Ten seconds in which nothing happened. */
export function healthyRun(): LabEvent[] {
  return events(
    inOrder([
      [0, started],
      [1, config()],
      [2, key('patroni1', 10)],
      [3, { type: 'traffic.set', isOn: true, writesPerSecond: 100, readsPerSecond: 50 }],
      ...seconds(1, 10).flatMap((atMs): Timed[] => [
        ...readings(atMs, 'patroni1'),
        [atMs + 10, probe(acks(atMs - 1_000, atMs - 20))],
        [atMs + 11, tick({ ok: 100 })],
      ]),
      [10_500, ended],
    ]),
  )
}

const kill = {
  id: 'k',
  fault: 'kill',
  parts: ['patroni1'],
  effects: ['takes-part-away', 'over-when-running'],
} as const

/** patroni1 is killed at 5 s; patroni2 takes over at 24 s, clients write again at 25 s; patroni1 is back at 31 s. */
export function leaderKill(): LabEvent[] {
  const before = seconds(1, 4).flatMap((atMs): Timed[] => [
    ...readings(atMs, 'patroni1'),
    [atMs + 10, probe(acks(atMs - 1_000, atMs - 20))],
    [atMs + 11, tick({ ok: 100 })],
  ])
  const out = seconds(6, 25).flatMap((atMs): Timed[] => [
    ...readings(atMs, 'patroni1', ['patroni1']),
    [atMs + 10, probe(errs(atMs - 1_000, atMs - 20, 'ECONNREFUSED'))],
    [atMs + 11, tick({ failed: 90, unknown: 3, dropped: 7 })],
  ])
  const after = seconds(26, 36).flatMap((atMs): Timed[] => [
    ...readings(atMs, 'patroni2', atMs < 31_000 ? ['patroni1'] : []),
    [atMs + 10, probe(acks(atMs - 1_000, atMs - 20, 'patroni2'))],
    [atMs + 11, tick({ ok: 100 }, 'patroni2')],
  ])
  return events(
    inOrder([
      [0, started],
      [1, config()],
      [2, key('patroni1', 10)],
      [3, { type: 'traffic.set', isOn: true, writesPerSecond: 100, readsPerSecond: 50 }],
      ...before,
      [
        5_000,
        { type: 'fault.requested', ...kill, target: 'leader', text: 'kill patroni1', byHand: ['docker kill pg-one'] },
      ],
      [5_010, probe(acks(4_000, 4_990))],
      [5_020, happened('pg-one', 'kill', { signal: 9 })],
      [5_030, happened('pg-one', 'die', { exitCode: 137 })],
      [5_040, { type: 'fault.landed', ...kill, text: 'was killed', isSeenByDocker: true, fromMs: 5_000 }],
      ...out,
      [23_000, key(null, 11)],
      [24_000, key('patroni2', 12)],
      [24_200, postgres('patroni2', { isInRecovery: false, timeline: 2 })],
      [24_500, haproxy(['patroni2'], ['patroni3'])],
      ...after,
      [30_000, happened('pg-one', 'start')],
      [36_500, ended],
    ]),
  )
}

function seconds(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => (from + index) * 1_000)
}

function inOrder(timed: readonly Timed[]): Timed[] {
  return timed.toSorted(([a], [b]) => a - b)
}

export const none: SeqRanges = { count: 0, ranges: [], isComplete: true }

export const cleanCounts: AuditCounts = {
  attempted: 3_600,
  acknowledged: 1_600,
  unguarded: 0,
  failed: 1_800,
  unknown: 60,
  dropped: 140,
  unanswered: 0,
  acknowledgedPresent: 1_600,
  lost: 0,
  unguardedPresent: 0,
  unguardedLost: 0,
  recovered: 2,
  unknownAbsent: 58,
  failedAbsent: 1_800,
  droppedAbsent: 140,
  phantom: 0,
  duplicated: 0,
  altered: 0,
  neverAttempted: 0,
}

export function auditOf(counts: AuditCounts, verdict: Audit['verdict'], lost: SeqRanges = none): Audit {
  const read = { rows: 1_602, timeline: 2, lsn: 100, startedMs: 36_000, durationMs: 20 }
  return {
    runId: 'abc234',
    table: 'events',
    startedMs: 36_000,
    durationMs: 50,
    isLedgerComplete: true,
    findings: {
      counts,
      classes: {
        lost,
        unguardedLost: none,
        recovered: none,
        phantom: none,
        duplicated: none,
        altered: none,
        neverAttempted: none,
        unansweredPresent: none,
      },
      strangers: [],
    },
    leader: { node: 'patroni2', ...read },
    replicas: ['patroni1', 'patroni3'].map((name) => {
      const same = { missing: none, extra: none, unsettled: none, differing: none, strangeRows: 0 }
      return { node: name, isRead: true, read: { node: name, ...read }, ...same }
    }),
    verdict,
    halves: { writes: verdict, replicas: { verdict: 'pass', why: 'Both hold the same rows.', evidence: [] } },
  }
}

export const cleanAudit = auditOf(cleanCounts, {
  verdict: 'pass',
  why: 'All 1600 acknowledged writes are on patroni2, once each.',
  evidence: [],
})

export const lossyAudit = auditOf(
  { ...cleanCounts, acknowledgedPresent: 1_225, lost: 375 },
  { verdict: 'fail', why: '375 acknowledged writes are lost (100–474).', evidence: [100, 101] },
  { count: 375, ranges: [[100, 474]], isComplete: true },
)

export const lossyAutopsy: Autopsy = {
  failovers: [
    {
      from: 'patroni1',
      to: 'patroni2',
      fork: { oldTimeline: 1, newTimeline: 2, lsn: 83_886_408 },
      keyTakenMs: 24_000,
      lost: [],
      lostCount: 370,
      sentences: [],
    },
  ],
  unexplained: { seqs: { count: 5, ranges: [[470, 474]], isComplete: true }, reasons: ['470 has no position'] },
  sentences: ['patroni1 went on acknowledging for 7.6 s after it had lost etcd.'],
}

export const wholeLedger: LedgerFacts = {
  runId: 'abc234',
  attempted: 3_600,
  acknowledged: 1_600,
  unguarded: 0,
  failed: 1_800,
  unknown: 60,
  dropped: 140,
  unanswered: 0,
  isComplete: true,
  why: null,
}
