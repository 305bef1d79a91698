import type { PatroniConfig, ProxyCheck } from './events.ts'
import type { Moment } from './moments.ts'

/** The settings that govern an outage, as the cluster goes by them; null where they are not known. */
export interface Timing {
  readonly ttlMs: number
  readonly loopWaitMs: number
  readonly retryTimeoutMs: number
  readonly isFailsafe: boolean
}

/**
 * What Patroni makes of the settings: those that are too small or break `loop_wait + 2 × retry_timeout ≤ ttl` are
 * adjusted silently (`_validate_and_adjust_timeouts` in patroni/config.py, 4.0.7).
 */
export function effectiveTiming(config: PatroniConfig): Timing {
  const ttl = Math.max(config.ttlSeconds, 20)
  let loopWait = Math.max(config.loopWaitSeconds, 1)
  let retryTimeout = Math.max(config.retryTimeoutSeconds, 3)
  if (1 + 2 * retryTimeout > ttl) {
    loopWait = 1
    retryTimeout = Math.floor((ttl - 1) / 2)
  } else if (loopWait + 2 * retryTimeout > ttl) {
    loopWait = ttl - 2 * retryTimeout
  }
  return {
    ttlMs: ttl * 1_000,
    loopWaitMs: loopWait * 1_000,
    retryTimeoutMs: retryTimeout * 1_000,
    isFailsafe: config.isFailsafe,
  }
}

/** What is known of an outage when a bound is asked for. */
export interface BoundsInput {
  readonly timing: Timing | null
  readonly check: ProxyCheck | null
  readonly probeIntervalMs: number
  readonly hadQuorum: boolean
  /** The latest moment of a name at or before another moment; null when there is none. */
  latest(name: Moment['name']): Moment | null
}

/** A moment is predicted to come between `minMs` and `maxMs` after another. */
export interface Prediction {
  readonly since: Moment
  readonly minMs: number
  readonly maxMs: number
}

/** What governs the wait for a moment, and when the configuration says that it must come; null where nothing does. */
export function predict(
  awaited: Moment['name'],
  input: BoundsInput,
): { readonly knob: string | null; readonly prediction: Prediction | null } {
  const { timing } = input
  switch (awaited) {
    case 'last-ack':
      return input.latest('fault')?.how === 'frozen' ? lastAckByProxy(input) : lastAck(input)
    case 'key-gone':
      return keyGone(input)
    case 'key-taken':
      return { knob: withSetting('loop_wait', timing?.loopWaitMs), prediction: keyTaken(input) }
    case 'promoted':
      // Replaying what WAL is left, or crash recovery, takes as long as there is WAL.
      return {
        knob: input.latest('key-taken')
          ? 'WAL left to replay'
          : 'loop_wait, then crash recovery (primary_start_timeout)',
        prediction: null,
      }
    case 'proxy-up':
      return proxyUp(input)
    case 'flicker':
    case 'first-ack':
      return firstAck(awaited, input)
    default:
      return { knob: null, prediction: null }
  }
}

/**
 * A leader that cannot reach etcd steps down once its retries are used up. A loop begins up to loop_wait after the cut
 * and can spend retry_timeout twice, on its member key and on the leader key: the reason for Patroni's own rule
 * `loop_wait + 2 × retry_timeout ≤ ttl`. Without a quorum etcd still answers, only late, each request after up to 7 s
 * (`ReqTimeout` in etcd's server/config); what holds then is what the rule is for: before the ttl is over.
 */
function lastAck({ timing, hadQuorum, latest }: BoundsInput) {
  const how = latest('fault')?.how
  const isCut = how === 'cut'
  if (!isCut && hadQuorum) return { knob: null, prediction: null }
  const fault = latest('fault') ?? latest('quorum-lost')
  const retries = `${withSetting('loop_wait', timing?.loopWaitMs)} + 2 × ${withSetting('retry_timeout', timing?.retryTimeoutMs)}`
  const knob = hadQuorum ? retries : `retry_timeout, and at most ${withSetting('ttl', timing?.ttlMs)}`
  if (timing === null || timing.isFailsafe || fault === null) return { knob, prediction: null }
  const maxMs = hadQuorum ? timing.loopWaitMs + 2 * timing.retryTimeoutMs : timing.ttlMs
  return { knob, prediction: { since: fault, minMs: 0, maxMs } }
}

/**
 * Nobody demotes a leader whose Patroni does nothing: its clients are served until the proxy gives it up. Its checks
 * connect, and get no answer: each of `fall` waits as long as the proxy's own `timeout check`, which is not known here.
 */
