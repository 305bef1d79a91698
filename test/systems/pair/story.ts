import type { ProbeAnswer } from '../../../src/model/events.ts'
import type { PairFence, PairPromotion, PairStatus } from '../../../src/systems/pair/events.ts'
import { at, storyOf, type Timed } from '../story.ts'

export const story = storyOf({
  name: 'pair',
  system: 'pair',
  nodes: ['my_primary', 'my_standby'],
  containerOf: { my_primary: 'my_primary', my_standby: 'my_standby', proxy: 'proxy' },
})

const calm: PairStatus = {
  rule: 'naive',
  settings: null,
  leadsTo: 'my_primary',
  epoch: 0,
  since: at(-60_000),
  promotions: [],
  fences: [],
  hold: null,
  check: null,
  sessions: 8,
}

export const settings = { fall: 3, overMs: 3_000, hearsWithinMs: 3_000, checkEveryMs: 1_000, checkTimeoutMs: 1_000 }

export function status(atMs: number, change: Partial<PairStatus> = {}): Timed {
  return [atMs, { type: 'pair.status', reading: { ok: true, value: { ...calm, ...change } } }]
}

export function statusFails(atMs: number, error = 'ECONNREFUSED'): Timed {
  return [atMs, { type: 'pair.status', reading: { ok: false, error } }]
}

/** The lead has gone to the standby. */
export function promoted(
  promotion: Partial<PairPromotion> = {},
  fences: readonly PairFence[] = [],
): Partial<PairStatus> {
  const whole: PairPromotion = {
    epoch: 1,
    node: 'my_standby',
    from: 'my_primary',
    at: at(10_100),
    why: { type: 'broken', code: '57P01' },
    result: { type: 'promoted', tookMs: 200, timeline: 2, forkLsn: 1_000 },
    ...promotion,
  }
  return { leadsTo: whole.node, epoch: whole.epoch, since: whole.at, promotions: [whole], fences }
}

export function postgres(atMs: number, node: string, isInRecovery: boolean, timeline = 1): Timed {
  const value = { isInRecovery, timeline, lsn: 900, address: node, systemId: '7' }
  return [atMs, { type: 'postgres.node', node, reading: { ok: true, value } }]
}

export function postgresFails(atMs: number, node: string, error = 'ECONNREFUSED'): Timed {
  return [atMs, { type: 'postgres.node', node, reading: { ok: false, error } }]
}

export function primaryAt(atMs: number, node: string, writtenLsn: number): Timed {
  const value = { isInRecovery: false, receiver: null, receivedLsn: null, writtenLsn }
  return [atMs, { type: 'pair.replication', node, reading: { ok: true, value } }]
}

export function standbyAt(
  atMs: number,
  node: string,
  receivedLsn: number,
  receiver: string | null = 'streaming',
): Timed {
  const value = { isInRecovery: true, receiver, receivedLsn, writtenLsn: null }
  return [atMs, { type: 'pair.replication', node, reading: { ok: true, value } }]
}

export function happened(atMs: number, service: string, action: string, signal: number | null = null): Timed {
  return [atMs, { type: 'docker.event', service, action, exitCode: action === 'die' ? 137 : null, signal }]
}

export function container(atMs: number, service: string, state: string): Timed {
  const told = { id: service, name: service, state, health: null, exitCode: null, startedAt: null }
  return [atMs, { type: 'docker.container', service, container: told }]
}

/** Both servers answer, and the standby streams. */
export function whole(atMs: number): readonly Timed[] {
  return [
    ...['my_primary', 'my_standby', 'proxy'].map((service) => container(atMs, service, 'running')),
    status(atMs),
    postgres(atMs, 'my_primary', false),
    postgres(atMs, 'my_standby', true),
    primaryAt(atMs, 'my_primary', 1_000),
    standbyAt(atMs, 'my_standby', 900),
  ]
}

/** Probes every 20 ms, told of every 100 ms: acknowledged by `server`, or refused where it is null. */
export function probes(fromMs: number, toMs: number, server: string | null): readonly Timed[] {
  const events: Timed[] = []
  for (let end = fromMs + 100; end <= toMs; end += 100) {
    const answers = [80, 60, 40, 20, 0].map((back): ProbeAnswer => {
      const answeredMs = end - back
      const told = { sentMs: answeredMs - 5, answeredMs }
      return server === null ? { ...told, outcome: 'failed', code: 'ECONNRESET' } : { ...told, outcome: 'ok', server }
    })
    events.push([end, { type: 'probe', kind: 'write', intervalMs: 20, answers }])
  }
  return events
}

/** The old primary, found past the fork when it was started again. */
export const fence = {
  node: 'my_primary',
  epoch: 1,
  at: at(15_000),
  when: 'starting',
  walBytesPastFork: 500,
  commitsPastFork: 4,
  insertsPastFork: { data_table: 3 },
  rejoined: null,
} as const
