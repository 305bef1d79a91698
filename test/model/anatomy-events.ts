import type { EventBody, LabEvent, OperationKind, ProbeAnswer } from '../../src/model/events.ts'
import { anatomies } from '../../src/model/explained.ts'
import type { ProxyCheck } from '../../src/systems/patroni/events.ts'
import type { Anatomy } from '../../src/systems/patroni/explain/shapes.ts'
import { initialState, reduce, type State } from '../patroni.ts'
import {
  ack,
  cluster,
  config,
  err,
  etcd,
  happened,
  haproxy,
  key,
  node,
  postgres,
  probe,
  shape,
  started,
  type Timed,
} from './events.ts'

export const FAST_CHECK: ProxyCheck = { interSeconds: 1, fall: 2, rise: 1 }

/** A healthy cluster led by patroni1, from 0 to 50 ms. */
export function healthy(check: ProxyCheck | null = FAST_CHECK): Timed[] {
  const begun = {
    ...started,
    lab: { ...shape, proxies: shape.proxies.map((proxy) => ({ ...proxy, check })) },
  } as unknown as EventBody
  return [
    [0, begun],
    [1, config()],
    ...['etcd1', 'etcd2', 'etcd3'].map((name, index): Timed => [2 + index, etcd(name, {})]),
    [6, key('patroni1', 5)],
    [10, postgres('patroni1', { isInRecovery: false, timeline: 4 })],
    [11, postgres('patroni2', { timeline: 4 })],
    [12, postgres('patroni3', { timeline: 4 })],
    [13, leads('patroni1', ['patroni2', 'patroni3'])],
    [14, node('patroni2', {})],
    [15, node('patroni3', {})],
    [16, cluster({ patroni1: 'leader', patroni2: 'replica', patroni3: 'replica' })],
    [17, haproxy(['patroni1'], ['patroni2', 'patroni3'])],
  ]
}

/** A primary's own word, with the standbys that stream from it. */
export function leads(name: string, standbys: readonly string[]): EventBody {
  const replication = standbys.map((standby) => ({ name: standby, state: 'streaming' }))
  return node(name, { role: 'primary', replication })
}

/** The same reading every `everyMs`, both ends included. */
export function every(fromMs: number, toMs: number, everyMs: number, body: EventBody): Timed[] {
  const count = Math.floor((toMs - fromMs) / everyMs) + 1
  return Array.from({ length: count }, (_, index): Timed => [fromMs + index * everyMs, body])
}

interface Served {
  readonly fromMs: number
  readonly toMs: number
  readonly server: string
}

/** A time in which a server acknowledges whatever it is asked. */
export const served = (fromMs: number, toMs: number, server: string): Served => ({ fromMs, toMs, server })

/**
 * Probes from 20 ms to the end of the last span, if nothing else is said, told every 100 ms: acknowledged by `server` in
 * each span, failing with `code` between them.
 */
export function traffic(
  spans: readonly Served[],
  {
    untilMs = spans.at(-1)?.toMs ?? 0,
    code = '08006',
    kind = 'write',
  }: { untilMs?: number; code?: string; kind?: OperationKind } = {},
): Timed[] {
  const told: Timed[] = []
  for (let atMs = 100; atMs <= untilMs; atMs += 100) {
    const answers: ProbeAnswer[] = []
    for (let ms = atMs - 80; ms <= atMs; ms += 20) {
      const span = spans.find(({ fromMs, toMs }) => ms >= fromMs && ms <= toMs)
      answers.push(span === undefined ? err(ms, code) : ack(ms, span.server))
    }
    told.push([atMs, probe(answers, kind)])
  }
  return told
}

/** The state after all of these, in order of time; what is given first comes first at the same time. */
export function run(...lists: readonly (readonly Timed[])[]): State {
  return eventsOf(...lists).reduce(reduce, initialState)
}

export function eventsOf(...lists: readonly (readonly Timed[])[]): LabEvent[] {
  const sorted = lists.flat().toSorted((a, b) => a[0] - b[0])
  return sorted.map(([atMs, body], index) => ({ seq: index + 1, atMs, ...body }))
}

export function told(...lists: readonly (readonly Timed[])[]): readonly Anatomy[] {
  return anatomies(run(...lists).anatomy)
}

/** `awaited length` of each phase, e.g. `key-gone 19000`. */
export function lengths(phases: Anatomy['phases']): string[] {
  return phases.map(({ awaited, startMs, endMs }) => `${awaited} ${endMs === null ? '…' : endMs - startMs}`)
}

export function sum(phases: Anatomy['phases']): number {
  return phases.reduce((total, { startMs, endMs }) => total + (endMs ?? Number.NaN) - startMs, 0)
}

const about = { id: 'k', fault: 'kill', parts: ['patroni1'] }
const effects = ['takes-part-away', 'over-when-running'] as const

