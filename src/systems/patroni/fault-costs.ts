import {
  type Cost,
  type FaultCosts,
  GONE,
  isSettingsInDoubt,
  majorityOf,
  noCost,
  type StandIns,
  type SufferedFault,
} from '../fault-costs.ts'
import type { PatroniSettings } from './settings.ts'

/** What faults may cost under Patroni's configuration, by their family and by what they met. */
export const faultCosts: FaultCosts = {
  of(fault, settings, untilMs) {
    const times = timesOf(settings)
    const heldMs = Math.max(0, (fault.liftedMs ?? untilMs) - fault.landedMs)
    switch (fault.role) {
      case 'proxy':
        return harmless(heldMs + times.proxyMs + SLACK_MS)
      case 'etcd':
        return harmless((fault.effects.includes('slows-part') ? heldMs : 0) + times.retriesMs + SLACK_MS)
      case 'replica':
        return ofReplica(settings, times)
      default:
        return ofLeader(fault, heldMs, times)
    }
  },
  together: withoutQuorum,
  aftermathMs: ({ ttlSeconds }) => (ttlSeconds ?? DEFAULT_TTL_SECONDS) * 1_000 + ELECTION_MS,
  standIns: (settings) => [...etcdStandIns(settings), ...proxyStandIns(settings), ...nodeStandIns(settings)],
}

/**
 * A majority of them serves; a loop of Patroni's may run out of retries on one that has just gone. In failsafe mode none
 * is needed: a leader goes on for as long as every member of the cluster answers it (Patroni, docs/dcs_failsafe_mode).
 */
function etcdStandIns(settings: PatroniSettings): readonly StandIns[] {
  const { etcdMembers: parts, nodes, isFailsafe } = settings
  if (parts == null) return []
  const hasFailsafe = isFailsafe === true && nodes != null && !isSettingsInDoubt(settings)
  const momentMs = timesOf(settings).retriesMs + SLACK_MS
  return [{ parts, needed: majorityOf(parts.length), momentMs, ...(hasFailsafe && { orElse: nodes }) }]
}

/** Clients go by those that they know, and by no other. */
function proxyStandIns(settings: PatroniSettings): readonly StandIns[] {
  const { proxies, endpoints } = settings
  if (proxies == null || endpoints == null) return []
  const momentMs = timesOf(settings).proxyMs + SLACK_MS
  return [
    { parts: proxies.slice(0, endpoints), needed: 1, momentMs },
    { parts: proxies.slice(endpoints), needed: 0, momentMs: 0 },
  ]
}

/**
 * One node takes writes, and so many confirm them as the settings ask for; reads are answered by another. A standby that
 * is frozen holds its sessions open, and commits with them, until Patroni takes another for it: its key in etcd has run
 * out by then, and whoever has none is no candidate (Patroni, postgresql/sync.py).
 */
function nodeStandIns(settings: PatroniSettings): readonly StandIns[] {
  const { nodes: parts, isSynchronous, synchronousNodes } = settings
  const confirming = isSynchronous ? synchronousNodes : 1
  if (parts == null || confirming == null || isSettingsInDoubt(settings)) return []
  const times = timesOf(settings)
  const replacedMs = times.ttlMs + LEASE_MS + times.loopWaitMs + SLACK_MS
  const momentMs = Math.max(times.failoverMs, replacedMs)
  return [{ parts, needed: 1 + confirming, momentMs, noticed: GONE }]
}

const DEFAULT_TTL_SECONDS = 30
/** Beyond the leader key's time to live: an election, a restart. */
const ELECTION_MS = 10_000

/**
 * While so many members of etcd are under a fault at once that no majority is left; two, where nobody says how many there
 * are. Without a quorum nobody may lead
 * for as long as it lasts, unless failsafe mode lets the leader go on.
 */
function withoutQuorum(faults: readonly SufferedFault[], settings: PatroniSettings, untilMs: number): readonly Cost[] {
  const members = faults.filter(({ role }) => role === 'etcd')
  const all = settings.etcdMembers?.length ?? 3
  if (all - new Set(members.map(({ part }) => part)).size >= majorityOf(all)) return []
  const times = timesOf(settings)
  if (settings.isFailsafe) return [harmless(times.retriesMs + SLACK_MS)]
  const fromMs = Math.min(...members.map(({ landedMs }) => landedMs))
  const toMs = Math.max(...members.map(({ liftedMs }) => liftedMs ?? untilMs))
  return [harmless(toMs - fromMs + times.retriesMs + times.takeOverMs + SLACK_MS)]
}

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

function timesOf({ ttlSeconds, loopWaitSeconds, retryTimeoutSeconds, proxyCheck }: PatroniSettings): Times {
  const [ttlMs, loopWaitMs, retryMs] = [ttlSeconds ?? 30, loopWaitSeconds ?? 10, retryTimeoutSeconds ?? 10].map(
    (seconds) => seconds * 1_000,
  ) as [number, number, number]
  const { interSeconds, rise } = proxyCheck ?? { interSeconds: 3, rise: 2 }
  const proxyMs = START_MS + interSeconds * rise * 1_000 + CONNECT_MS
  const takeOverMs = ASK_MS + PROMOTE_MS + interSeconds * rise * 1_000 + CONNECT_MS
  const failoverMs = ttlMs + LEASE_MS + takeOverMs + SLACK_MS
  return { ttlMs, loopWaitMs, retriesMs: loopWaitMs + 2 * retryMs, takeOverMs, failoverMs, proxyMs }
}

function harmless(outageMs: number): Cost {
  return { outageMs, splitBrainMs: 0, canLose: false }
}

/** In synchronous mode commits wait for a standby until Patroni has let it go. */
function ofReplica({ isSynchronous }: PatroniSettings, { failoverMs }: Times): Cost {
  return harmless(isSynchronous ? failoverMs : noCost.outageMs)
}

function ofLeader({ how, effects }: SufferedFault, heldMs: number, times: Times): Cost {
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
