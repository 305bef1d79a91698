import type { AppReading, RegistrationsShape, ShardReading } from '../../../src/systems/registrations/events.ts'
import { storyOf, type Timed } from '../story.ts'

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

export const story = storyOf(lab)

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
