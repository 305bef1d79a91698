import type { Point, Row } from '../change.ts'
import { Bell, type Clock } from '../clock.ts'
import type { Copy } from './copy.ts'
import type { Append, Call, Load, Member, PeerStatus } from './messages.ts'
import type { ShardState } from './shard-state.ts'

export interface PeerSettings {
  readonly heartbeatMs: number
  /** How long one message to a member may take. */
  readonly answerMs: number
  /** Changes in one message. */
  readonly batch: number
}

/** A page of a full resync may take so many times as long as another message; its end builds indexes. */
const LOAD_PATIENCE = 10
const INDEX_PATIENCE = 120

type Next = 'more' | 'idle' | 'trouble'

export interface PeerContext extends PeerSettings {
  readonly key: string
  readonly epoch: number
  readonly copy: Copy
  readonly call: Call
  readonly clock: Clock
  readonly signal: AbortSignal
  commit(): number
  /** Resyncs of an epoch are numbered upwards, so that a message of an old one is known as such. */
  nextSync(): number
  /** What it has, or whether it answers, has changed. */
  onNews(): void
  /** It knows of a leader after this one. */
  onStale(epoch: number): void
  onResync(id: string, what: { readonly type: 'begin' } | { readonly type: 'end'; readonly rows: number }): void
}

/** One member as its leader sees it, and the loop that keeps it up to date. */
export class Peer {
  readonly #context: PeerContext
  member: Member
  readonly #bell = new Bell()
  readonly #gone = new AbortController()
  readonly #signal: AbortSignal
  /** Agreed with it, as far as is known; the next message begins after this. */
  #prev: Point
  #match = 0
  #batch: number
  #isHealthy = true
  #incarnation: string | null = null
  /** The leader's end when that incarnation was first heard of. */
  #caughtUpAt = Number.POSITIVE_INFINITY
  #isRung = false
  #round = 0
  #resync: { readonly from: number; rows: number } | null = null
  #resyncs = 0

  constructor(member: Member, context: PeerContext) {
    this.member = member
    this.#context = context
    this.#prev = context.copy.head.last
    this.#batch = context.batch
    this.#signal = AbortSignal.any([context.signal, this.#gone.signal])
    void this.#keepUp()
  }

  /** There is something to send. */
  ring(): void {
    this.#isRung = true
    this.#bell.ring()
  }

  leave(): void {
    this.#gone.abort()
  }

  /** The highest position that a voter has promised to hold; 0 for who does not count. */
  get match(): number {
    return this.isVoter && this.#incarnation === this.member.incarnation ? this.#match : 0
  }

  get isVoter(): boolean {
    return this.member.incarnation !== null
  }

  /** Nothing speaks against its taking what is sent next. */
  get isReachable(): boolean {
    return this.#isHealthy && (this.#incarnation === null || this.#incarnation === this.member.incarnation)
  }

  /** The last round of confirmations that it has answered. */
  get round(): number {
    return this.isVoter && this.#incarnation === this.member.incarnation ? this.#round : 0
  }

  /** Its full resync needs the log from here on. */
  get pin(): number {
    return this.#resync?.from ?? Number.POSITIVE_INFINITY
  }

  get status(): PeerStatus {
    const { id, url } = this.member
    return {
      id,
      url,
      isHealthy: this.#isHealthy,
      incarnation: this.#incarnation,
      match: this.#match,
      lag: this.#context.copy.head.last.position - this.#match,
      isCaughtUp: this.#resync === null && this.#match >= this.#caughtUpAt,
      resyncedRows: this.#resync?.rows ?? null,
      resyncs: this.#resyncs,
    }
  }

  /** The round that the leader is in; told by the leader before it rings. */
  wantedRound = 0

