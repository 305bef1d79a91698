import type { Decisions, ExecutorStatus, Shard } from '../../../src/systems/sharded/events.ts'
import { at, storyOf, type Timed } from '../story.ts'

export const SHARDS = ['s0', 's1', 's2']

export const story = storyOf({
  name: 'sharded',
  system: 'sharded',
  nodes: [...SHARDS, 'coordinator'],
  containerOf: { s0: 's0', s1: 's1', s2: 's2', coordinator: 'coordinator', executor: 'app' },
  groupOf: { s0: 's0', s1: 's1', s2: 's2', coordinator: 'coordinator' },
})

export function shard(atMs: number, node: string, change: Partial<Shard> = {}): Timed {
  const calm = { committed: 7, latest: 'ab:7', prepared: [], preparedCount: 0, waiting: 0, waitingMs: 0 }
  return [atMs, { type: 'sharded.shard', node, reading: { ok: true, value: { ...calm, ...change } } }]
}

export function shardFails(atMs: number, node: string): Timed {
  return [atMs, { type: 'sharded.shard', node, reading: { ok: false, error: 'ECONNREFUSED' } }]
}

/** One that is prepared for so long. */
export function prepared(ageMs: number, gid = 'shard-executor_ab_3'): Partial<Shard> {
  return { prepared: [{ gid, ageMs }], preparedCount: 1 }
}

export function executor(atMs: number, change: Partial<ExecutorStatus> = {}): Timed {
  const calm = {
    protocol: 'two-phase',
    since: at(-60_000),
    underWay: [],
    underWayCount: 0,
    ended: { applied: 12 },
    latest: [],
    gates: [],
  }
  return [atMs, { type: 'sharded.executor', reading: { ok: true, value: { ...calm, ...change } } }]
}

export function decisions(atMs: number, change: Partial<Decisions> = {}): Timed {
  const calm = { open: 0, committed: 12, aborted: 0, latest: [] }
  return [atMs, { type: 'sharded.decisions', reading: { ok: true, value: { ...calm, ...change } } }]
}

export const whole = (atMs: number): readonly Timed[] => [
  executor(atMs),
  decisions(atMs),
  ...SHARDS.map((name) => shard(atMs, name)),
]
