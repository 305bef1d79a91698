import { engineRead } from './engines.ts'
import type { InsidePostgres, LabEvent, Reading } from './events.ts'
import type { Seen } from './seen.ts'
import type { Witness } from './split-brain-state.ts'
import type { State } from './state.ts'

type Found = Pick<Witness, 'state' | 'by' | 'sinceMs' | 'beforeMs' | 'isStopping'> & { readonly provenFromMs?: number }

/**
 * PostgreSQL that is starting or shutting down takes no new session (ERRCODE_CANNOT_CONNECT_NOW). Which of the two is not
 * told by the code: one that starts may take writes the moment after.
 */
const REFUSES = '57P03'
/** Nobody listens at its address any more. */
const UNHEARD = ['ECONNREFUSED', 'ECONNRESET', 'connection closed']

/** A reading of the node itself; the same witness when it tells nothing new. */
export function afterReading(
  was: Witness | undefined,
  { node, reading, atMs, seq }: LabEvent & { type: 'postgres.node' },
  before: State,
): Witness {
  const state = stateOf(reading)
  // Docker's word, or the node's own through the engine, is better than that it could not be asked from here.
  if (was !== undefined && state === 'unknown' && was.state !== 'unknown' && was.by !== 'itself') return was
  const by = state === 'unknown' ? null : 'itself'
  if (was?.state === state && was.by === by) return was
  // The one that was stopping has ended. Whether another is started in its place is asked through the engine from now on.
  if (was?.isStopping && state === 'unknown' && !reading.ok && UNHEARD.includes(reading.error))
    return next(was, { state: 'refuses', by: 'engine', sinceMs: atMs, beforeMs: was.beforeMs, isStopping: true }, seq)
  const seen = before.nodes[node]?.postgres
  const sinceMs = state === 'unknown' ? (seen?.checkedAtMs ?? atMs) : atMs
  return next(was, { state, by, sinceMs, beforeMs: disproof(was, seen, state) }, seq)
}

/**
 * The node's own word through the engine. A standby also proves what it was before it was asked: a primary can only
 * become one by beginning recovery again, so since it began this one it has taken no write. One that is out of recovery
 * would take writes, whether or not any came: for that no position of its log needs to move.
 */
export function afterInside(
  was: Witness | undefined,
  { reading, askedMs, atMs, seq }: LabEvent & { type: 'postgres.inside' },
): Witness | undefined {
  const isBetterKnown = was !== undefined && ['itself', 'ended', 'paused'].includes(was.by ?? '')
  if (isBetterKnown) return was.state === 'refuses' ? whichOfBoth(was, reading) : was
  if (!reading.ok) {
    if (was === undefined || was.state === 'unknown') return was
    return next(was, { state: 'unknown', by: null, sinceMs: was.heardMs, beforeMs: was.heardMs }, seq)
  }
  const { value } = reading
  const found: Found =
    value.type === 'answers'
      ? {
          state: value.isInRecovery ? 'standby' : 'primary',
          by: 'engine',
          sinceMs: atMs,
          beforeMs: was?.heardMs ?? null,
          ...(value.isInRecovery && { provenFromMs: atMs - value.forMs }),
        }
      : value.type === 'gone'
        ? { state: 'down', by: 'gone', sinceMs: atMs, beforeMs: was?.heardMs ?? null }
        : // Whoever asks waits for a session all the while: had it taken one since, it would have been that one.
          {
            state: 'refuses',
            by: 'engine',
            sinceMs: atMs,
            beforeMs: was?.heardMs ?? null,
            provenFromMs: askedMs,
            ...(value.type === 'stopping' && { isStopping: true }),
          }
  if (was?.state === found.state && was.by === found.by && was.isStopping === found.isStopping)
    return { ...was, heardMs: atMs }
  return { ...next(was, found, seq), heardMs: atMs }
}

/** Of one that says itself that it takes no sessions: whether it stops, as its pid file tells, or may be starting. */
function whichOfBoth(was: Witness, reading: Reading<InsidePostgres>): Witness {
  // The one that took none has ended by then, whichever it was.
  if (reading.ok && reading.value.type === 'gone') return was
  const isStopping = reading.ok && reading.value.type === 'stopping'
  if (isStopping === (was.isStopping ?? false)) return was
  const { isStopping: _, ...known } = was
  return isStopping ? { ...known, isStopping } : known
}

/** Docker's word about the node's container; the same witness when that is no news. */
export function afterContainer(
  was: Witness | undefined,
  event: LabEvent & { type: 'docker.event' | 'docker.container' },
  before: State,
): Witness | undefined {
  const fate = fateOf(event)
  const isFenced = was?.by === 'ended' || was?.by === 'paused'
  if (fate === null || (fate === 'runs' ? !isFenced : was?.by === fate)) return was
  const { atMs, seq } = event
  const beforeMs = was?.sinceMs ?? null
  if (fate === 'runs') return next(was, { state: 'unknown', by: null, sinceMs: atMs, beforeMs }, seq)
  const wasAlready = fate === 'ended' && event.type === 'docker.container' && isSameLife(event, before)
  const provenFromMs = wasAlready && was?.state === 'unknown' ? was.sinceMs : atMs
  return next(was, { state: 'down', by: fate, sinceMs: atMs, beforeMs, provenFromMs }, seq)
}

