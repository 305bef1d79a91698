import type { Prediction } from '../../explain.ts'
import type { Cause, Proof } from './cause.ts'
import { MEMBER_TIMEOUT_MS, type StepInput } from './likely-cause.ts'
import type { Moment } from './moment.ts'

/** A moment comes between `fromMs` and `toMs`, or as much earlier or later as what they count from may have come. */
export interface LoosePrediction extends Prediction {
  readonly earlierMs: number
  readonly laterMs: number
}

/** When a step must end if this is its cause: narrow enough to be wrong. Null where nothing says so. */
export function boundsOf(cause: Cause, input: StepInput, proof: readonly Proof[]): LoosePrediction | null {
  const { timing, latest } = input
  switch (cause.type) {
    case 'ttl':
      return keyExpires(input)
    case 'release':
      return keyReleased(proof)
    case 'members-silent':
      return after(latest('key-gone'), MEMBER_TIMEOUT_MS, MEMBER_TIMEOUT_MS + RACE_MS)
    case 'members-answer':
      return after(latest('key-gone'), 0, RACE_MS)
    case 'next-loop':
      return nextLoop(input)
    case 'retries':
      return timing === null || timing.isFailsafe
        ? null
        : after(latest('fault'), timing.retryTimeoutMs - UNDER_WAY_MS, timing.loopWaitMs + 2 * timing.retryTimeoutMs)
    case 'no-quorum':
      return timing === null || timing.isFailsafe
        ? null
        : after(latest('fault') ?? latest('quorum-lost'), 0, timing.ttlMs)
    case 'shutdown':
      return after(latest('fault'), 0, CLOSING_MS)
    case 'replay':
      return after(latest('key-taken'), 0, PROMOTION_MS + (cause.bytes ?? 0) / REPLAYED_BYTES_A_MS)
    case 'crash-recovery':
      return timing === null
        ? null
        : after(startable(input), 0, timing.loopWaitMs + (cause.isInSingleUserMode ? 2 : 1) * START_MS)
    case 'key-kept':
      return timing === null
        ? null
        : after(latest('quorum-regained'), 0, timing.loopWaitMs + 2 * timing.retryTimeoutMs + PROMOTION_MS)
    case 'election':
      return after(latest('lifted'), 0, START_MS + 2 * ELECTION_MS)
    case 'proxy-check':
      return proxyUp(cause.check, input)
    case 'reconnect':
      return timing?.isSynchronous ? null : after(ready(input), 0, cause.everyMs + CONNECT_MS)
    default:
      return null
  }
}

/** Waking, asking, writing the key and seeing it written, on a machine that is busy with a failover. */
const RACE_MS = 750
/** How far a request that was under way when the cut landed can shorten the retries. */
const UNDER_WAY_MS = 500
/** SIGTERM to Patroni until PostgreSQL has closed its sessions. */
const CLOSING_MS = 1_000
/** With nothing left to replay: 40 to 140 ms here, and the lab asks four times a second. */
const PROMOTION_MS = 1_000
/** A slow disk's: 10 MB of WAL a second. */
const REPLAYED_BYTES_A_MS = 10_000
/** Starting a process and having it answer. */
const START_MS = 2_500
/** etcd's default election timeout; candidates wait up to twice as long. A new leader prolongs every lease by it too. */
const ELECTION_MS = 1_000
/** etcd looks for expired leases every 500 ms (`expiredLeaseC` in server/lease/lessor.go), … */
const LEASE_CHECK_MS = 500
/** … and has its majority agree before the keys go. */
const REVOKE_MS = 250
/** Between two looks of Patroni at a PostgreSQL that shuts down, and for which it waits for the replicas after it. */
const RELEASE_MS = 1_000
/** Replicas wait half a second longer than loop_wait when they watch the leader key (`Etcd3.watch`). */
const WATCH_GRACE_MS = 500
/** How long one check may take on a machine that is busy with a failover. */
const CHECK_MS = 250
/** The first session to a server that has just come up. */
const CONNECT_MS = 300

