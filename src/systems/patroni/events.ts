import type { LabShape, Reading } from '../../model/events.ts'

declare module '../../model/events.ts' {
  interface SystemEvents {
    patroni: PatroniEvent
  }
}

/** What the sources of a Patroni cluster append: Patroni's REST API, etcd, HAProxy. */
type PatroniEvent =
  | PatroniNodeRead
  | PatroniClusterRead
  | PatroniConfigRead
  | EtcdMemberRead
  | EtcdLeaderKeyChanged
  | EtcdScopesSeen
  | EtcdLeaseRead
  | HaproxyRead

/** The names that a run of a Patroni cluster is about; enough to lay out the screen before anything has been seen. */
export interface PatroniShape extends LabShape {
  readonly scope: string
  readonly etcdMembers: readonly string[]
  /** The HAProxies that are there, in the order in which clients try them. */
  readonly proxies: readonly Haproxy[]
}

export interface Haproxy {
  readonly name: string
  /** HAProxy's own names of the two listeners, with the published port of each. */
  readonly leader: Listener
  readonly replicas: Listener
  /** How it checks its servers, which bounds how soon it leads to a new leader; null or absent when not known. */
  readonly check?: ProxyCheck | null
  /** The lab works without it: nobody misses it once its container was removed. */
  readonly isOptional?: true
}

/** `inter`, `fall` and `rise` of HAProxy's default-server line. */
export interface ProxyCheck {
  readonly interSeconds: number
  readonly fall: number
  readonly rise: number
}

export interface Listener {
  readonly proxy: string
  readonly port: number
}

// ── Patroni ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** `GET /patroni` of one node. */
export interface PatroniNode {
  /** primary, replica, standby_leader, demoted, uninitialized, … as Patroni says it. */
  readonly role: string
  /** running, starting, stopped, creating replica, … as Patroni says it. */
  readonly state: string
  readonly timeline: number | null
  /** The primary's write position, or the replica's replayed position. */
  readonly lsn: number | null
  /** The replica's received position. */
  readonly receivedLsn: number | null
  readonly isPaused: boolean
  readonly isPendingRestart: boolean
  readonly isFailsafeActive: boolean
  readonly version: string
  /** PostgreSQL's, e.g. `17.11`; absent when it was not told. */
  readonly postgresVersion?: string
  /** Rows of pg_stat_replication, on a primary. */
  readonly replication: readonly { readonly name: string; readonly state: string }[]
}

interface PatroniNodeRead {
  readonly type: 'patroni.node'
  readonly node: string
  readonly reading: Reading<PatroniNode>
}

/** One line of `GET /cluster`, which a node serves from its cache: a killed leader stays in it until its ttl ends. */
export interface PatroniMember {
  readonly name: string
  /** leader, standby_leader, sync_standby, quorum_standby, replica. */
  readonly role: string
  readonly state: string
  readonly timeline: number | null
  /** Null on the leader; 'unknown' when Patroni cannot tell. */
  readonly lagBytes: number | 'unknown' | null
  readonly host: string
  readonly port: number
}

export interface PatroniCluster {
  readonly members: readonly PatroniMember[]
  readonly isPaused: boolean
}

interface PatroniClusterRead {
  readonly type: 'patroni.cluster'
  /** The node that was asked. */
  readonly via: string
  readonly reading: Reading<PatroniCluster>
}

/** `GET /config`: the timing that bounds every failover, as it was set (Patroni adjusts illegal values silently). */
export interface PatroniConfig {
  readonly ttlSeconds: number
  readonly loopWaitSeconds: number
  readonly retryTimeoutSeconds: number
  readonly isSynchronous: boolean
  readonly isFailsafe: boolean
  /** How many standbys have to confirm a commit in synchronous mode; absent in older recordings. */
  readonly synchronousNodes?: number
}

interface PatroniConfigRead {
  readonly type: 'patroni.config'
  readonly via: string
  readonly reading: Reading<PatroniConfig>
}

// ── etcd ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface EtcdMember {
  /** Member id in hex, as etcdctl prints it. */
  readonly id: string
  readonly version: string
  /** The id of the Raft leader as this member sees it; null when it sees none. */
  readonly leaderId: string | null
  readonly isLeader: boolean
  readonly term: number
  readonly revision: number
  readonly dbSizeBytes: number
  /** A linearizable read through this member succeeded, which needs a quorum. */
  readonly hasQuorum: boolean
}

interface EtcdMemberRead {
  readonly type: 'etcd.member'
  readonly member: string
  readonly reading: Reading<EtcdMember>
}

/** Patroni's leader key in etcd: appended when it was first read and at every change, once for each revision. */
export interface EtcdLeaderKeyChanged {
  readonly type: 'etcd.leader-key'
  /** The name of the member that holds the key; null when there is no key. */
  readonly holder: string | null
  readonly revision: number
  readonly via: string
  readonly seenBy: 'watch' | 'poll'
}

export interface EtcdLease {
  readonly holder: string
  /** Lease id in hex. */
  readonly leaseId: string
  readonly grantedTtlSeconds: number
  readonly remainingSeconds: number
}

/** The lease under the leader key; `value: null` when there is no key. */
interface EtcdLeaseRead {
  readonly type: 'etcd.lease'
  readonly via: string
  readonly reading: Reading<EtcdLease | null>
}

/** The clusters that etcd knows below Patroni's prefix; looked for while nobody holds the leader key. */
interface EtcdScopesSeen {
  readonly type: 'etcd.scopes'
  readonly prefix: string
  readonly scopes: readonly string[]
}

// ── HAProxy ──────────────────────────────────────────────────────────────────────────────────────────────────────

export interface HaproxyServer {
  /** The node behind it, as the lab definition names it; HAProxy's own name for what is none. */
  readonly name: string
  /** What HAProxy calls it, where that is another name. */
  readonly calledInProxy?: string
  /** As HAProxy says it: `UP`, `DOWN`, `DOWN 1/2`, `no check`, `MAINT`, … */
  readonly status: string
  readonly isUp: boolean
  readonly sessions: number
  /** L7OK, L7STS, L7TOUT, L4CON, … */
  readonly checkStatus: string
  readonly lastChangeSeconds: number
}

export interface HaproxyListener {
  readonly proxy: string
  readonly sessions: number
  readonly servers: readonly HaproxyServer[]
}

export interface HaproxyStats {
  readonly listeners: readonly HaproxyListener[]
}

export interface HaproxyRead {
  readonly type: 'haproxy.stats'
  /** Whose; absent: the first one's, as in older recordings. */
  readonly proxy?: string
  readonly reading: Reading<HaproxyStats>
}
