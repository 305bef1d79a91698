import type { EventBody, LabEvent } from '../../../src/model/events.ts'
import type { State } from '../../../src/model/state.ts'
import type { Decisions, ExecutorStatus, Shard } from '../../../src/systems/sharded/events.ts'
import { initialState, reduce } from '../../../src/systems/state.ts'

/** 2026-11-21T12:00:00.000Z is the run's zero. */
const START = '2026-11-21T12:00:00.000Z'
export const at = (ms: number) => new Date(Date.parse(START) + ms).toISOString()

export const SHARDS = ['s0', 's1', 's2']
type Timed = readonly [atMs: number, body: EventBody]

/** The events of a run, in order, and the state that they come to. */
export function story(...events: readonly Timed[]): State {
  return [[0, started] as const, ...events]
    .map(([atMs, body], seq) => ({ ...body, atMs, seq }) as LabEvent)
    .reduce((state, event) => reduce(state, event), initialState)
}

const started: EventBody = {
  type: 'run.started',
  startedAt: START,
  version: 'test',
  lab: {
    name: 'sharded',
    system: 'sharded',
    nodes: [...SHARDS, 'coordinator'],
    containerOf: { s0: 's0', s1: 's1', s2: 's2', coordinator: 'coordinator', executor: 'app' },
    groupOf: { s0: 's0', s1: 's1', s2: 's2', coordinator: 'coordinator' },
  },
}

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
