import type { ProxyCheck } from '../events.ts'
import type { Cause } from './cause.ts'
import type { LeaseTrack } from './lease-track.ts'
import type { Moment } from './moment.ts'
import type { Timing } from './timing.ts'

/** What is known of an outage when the cause of a step is asked for. */
export interface StepInput {
  readonly timing: Timing | null
  readonly check: ProxyCheck | null
  readonly probeIntervalMs: number
  readonly hadQuorum: boolean
  /** The lease of the leader key: as it was when the key went, or else as it is. */
  readonly lease: LeaseTrack | null
  /** The latest moment of a name at or before another moment; null when there is none. */
  latest(name: Moment['name']): Moment | null
}

/** Patroni's own, hard-coded: how long a member has to say how far it is (`Ha.fetch_node_status` in ha.py, 4.0.7). */
export const MEMBER_TIMEOUT_MS = 2_000

/** What governs the wait for a moment, going by the configuration and the fault alone; null where nothing is known to. */
export function likelyCause(awaited: Moment['name'], input: StepInput): Cause | null {
  return LIKELY[awaited]?.(input) ?? null
}

const LIKELY: Readonly<Partial<Record<Moment['name'], (input: StepInput) => Cause | null>>> = {
  'last-ack': stillServed,
  'key-gone': keyGone,
  'key-taken': keyTaken,
  promoted,
  'proxy-up': ({ check }) => ({ type: 'proxy-check', check: healthCheckOf(check, 'rise') }),
  'quorum-regained': ({ latest }) => (latest('lifted') === null ? null : { type: 'election' }),
  flicker: reconnect,
  'first-ack': (input) => (input.latest('flicker') === null ? reconnect(input) : null),
}

/** As far as the settings are known. */
export function timingSettings(timing: Timing | null) {
  return {
    ttlMs: timing?.ttlMs ?? null,
    loopWaitMs: timing?.loopWaitMs ?? null,
    retryTimeoutMs: timing?.retryTimeoutMs ?? null,
  }
}

export function healthCheckOf(check: ProxyCheck | null, times: 'rise' | 'fall') {
  return check === null ? null : { interSeconds: check.interSeconds, times: check[times] }
}

function reconnect({ probeIntervalMs }: StepInput): Cause {
  return { type: 'reconnect', everyMs: probeIntervalMs }
}

function stillServed({ timing, check, hadQuorum, latest }: StepInput): Cause | null {
  const how = latest('fault')?.how
  const { ttlMs, loopWaitMs, retryTimeoutMs } = timingSettings(timing)
  if (how === 'frozen') return { type: 'proxy-gives-up', check: healthCheckOf(check, 'fall') }
  if (how === 'stopped' && hadQuorum) return { type: 'shutdown' }
  // In failsafe mode a leader goes on without it.
  if (!hadQuorum) return timing?.isFailsafe ? null : { type: 'no-quorum', retryTimeoutMs, ttlMs }
  return how === 'cut' ? { type: 'retries', loopWaitMs, retryTimeoutMs } : null
}

/** Under a clean stop Patroni releases the key itself; a leader that has fallen silent cannot. */
function keyGone({ timing, hadQuorum, latest }: StepInput): Cause | null {
  const how = latest('fault')?.how
  if (how === 'stopped' && hadQuorum) return { type: 'release' }
  const isSilent = how === 'killed' || how === 'ended' || how === 'paused' || how === 'cut' || how === 'frozen'
  return isSilent && hadQuorum ? { type: 'ttl', ttlMs: timingSettings(timing).ttlMs } : null
}

function keyTaken({ timing, hadQuorum, latest }: StepInput): Cause | null {
  const gone = latest('key-gone')
  const regained = hadQuorum ? null : latest('quorum-regained')
  if (regained !== null && (gone === null || regained.atMs > gone.atMs)) {
    return { type: 'next-loop', loopWaitMs: timingSettings(timing).loopWaitMs }
  }
  const silent = gone?.silent ?? null
  if (silent === null) return null
  if (silent.length === 0) return { type: 'members-answer' }
  return { type: 'members-silent', members: silent, timeoutMs: MEMBER_TIMEOUT_MS }
}

function promoted({ timing, latest }: StepInput): Cause | null {
  const { loopWaitMs, retryTimeoutMs } = timingSettings(timing)
  const [taken, regained] = [latest('key-taken'), latest('quorum-regained')]
  if (taken !== null && (regained === null || regained.atMs <= taken.atMs)) {
    return { type: 'replay', bytes: taken.replayBytes ?? null }
  }
  if (regained !== null) return { type: 'key-kept', loopWaitMs, retryTimeoutMs }
  return { type: 'crash-recovery', loopWaitMs }
}