/** The engine is not heard any more: what it said of a container holds up to its last word, and no longer. */
export function afterSilence(was: Witness, event: LabEvent & { type: 'docker.engine' }, before: State): Witness {
  const { atMs, seq } = event
  if (was.by !== 'ended' && was.by !== 'paused') return was
  const sinceMs = Math.max(was.sinceMs, engineRead(before, event).seenAtMs ?? atMs)
  return next(was, { state: 'unknown', by: null, sinceMs, beforeMs: sinceMs }, seq)
}

/** The node was given the write authority: one that cannot be asked may be a primary by now, whatever it was. */
export function afterAppointment(was: Witness, { atMs, seq }: LabEvent): Witness {
  if (was.state !== 'unknown' || was.lastKnown !== 'standby') return was
  return { ...was, lastKnown: null, sinceMs: atMs, provenFromMs: atMs, shutForMs: 0, seq }
}

function next(was: Witness | undefined, found: Found, seq: number): Witness {
  const { state, sinceMs } = found
  // By another way the same is told: it has not changed.
  const isOn = was !== undefined && was.state === state && state !== 'down' && state !== 'unknown'
  const provenFromMs = Math.min(sinceMs, found.provenFromMs ?? sinceMs)
  return {
    state,
    by: found.by,
    sinceMs: isOn ? was.sinceMs : sinceMs,
    beforeMs: isOn ? was.beforeMs : found.beforeMs,
    provenFromMs: shutFrom(was, found, provenFromMs),
    heardMs: sinceMs,
    ...(found.isStopping && { isStopping: true }),
    shutForMs: state === 'unknown' ? shutForMs(was) : 0,
    lastKnown: state === 'primary' || state === 'standby' ? state : (was?.lastKnown ?? null),
    seq,
  }
}

/** Also before its word, where it could not be asked for a moment only, or where that word is its first. */
function shutFrom(was: Witness | undefined, { state, sinceMs }: Found, provenFromMs: number): number {
  if (was?.state !== 'unknown' || state === 'primary' || state === 'unknown') return provenFromMs
  if (provenFromMs - was.sinceMs <= was.shutForMs) return was.sinceMs
  const isFirstWord = was.lastKnown === null && was.shutForMs > 0 && state === 'standby'
  return isFirstWord ? Math.min(provenFromMs, sinceMs - PROMOTED_AND_DEMOTED_MS) : provenFromMs
}

/** Promoted and demoted again: the demotion alone stops PostgreSQL and starts it, which was never seen in less. */
const PROMOTED_AND_DEMOTED_MS = 1_000
/** The same from nothing: Patroni and PostgreSQL have to start first. */
const STARTED_PROMOTED_AND_DEMOTED_MS = 2_000

function shutForMs(was: Witness | undefined): number {
  // Never heard before: Docker's list of what has not run since the lab came is a moment late.
  if (was === undefined) return PROMOTED_AND_DEMOTED_MS
  if (was.by === 'ended' || was.by === 'gone') return STARTED_PROMOTED_AND_DEMOTED_MS
  // Frozen as a primary, it goes on as one.
  if (was.by === 'paused') return was.lastKnown === 'standby' ? PROMOTED_AND_DEMOTED_MS : 0
  return was.state === 'standby' || was.isStopping ? PROMOTED_AND_DEMOTED_MS : 0
}

function stateOf(reading: Reading<{ readonly isInRecovery: boolean }>): Witness['state'] {
  if (reading.ok) return reading.value.isInRecovery ? 'standby' : 'primary'
  return reading.error === REFUSES ? 'refuses' : 'unknown'
}

/** The last reading that said otherwise; a node that could not be asked said nothing. */
function disproof(was: Witness | undefined, seen: Seen<unknown> | undefined, state: Witness['state']): number | null {
  if (was === undefined) return null
  if (was.state !== 'unknown') return was.by === 'itself' ? (seen?.checkedAtMs ?? null) : was.heardMs
  return was.lastKnown === state ? null : (seen?.seenAtMs ?? null)
}

/** Null when the event does not say. */
function fateOf(event: LabEvent & { type: 'docker.event' | 'docker.container' }): 'runs' | 'ended' | 'paused' | null {
  if (event.type === 'docker.container') {
    const { state } = event.container ?? { state: 'removed' }
    return state === 'running' ? 'runs' : state === 'paused' ? 'paused' : 'ended'
  }
  if (event.action === 'die' || event.action === 'destroy') return 'ended'
  if (event.action === 'pause') return 'paused'
  return event.action === 'start' || event.action === 'unpause' ? 'runs' : null
}

/** The container that was last told of has not been started since. */
function isSameLife(event: LabEvent & { type: 'docker.container' }, before: State): boolean {
  const known = before.containers[event.service]?.container
  const told = event.container
  if (told == null || known == null || told.startedAt === null) return false
  return told.id === known.id && told.startedAt === known.startedAt
}