function lastAckByProxy({ check }: BoundsInput) {
  const setting = check === null ? 'inter × fall' : `inter ${check.interSeconds} s × fall ${check.fall}`
  return { knob: `HAProxy ${setting}, each up to timeout check`, prediction: null }
}

/** etcd looks for expired leases every 500 ms (`expiredLeaseC` in server/lease/lessor.go). */
const LEASE_CHECK_MS = 500
/** etcd's default election timeout, by which a new Raft leader prolongs every lease besides (`lessor.Promote`). */
const ELECTION_MS = 1_000

/**
 * The leader renews its lease once a loop (`_update_leader` in patroni/dcs/etcd3.py): it was last renewed between no
 * time and one loop_wait before the leader fell silent. Under a clean stop Patroni releases the key itself, once
 * PostgreSQL has shut down and a second more has passed for the replicas (`Ha.shutdown`): that has no bound.
 */
function keyGone({ timing, hadQuorum, latest }: BoundsInput) {
  const fault = latest('fault')
  const how = fault?.how
  if (how === 'stopped') return { knob: 'shutdown of PostgreSQL', prediction: null }
  const isSilent = how === 'killed' || how === 'ended' || how === 'paused' || how === 'cut' || how === 'frozen'
  if (!isSilent || !hadQuorum || fault === null) return { knob: null, prediction: null }
  const knob = withSetting('ttl', timing?.ttlMs)
  if (timing === null) return { knob, prediction: null }
  const election = latest('raft')
  const renewedMs = election === null ? 0 : Math.max(0, election.atMs - fault.atMs + ELECTION_MS)
  const minMs = timing.ttlMs - timing.loopWaitMs
  return { knob, prediction: { since: fault, minMs, maxMs: renewedMs + timing.ttlMs + LEASE_CHECK_MS } }
}

/** Replicas wait half a second longer than loop_wait when they watch the leader key (`Etcd3.watch`). */
const WATCH_GRACE_MS = 500
/** Before the race every other member is asked how far it is, with 2 s to answer (`Ha.fetch_node_status`). */
const MEMBER_STATUS_MS = 2_000

/** A replica is woken by the key's deletion, or else comes round within its loop; then it asks the other members. */
function keyTaken({ timing, hadQuorum, latest }: BoundsInput): Prediction | null {
  const gone = latest('key-gone')
  const regained = hadQuorum ? null : latest('quorum-regained')
  if (timing === null || gone === null || (!hadQuorum && regained === null)) return null
  const since = regained !== null && regained.atMs > gone.atMs ? regained : gone
  return { since, minMs: 0, maxMs: timing.loopWaitMs + WATCH_GRACE_MS + MEMBER_STATUS_MS }
}

/** How long one check may take on a machine that is busy with a failover. */
const CHECK_MS = 250

/**
 * A check a while after the key was taken finds /primary at 200 (it says who holds the key, not who is promoted), and
 * so must `rise` of them in a row, `inter` apart. Without a change of the key, PostgreSQL is up before it or with it.
 */
function proxyUp({ check, latest }: BoundsInput) {
  const knob = check === null ? 'HAProxy inter × rise' : `HAProxy inter ${check.interSeconds} s × rise ${check.rise}`
  const [taken, promoted] = [latest('key-taken'), latest('promoted')]
  const since = taken ?? promoted
  if (check === null || since === null) return { knob, prediction: null }
  const interMs = check.interSeconds * 1_000
  const minMs = taken === null ? 0 : interMs * (check.rise - 1)
  return { knob, prediction: { since, minMs, maxMs: interMs * check.rise + CHECK_MS } }
}

/** As traffic/probe.ts gives up on one operation. */
const PROBE_TIMEOUT_MS = 1_000

/** A probe begins every interval, and one of those that begin once all is up gets through, or runs into its timeout. */
function firstAck(awaited: Moment['name'], { probeIntervalMs, latest }: BoundsInput) {
  if (awaited === 'first-ack' && latest('flicker') !== null) return { knob: null, prediction: null }
  const ready = [latest('promoted'), latest('proxy-up'), latest('replica-up'), latest('proxy-back')]
  const since = ready.filter((each) => each !== null).reduce<Moment | null>(later, null)
  if (since === null) return { knob: 'client reconnect', prediction: null }
  return { knob: 'client reconnect', prediction: { since, minMs: 0, maxMs: probeIntervalMs + PROBE_TIMEOUT_MS } }
}

function later(a: Moment | null, b: Moment): Moment {
  return a === null || b.atMs >= a.atMs ? b : a
}

function withSetting(name: string, ms: number | undefined): string {
  return ms === undefined ? name : `${name} ${ms / 1_000} s`
}
