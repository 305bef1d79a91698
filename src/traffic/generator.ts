import type { Clock } from '../log/clock.ts'
import type { LogAndClock } from '../log/event-log.ts'
import type { Credentials } from '../model/address.ts'
import type { OperationKind, TrafficSet } from '../model/events.ts'
import { MAX_PER_SECOND } from '../model/traffic-limits.ts'
import { createConnector, type Endpoints, endpointCount, TARGETS } from './endpoints.ts'
import { createLane, type Lane, NOTHING_TOLD, placesFor } from './lane.ts'
import type { OperationRecord, Operations, Route } from './operation.ts'
import { createSessionPool, type SessionPool } from './session-pool.ts'
import { createTally, type Tally } from './tally.ts'

export type TrafficSettings = Omit<TrafficSet, 'type' | 'endpoints' | 'pipeline'>

export const defaultSettings: TrafficSettings = { isOn: true, writesPerSecond: 50, readsPerSecond: 100 }

export interface Generator {
  /**
   * Takes effect at once, before `run` and while it runs; appends `traffic.set` when anything changes.
   * @throws {RangeError} when a rate is not a number from 0 to MAX_PER_SECOND; nothing is changed then
   */
  set(change: Partial<TrafficSettings>): void
  /**
   * Opens the first sessions of every route, before `run`: what that takes is no client's wait, and counts nowhere.
   * Resolves false when a route gave none within ten seconds, and at once when the signal aborts; never rejects.
   */
  warmUp(signal: AbortSignal): Promise<boolean>
  /**
   * Runs until the signal aborts; only once. It then gives the operations in flight 2 s to end (what has not ended by
   * then is cut off, and so unknown), closes every connection, and appends the last, shorter tick.
   */
  run(signal: AbortSignal): Promise<void>
}

export interface GeneratorOptions extends LogAndClock {
  /** By which operations are on time: more punctual than the clock's own, where there is such a thing. */
  readonly sleep?: Clock['sleep']
  /**
   * The proxy's listeners, or those of several: of the leader, and of the replicas. Left out where the operations have
   * ways of their own.
   */
  readonly write?: Endpoints
  readonly read?: Endpoints
  readonly credentials: Credentials
  /** What it does; told of every operation before `onOutcome` is. */
  readonly operations: Operations
  /** The name of the server at an address, or the address itself. */
  readonly nameOf: (address: string) => string
  /** What it begins with, where that is not the default. */
  readonly settings?: Partial<TrafficSettings>
  /** Told of every operation as it ends. Must not throw. */
  readonly onOutcome?: (record: OperationRecord) => void
  /** Of each kind on each route; default 16. */
  readonly maxSessions?: number
  /**
   * How many statements may be under way on a session, each a transaction of its own; default 1. Only where every
   * operation is one statement.
   */
  readonly pipeline?: number
  /** How long after its due time an operation may still be sent before it is dropped; default 1000. */
  readonly allowanceMs?: number
  /** How long a statement may go unanswered before it is given up as unknown; default 5000. */
  readonly timeoutMs?: number
}

const TICK_MS = 1_000
const DRAIN_MS = 2_000
const CONNECT_TIMEOUT_MS = 2_000
const WARM_UP_MS = 10_000
const MIN_SESSIONS = 4
const MAX_SESSIONS = 16
const SESSION_LIFETIME_MS = 30_000

interface Side {
  readonly lane: Lane
  readonly pools: readonly SessionPool[]
  readonly tally: Tally
}

/**
 * An open-loop writer to the leader and reader of the replicas. Every operation that is due ends as exactly one of ok,
 * failed, unknown and dropped; a summary of those that ended is appended once a second, with what the reads showed of
 * the writes.
 */
export function createGenerator(options: GeneratorOptions): Generator {
  const { operations } = options
  const onOutcome = (record: OperationRecord) => {
    operations.onEnded(record)
    options.onOutcome?.(record)
  }
  const write = createSide('write', { ...options, onOutcome })
  const read = createSide('read', { ...options, onOutcome })
  let settings = { ...defaultSettings, ...options.settings }
  const apply = () => {
    // The one begins where the other ends, however long this process hangs in between.
    const nowMs = options.clock.nowMs()
    write.lane.setRate(settings.isOn ? settings.writesPerSecond : 0, nowMs)
    read.lane.setRate(settings.isOn ? settings.readsPerSecond : 0, nowMs)
    const endpoints = options.write === undefined ? 1 : endpointCount(options.write)
    const pipeline = pipelineOf(options)
    const told = { ...(endpoints > 1 && { endpoints }), ...(pipeline > 1 && { pipeline }) }
    options.log.append({ type: 'traffic.set', ...settings, ...told })
  }
  return {
    set(change) {
      const changed = { ...settings, ...change }
      checkRate('writesPerSecond', changed.writesPerSecond)
      checkRate('readsPerSecond', changed.readsPerSecond)
      if (isSame(settings, changed)) return
      settings = changed
      apply()
    },
    warmUp: (signal) => {
      const { writesPerSecond, readsPerSecond } = settings
      const of = ({ pools }: Side, rate: number) => pools.map((pool) => ({ pool, places: firstPlaces(options, rate) }))
      return firstSessions(options, [...of(write, writesPerSecond), ...of(read, readsPerSecond)], signal)
    },
    async run(signal) {
      apply()
      await runSides(options, { write, read }, signal)
    },
  }
}

