import type { Measured } from './summary-schema.ts'

export type Fault = Measured['faults'][number]

/** What the configuration of a cluster allows a fault to do to clients, at most. */
export interface Effect {
  /** How long nobody may write, from the last acknowledgement before it. */
  readonly outageMs: number
  /** How long two nodes may take writes. */
  readonly splitBrainMs: number
  /** Whether it leaves the old leader taking writes that the new one will not have. */
  readonly canLose: boolean
}

/**
 * What a fault may cost, by its family and by what it met. Narrow enough to be wrong: a cluster that takes longer than
 * this has not done what its configuration says.
 */
export function effectOf(fault: Fault, settings: Measured['settings'], untilMs: number): Effect {
  const times = timesOf(settings)
  const heldMs = Math.max(0, (fault.liftedMs ?? untilMs) - fault.landedMs)
  switch (fault.role) {
    case 'proxy':
      return harmless(heldMs + times.proxyMs + SLACK_MS)
    case 'etcd':
      return harmless((fault.effects.includes('slows-part') ? heldMs : 0) + times.retriesMs + SLACK_MS)
    case 'replica':
      return ofReplica(fault, settings, times)
    default:
      return ofLeader(fault, heldMs, times)
  }
}

/** Without a quorum nobody may lead for as long as it lasts, unless failsafe mode lets the leader go on. */
export function effectWithoutQuorum(fromMs: number, toMs: number, settings: Measured['settings']): Effect {
  const times = timesOf(settings)
  if (settings.isFailsafe) return harmless(times.retriesMs + SLACK_MS)
  return harmless(toMs - fromMs + times.retriesMs + times.takeOverMs + SLACK_MS)
}

/** Shorter ones are told, and fail nothing: a busy machine makes them too. */
export const BLIP_MS = 1_000
/** What may be seen while no fault is in force. */
export const noFault: Effect = { outageMs: BLIP_MS, splitBrainMs: 0, canLose: false }
/** … and under one that should leave clients alone: the machine is busy with it, and some connect anew. */
export const noEffect: Effect = { outageMs: 3_000, splitBrainMs: 0, canLose: false }

/** For a machine that is busy with the failover itself. */
const SLACK_MS = 3_000
/** A shutdown of PostgreSQL, its start or its crash recovery, under the traffic of a lab. */
const RESTART_MS = 12_000

interface Times {
  readonly ttlMs: number
  readonly loopWaitMs: number
  /** One loop that runs out of retries on both keys. */
  readonly retriesMs: number
  /** From the key's going until clients write: candidates ask each other, one promotes, the proxy checks, clients connect. */
  readonly takeOverMs: number
  readonly failoverMs: number
  /** Until a proxy that has come back serves. */
  readonly proxyMs: number
}

/** etcd looks for expired leases each half second; candidates ask a dead member for two; clients give up after one. */
const LEASE_MS = 500
const ASK_MS = 2_500
const PROMOTE_MS = 2_000
const CONNECT_MS = 1_000
const START_MS = 2_000

function timesOf({ ttlSeconds, loopWaitSeconds, retryTimeoutSeconds, proxyCheck }: Measured['settings']): Times {
  const [ttlMs, loopWaitMs, retryMs] = [ttlSeconds ?? 30, loopWaitSeconds ?? 10, retryTimeoutSeconds ?? 10].map(
    (seconds) => seconds * 1_000,
  ) as [number, number, number]
  const { interSeconds, rise } = proxyCheck ?? { interSeconds: 3, rise: 2 }
  const proxyMs = START_MS + interSeconds * rise * 1_000 + CONNECT_MS
  const takeOverMs = ASK_MS + PROMOTE_MS + interSeconds * rise * 1_000 + CONNECT_MS
  const failoverMs = ttlMs + LEASE_MS + takeOverMs + SLACK_MS
  return { ttlMs, loopWaitMs, retriesMs: loopWaitMs + 2 * retryMs, takeOverMs, failoverMs, proxyMs }
}

function harmless(outageMs: number): Effect {
  return { outageMs, splitBrainMs: 0, canLose: false }
}

/** In synchronous mode commits wait for a standby until Patroni has let it go. */
function ofReplica(_: Fault, { isSynchronous }: Measured['settings'], { failoverMs }: Times): Effect {
  return harmless(isSynchronous ? failoverMs : noEffect.outageMs)
}

function ofLeader({ how, effects }: Fault, heldMs: number, times: Times): Effect {
  const { ttlMs, loopWaitMs, retriesMs, failoverMs } = times
  const demotionMs = retriesMs + SLACK_MS
  const canLose = effects.includes('can-lose-writes')
  if (effects.includes('slows-part')) {
    return { outageMs: heldMs + failoverMs, splitBrainMs: heldMs + demotionMs, canLose: true }
  }
  // It demotes itself once its retries are used up, and again when it hears that it leads no more.
  if (effects.includes('cuts-part')) return { outageMs: failoverMs, splitBrainMs: demotionMs, canLose: true }
  // Nobody demotes it from when its lease is out until it goes on.
  if (effects.includes('freezes-patroni')) {
    const splitBrainMs = Math.max(0, heldMs - (ttlMs - loopWaitMs)) + demotionMs
    return { outageMs: failoverMs, splitBrainMs, canLose }
  }
  if (how === 'paused') return { outageMs: failoverMs, splitBrainMs: demotionMs, canLose }
  // What these cost is a restart, or a hand-over.
  if (how === 'stopped' || effects.includes('restarts-postgres') || effects.includes('hands-over')) {
    return { outageMs: RESTART_MS + times.takeOverMs, splitBrainMs: 0, canLose }
  }
  return { outageMs: failoverMs, splitBrainMs: 0, canLose }
}