/** patroni1 is killed at 2 s; patroni2 leads from 22 s on; patroni1 is started again at 30 s. Times may be moved. */
export function killOf({
  goneMs = 20_000,
  takenMs = 22_000,
  promotedMs = 22_400,
  upMs = 22_900,
  ackMs = 23_000,
  untilMs = 36_000,
} = {}): Timed[][] {
  return [
    healthy(),
    traffic([served(0, 2_000, 'patroni1'), served(ackMs, untilMs, 'patroni2')]),
    [
      [1_990, { type: 'fault.requested', ...about, target: 'leader', text: 'kill patroni1', effects }],
      [2_010, { type: 'docker.event', service: 'pg-one', action: 'kill', exitCode: null, signal: 9 }],
      [2_040, { type: 'docker.event', service: 'pg-one', action: 'die', exitCode: 137, signal: null }],
      [2_060, { type: 'fault.landed', ...about, text: 'was killed', effects, isSeenByDocker: true, fromMs: 1_990 }],
    ],
    every(2_250, 29_000, 250, postgres('patroni1', 'ECONNREFUSED')),
    every(2_500, 29_000, 500, node('patroni1', 'ECONNREFUSED')),
    [[goneMs, key(null, 6)], ...(takenMs === 0 ? [] : [[takenMs, key('patroni2', 7)] as Timed])],
    [
      [promotedMs - 250, postgres('patroni2', { timeline: 4 })],
      [promotedMs, postgres('patroni2', { isInRecovery: false, timeline: 5 })],
      [promotedMs + 50, leads('patroni2', ['patroni3'])],
      [promotedMs + 60, postgres('patroni3', { timeline: 5 })],
      [upMs - 500, haproxy([], ['patroni2', 'patroni3'])],
      [upMs, haproxy(['patroni2'], ['patroni3'])],
    ],
    [
      [30_000, { type: 'docker.event', service: 'pg-one', action: 'start', exitCode: null, signal: null }],
      [32_000, node('patroni1', {})],
      [32_000, postgres('patroni1', { timeline: 5 })],
      [32_400, leads('patroni2', ['patroni3'])],
      [32_900, leads('patroni2', ['patroni1', 'patroni3'])],
      [33_500, cluster({ patroni1: 'replica', patroni2: 'leader', patroni3: 'replica' })],
      [33_500, haproxy(['patroni2'], ['patroni3'])],
      [34_000, haproxy(['patroni2'], ['patroni1', 'patroni3'])],
    ],
  ]
}

/** patroni1 is killed at 2 s; patroni2 takes the key at 24 s and is killed at 24.3 s, before clients are back. */
export function twice({ to }: { to: 'patroni1' | 'patroni3' }): Timed[][] {
  const others = ['patroni1', 'patroni2', 'patroni3'].filter((name) => name !== to)
  const comesBack = (name: string, service: string, atMs: number): Timed[] => [
    [atMs, happened(service, 'start')],
    [atMs + 1_000, node(name, {})],
    [atMs + 1_000, postgres(name, { timeline: 6 })],
  ]
  return [
    healthy(),
    traffic([served(0, 2_000, 'patroni1'), served(48_000, 70_000, to)]),
    [
      [2_010, happened('pg-one', 'kill', { signal: 9 })],
      [2_040, happened('pg-one', 'die', { exitCode: 137 })],
      [22_000, key(null, 6)],
      [24_000, key('patroni2', 7)],
      [24_050, postgres('patroni2', { timeline: 4 })],
      [24_200, postgres('patroni2', { isInRecovery: false, timeline: 5 })],
      [24_300, happened('patroni2', 'kill', { signal: 9 })],
      [24_320, happened('patroni2', 'die', { exitCode: 137 })],
    ],
    every(2_250, 29_000, 250, postgres('patroni1', 'ECONNREFUSED')),
    every(24_500, 51_000, 250, postgres('patroni2', 'ECONNREFUSED')),
    to === 'patroni1' ? comesBack('patroni1', 'pg-one', 30_000) : [],
    [
      [43_900, key(null, 8)],
      [46_000, key(to, 9)],
      [46_100, postgres(to, { timeline: 4 })],
      [46_200, postgres(to, { isInRecovery: false, timeline: 6 })],
      [46_250, leads(to, [])],
      [46_900, haproxy([], ['patroni1', 'patroni2', 'patroni3'])],
      [47_000, haproxy([to], [])],
    ],
    ...(to === 'patroni3' ? [comesBack('patroni1', 'pg-one', 50_000)] : []),
    comesBack('patroni2', 'patroni2', 52_000),
    [
      [55_000, leads(to, others)],
      [55_500, cluster(Object.fromEntries([to, ...others].map((name, n) => [name, n === 0 ? 'leader' : 'replica'])))],
      [56_000, haproxy([to], others)],
    ],
  ]
}