function createSide(kind: OperationKind, options: GeneratorOptions): Side {
  const { clock, operations, nameOf, onOutcome } = options
  const routes = operations.routes?.[kind] ?? [kind]
  const pools = Object.fromEntries(routes.map((route) => [route, createPool(route, options)]))
  const tally = createTally()
  const lane = createLane({
    kind,
    clock,
    sleep: options.sleep,
    pools,
    tally,
    operation: (seq) => operations[kind](seq),
    told: (row) => (kind === 'write' ? operations.told(row) : NOTHING_TOLD),
    nameOf,
    onOutcome,
    allowanceMs: options.allowanceMs ?? 1_000,
    timeoutMs: options.timeoutMs ?? 5_000,
  })
  return { lane, pools: Object.values(pools), tally }
}

function createPool(route: Route, options: GeneratorOptions): SessionPool {
  const { clock, maxSessions } = options
  return createSessionPool({
    clock,
    open: openerOf(route, options),
    minSessions: MIN_SESSIONS,
    maxSessions: maxSessions ?? MAX_SESSIONS,
    pipeline: pipelineOf(options),
    lifetimeMs: SESSION_LIFETIME_MS,
  })
}

/** What takes several statements has the session for itself. */
function pipelineOf({ operations, pipeline = 1 }: GeneratorOptions): number {
  return operations.areSingle ? pipeline : 1
}

function openerOf(route: Route, options: GeneratorOptions) {
  const { operations, credentials, clock } = options
  const { clients } = operations
  if (clients !== undefined) return (signal: AbortSignal) => clients.open(route, signal)
  const endpoints = options[route]
  if (endpoints === undefined) throw new Error('operations without ways of their own need endpoints')
  const pipeline = pipelineOf(options)
  const target = TARGETS[route]
  return createConnector({ endpoints, credentials, clock, timeoutMs: CONNECT_TIMEOUT_MS, target, pipeline })
}

function firstPlaces({ maxSessions = MAX_SESSIONS }: GeneratorOptions, ratePerSecond: number): number {
  return Math.min(Math.max(MIN_SESSIONS, placesFor(ratePerSecond)), maxSessions)
}

async function firstSessions(
  { clock }: GeneratorOptions,
  wanted: readonly { readonly pool: SessionPool; readonly places: number }[],
  signal: AbortSignal,
): Promise<boolean> {
  const untilMs = clock.nowMs() + WARM_UP_MS
  const over = new AbortController()
  // Whoever still waits then is told that it is late.
  const limit = clock.sleep(WARM_UP_MS, AbortSignal.any([signal, over.signal])).catch(() => {})
  void limit.then(() => {
    if (!over.signal.aborted) for (const { pool } of wanted) pool.expire(untilMs)
  })
  const warm = async ({ pool, places }: (typeof wanted)[number]): Promise<boolean> => {
    while (clock.nowMs() < untilMs && !signal.aborted) {
      const waits = Array.from({ length: places }, () => pool.wait(untilMs))
      const taken = await Promise.all(waits)
      const opened = taken.flatMap((each) => (each.type === 'session' ? [each.session] : []))
      for (const session of opened) pool.give(session)
      if (opened.length > 0) return true
      if (taken.every(({ type }) => type === 'late')) return false
    }
    return false
  }
  const isWarm = await Promise.all(wanted.map(warm))
  over.abort()
  return isWarm.every((is) => is)
}

interface Running {
  readonly write: Side
  readonly read: Side
}

async function runSides(
  { log, clock, operations }: GeneratorOptions,
  { write, read }: Running,
  signal: AbortSignal,
): Promise<void> {
  let tickedMs = clock.nowMs()
  const tick = () => {
    // Whether the lab was asleep is told before what that bears on.
    clock.asleepMs?.()
    const nowMs = clock.nowMs()
    log.append({
      type: 'traffic.tick',
      windowMs: nowMs - tickedMs,
      write: write.tally.take(),
      read: read.tally.take(),
      replicaReads: operations.take(),
      ...(operations.measure && { measured: operations.measure() }),
    })
    tickedMs = nowMs
  }
  await Promise.all([write.lane.run(signal), read.lane.run(signal), everySecond(clock, tick, signal)])
  await endWithin(clock, DRAIN_MS, [write.lane, read.lane])
  for (const pool of [...write.pools, ...read.pools]) pool.close()
  await Promise.all([write.lane.settled(), read.lane.settled()])
  tick()
}

/** Counted from the start, like all that is due here: a late tick does not move those after it. */
async function everySecond(clock: Clock, tick: () => void, signal: AbortSignal): Promise<void> {
  for (let nextMs = clock.nowMs() + TICK_MS; ; ) {
    await clock.sleep(Math.max(nextMs - clock.nowMs(), 0), signal).catch(() => {})
    if (signal.aborted) return
    const nowMs = clock.nowMs()
    if (nowMs < nextMs) continue
    tick()
    nextMs += Math.ceil((nowMs - nextMs + 1) / TICK_MS) * TICK_MS
  }
}

async function endWithin(clock: Clock, ms: number, lanes: readonly Lane[]): Promise<void> {
  const enough = new AbortController()
  const ended = Promise.all(lanes.map((lane) => lane.settled()))
  await Promise.race([ended, clock.sleep(ms, enough.signal).catch(() => {})])
  enough.abort()
}

function checkRate(name: string, rate: unknown): void {
  if (typeof rate === 'number' && rate >= 0 && rate <= MAX_PER_SECOND) return
  throw new RangeError(`${name} must be a number from 0 to ${MAX_PER_SECOND}, not ${rate}`)
}

function isSame(a: TrafficSettings, b: TrafficSettings): boolean {
  return a.isOn === b.isOn && a.writesPerSecond === b.writesPerSecond && a.readsPerSecond === b.readsPerSecond
}