  async #keepUp(): Promise<void> {
    const { clock, heartbeatMs } = this.#context
    while (!this.#signal.aborted) {
      this.#isRung = false
      const next = await this.#step().catch(() => 'trouble' as const)
      if (this.#signal.aborted) return
      if (next === 'trouble') await clock.sleep(heartbeatMs, this.#signal)
      else if (next === 'idle' && !this.#isRung) await this.#bell.wait(clock, heartbeatMs, this.#signal)
    }
  }

  /** Sends one message, and says whether there is more to send at once. */
  async #step(): Promise<Next> {
    const { copy, call, key, epoch, answerMs } = this.#context
    const [round, commit, prev] = [this.wantedRound, this.#context.commit(), this.#prev]
    const entries = await copy.store.entries(prev.position, this.#batch)
    // The log was cut meanwhile: what it needs is no longer there.
    if (copy.head.base.position > prev.position) return this.#copyAll()
    const message: Append = { type: 'append', epoch, prev, entries, commit }
    const reply = await call(this.member.url, key, message, answerMs)
    if (this.#signal.aborted) return 'idle'
    switch (reply.type) {
      case 'failed':
        // It may be that so much cannot be done in the time.
        this.#batch = Math.max(1, Math.floor(this.#batch / 2))
        return this.#fail()
      case 'stale':
        this.#context.onStale(reply.epoch)
        return 'trouble'
      case 'appended': {
        this.#hear(reply.incarnation)
        this.#batch = Math.min(this.#context.batch, this.#batch * 2)
        this.#prev = entries.at(-1) ?? prev
        this.#match = reply.match
        this.#round = round
        this.#context.onNews()
        return this.#isUpToDate(commit, round) ? 'idle' : 'more'
      }
      case 'behind': {
        this.#hear(reply.incarnation)
        const known = await copy.store.epochAt(reply.applied)
        if (known === null) return this.#copyAll()
        this.#prev = { position: reply.applied, epoch: known }
        return 'more'
      }
      case 'diverged':
        this.#hear(reply.incarnation)
        return this.#copyAll()
    }
  }

  #isUpToDate(commit: number, round: number): boolean {
    const { copy } = this.#context
    return this.#match >= copy.head.last.position && commit >= this.#context.commit() && round >= this.wantedRound
  }

  #fail(): 'trouble' {
    const wasHealthy = this.#isHealthy
    this.#isHealthy = false
    if (wasHealthy) this.#context.onNews()
    return 'trouble'
  }

  #hear(incarnation: string): void {
    const isOther = incarnation !== this.#incarnation
    if (isOther) {
      this.#match = 0
      this.#caughtUpAt = this.#context.copy.head.last.position
    }
    const isNews = isOther || !this.#isHealthy
    this.#incarnation = incarnation
    this.#isHealthy = true
    if (isNews) this.#context.onNews()
  }

  /** Sends all rows as they are while writes go on; the log from before the first row mends what they miss. */
  async #copyAll(): Promise<Next> {
    const { copy } = this.#context
    const { applied, state } = copy.head
    this.#match = 0
    this.#resync = { from: applied, rows: 0 }
    this.#context.onResync(this.member.id, { type: 'begin' })
    try {
      const epoch = await copy.store.epochAt(applied)
      if (epoch === null) return 'trouble'
      const rows = await this.#sendRows({ position: applied, epoch }, state)
      if (rows === null) return 'trouble'
      this.#prev = { position: applied, epoch }
      this.#resyncs++
      this.#context.onResync(this.member.id, { type: 'end', rows })
      return 'more'
    } finally {
      this.#resync = null
    }
  }

  async #sendRows(base: Point, state: ShardState): Promise<number | null> {
    const { copy, call, key, epoch, answerMs, batch } = this.#context
    const sync = this.#context.nextSync()
    let step = 0
    const send = async (part: Load['part']) => {
      const withinMs = answerMs * (part.type === 'end' ? INDEX_PATIENCE : LOAD_PATIENCE)
      const reply = await call(this.member.url, key, { type: 'load', epoch, sync, step: step++, part }, withinMs)
      if (reply.type === 'failed') this.#fail()
      if (reply.type === 'stale') this.#context.onStale(reply.epoch)
      return reply.type === 'loaded' && !this.#signal.aborted
    }
    if (!(await send({ type: 'begin', state }))) return null
    let sent = 0
    for (const namespace of Object.keys(state.namespaces).sort()) {
      let last: Row | undefined
      do {
        const after = last ? { namespace, slot: last.slot, id: last.id } : null
        const rows = await copy.store.page(namespace, after, null, batch)
        if (rows.length > 0 && !(await send({ type: 'rows', rows }))) return null
        last = rows.at(-1)
        sent += rows.length
        if (this.#resync) this.#resync.rows = sent
      } while (last)
    }
    // A page may show what is committed and not yet known here as applied.
    const wholeAt = Math.max(copy.head.applied, this.#context.commit())
    return (await send({ type: 'end', base, wholeAt })) ? sent : null
  }
}
