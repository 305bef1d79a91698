import type { EventBody, LabEvent } from '../../../src/model/events.ts'
import type { State } from '../../../src/model/state.ts'
import type { AppReading, RegistrationsShape, ShardReading } from '../../../src/systems/registrations/events.ts'
import { initialState, reduce } from '../../../src/systems/state.ts'

type Timed = readonly [atMs: number, body: EventBody]

const lab: RegistrationsShape = {
  name: 'registrations',
  system: 'registrations',
  nodes: ['master', 'public', 'private'],
  containerOf: { master: 'master', public: 'shard-public', private: 'shard-private', app: 'app' },
  groupOf: { master: 'master', public: 'public', private: 'private' },
  master: 'master',
  shards: ['public', 'private'],
  apps: ['app'],
}

/** The events of a run, in order, and the state that they come to. */
export function story(...events: readonly (Timed | readonly Timed[])[]): State {
  const all = events.flatMap((each) => (typeof each[0] === 'number' ? [each as Timed] : (each as readonly Timed[])))
  const started: EventBody = { type: 'run.started', startedAt: '2026-11-21T12:00:00.000Z', version: 'test', lab }
  return [[0, started] as Timed, ...all]
    .toSorted(([a], [b]) => a - b)
    .map(([atMs, body], seq) => ({ ...body, atMs, seq }) as LabEvent)
    .reduce((state, event) => reduce(state, event), initialState)
}

const calm: ShardReading = {
  total: 100,
  unsynced: 0,
  oldestMs: null,
  lagMs: { p50: 12, p99: 300, max: 400 },
  slot: { isActive: true, lagBytes: 0 },
}

export function shard(atMs: number, name: string, change: Partial<ShardReading> = {}): Timed {
  return [atMs, { type: 'registrations.shard', shard: name, reading: { ok: true, value: { ...calm, ...change } } }]
}

export function shardFails(atMs: number, name: string, error = 'ECONNREFUSED'): Timed {
  return [atMs, { type: 'registrations.shard', shard: name, reading: { ok: false, error } }]
}

export function master(atMs: number, rows: Readonly<Record<string, number>> = { public: 100, private: 100 }): Timed {
  return [atMs, { type: 'registrations.master', reading: { ok: true, value: { rows, applyErrors: 0 } } }]
}

export function app(atMs: number, change: Partial<AppReading> = {}): Timed {
  const value: AppReading = { way: 'outbox', troubles: {}, sync: null, ...change }
  return [atMs, { type: 'registrations.app', app: 'app', reading: { ok: true, value } }]
}

export function whole(atMs: number): readonly Timed[] {
  return [shard(atMs, 'public'), shard(atMs, 'private'), master(atMs), app(atMs)]
}