function after(since: Moment | null, minMs: number, maxMs: number): LoosePrediction | null {
  if (since === null) return null
  const { atMs, fromMs, untilMs } = since
  return {
    fromMs: atMs + Math.max(0, minMs),
    toMs: atMs + maxMs,
    earlierMs: atMs - fromMs,
    laterMs: (untilMs ?? atMs) - atMs,
  }
}

/**
 * The lease says by itself when it runs out, as long as nobody prolonged it since it was last read. Where it was not
 * read: the leader renews it once a loop (`_update_leader` in patroni/dcs/etcd3.py), so it was last renewed between no
 * time and one loop_wait before the leader fell silent.
 */
function keyExpires({ timing, lease, latest }: StepInput): LoosePrediction | null {
  const [fault, election, regained] = [latest('fault'), latest('raft'), latest('quorum-regained')]
  const prolongedMs = Math.max(election?.atMs ?? 0, regained?.atMs ?? 0)
  if (lease !== null && lease.earliestMs !== null && lease.read.atMs > prolongedMs) {
    const toMs = lease.latestMs + LEASE_CHECK_MS + REVOKE_MS
    return { fromMs: lease.earliestMs, toMs, earlierMs: 0, laterMs: 0 }
  }
  if (timing === null || fault === null) return null
  const renewedMs = election === null ? 0 : Math.max(0, election.atMs - fault.atMs + ELECTION_MS)
  return after(fault, timing.ttlMs - timing.loopWaitMs, renewedMs + timing.ttlMs + LEASE_CHECK_MS)
}

/**
 * Patroni looks at PostgreSQL once a second from when it told it to shut down (`_do_stop` in postgresql/__init__.py). If
 * PostgreSQL is gone by the next look, it gives its key back at once; if it finds the shutdown checkpoint done and the
 * postmaster still there, it waits a second first.
 */
function keyReleased(proof: readonly Proof[]): LoosePrediction | null {
  const [told, done] = proof.filter((each) => each.source === 'log')
  if (told === undefined) return null
  const toMs = (done ?? told).atMs + RELEASE_MS + RACE_MS
  return { fromMs: told.atMs + RELEASE_MS, toMs, earlierMs: told.errorMs, laterMs: told.errorMs }
}

/** Whoever has nobody to wake him comes round within his loop; then he asks the other members. */
function nextLoop({ timing, hadQuorum, latest }: StepInput): LoosePrediction | null {
  const gone = latest('key-gone')
  const regained = hadQuorum ? null : latest('quorum-regained')
  const since = regained !== null && (gone === null || regained.atMs > gone.atMs) ? regained : gone
  if (timing === null) return null
  return after(since, 0, timing.loopWaitMs + WATCH_GRACE_MS + 2 * MEMBER_TIMEOUT_MS + RACE_MS)
}

/**
 * A check a while after the key was taken finds /primary at 200 (it says who holds the key, not who is promoted), and
 * so must `rise` of them in a row, `inter` apart. Without a change of the key, PostgreSQL is up before it or with it.
 */
function proxyUp(check: (Cause & { type: 'proxy-check' })['check'], { latest }: StepInput): LoosePrediction | null {
  if (check === null) return null
  const taken = latest('key-taken')
  const interMs = check.interSeconds * 1_000
  return after(
    taken ?? latest('promoted'),
    taken === null ? 0 : interMs * (check.times - 1),
    interMs * check.times + CHECK_MS,
  )
}

/** Once all is up, a probe begins within an interval, and needs no more than a session. */
function ready(input: StepInput): Moment | null {
  return latestOf(['promoted', 'proxy-up', 'replica-up', 'proxy-back'], input)
}

/** Patroni starts PostgreSQL once it runs itself, and finds etcd. */
function startable(input: StepInput): Moment | null {
  return latestOf(['fault', 'lifted', 'quorum-regained'], input) ?? input.latest('last-ack')
}

function latestOf(names: readonly Moment['name'][], { latest }: StepInput): Moment | null {
  return names
    .map((name) => latest(name))
    .filter((each) => each !== null)
    .reduce<Moment | null>((last, each) => (last === null || each.atMs >= last.atMs ? each : last), null)
}
