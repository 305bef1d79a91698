/** What governs how long a step takes. Settings are null where they are not known. */
export type Cause =
  /** The leader fell silent: its lease runs out. */
  | { readonly type: 'ttl'; readonly ttlMs: number | null }
  /** The leader shuts PostgreSQL down, waits a second for the replicas, and gives its key back. */
  | { readonly type: 'release' }
  /** Before the race each other member is asked how far it is, and those did not answer within `timeoutMs`. */
  | { readonly type: 'members-silent'; readonly members: readonly string[]; readonly timeoutMs: number }
  /** … and all of them answered, or refused at once. */
  | { readonly type: 'members-answer' }
  /** A first race came to nothing, or nobody was woken: the next loop of Patroni. */
  | { readonly type: 'next-loop'; readonly loopWaitMs: number | null }
  /** Patroni waits for etcd's answer until its retries are used up, and demotes. */
  | { readonly type: 'retries'; readonly loopWaitMs: number | null; readonly retryTimeoutMs: number | null }
  /** The same without a quorum, where each answer is late: before the ttl is over. */
  | { readonly type: 'no-quorum'; readonly retryTimeoutMs: number | null; readonly ttlMs: number | null }
  /** Nobody demotes: the proxy's checks find it out. */
  | { readonly type: 'proxy-gives-up'; readonly check: HealthCheck | null }
  | { readonly type: 'shutdown' }
  /** What WAL the replica had received and not replayed when it took the key. */
  | { readonly type: 'replay'; readonly bytes: number | null }
  /** Patroni finds PostgreSQL gone in its next loop, starts it, and it recovers from its crash. */
  | {
      readonly type: 'crash-recovery'
      readonly loopWaitMs: number | null
      /** It is started twice then: to recover, and for good. */
      readonly isInSingleUserMode?: boolean
    }
  /** The holder of the key finds etcd again in its next loop, and promotes itself. */
  | { readonly type: 'key-kept'; readonly loopWaitMs: number | null; readonly retryTimeoutMs: number | null }
  | { readonly type: 'election' }
  | { readonly type: 'proxy-check'; readonly check: HealthCheck | null }
  /** A client comes back within one interval and the time that connecting takes. */
  | { readonly type: 'reconnect'; readonly everyMs: number }

export interface HealthCheck {
  readonly interSeconds: number
  readonly times: number
}

/** What shows that a cause is the right one: a line of a part's own log, or what the lab itself read. */
export type Proof =
  | {
      readonly source: 'log'
      readonly part: string
      readonly text: string
      /** On the run's clock, give or take `errorMs`. */
      readonly atMs: number
      readonly errorMs: number
      readonly seq: number
    }
  /** etcd's own word for how long the lease of the leader key had left. */
  | {
      readonly source: 'lease'
      readonly part: string
      readonly remainingSeconds: number
      readonly atMs: number
      readonly seq: number
    }
  /** The moment itself: HAProxy’s statistics, or an acknowledgement. */
  | { readonly source: 'reading'; readonly part: string; readonly atMs: number; readonly seq: number }
