import type { Change, Control, Entry, Point } from '../change.ts'
import { Bell, type Clock } from '../clock.ts'
import { type Copy, stateAtEnd } from './copy.ts'
import type { Call, Lead, Member, Refusal, Status } from './messages.ts'
import { Peer, type PeerSettings } from './peer.ts'
import { fold, type ShardState } from './shard-state.ts'

export interface LeadershipContext extends PeerSettings {
  readonly key: string
  readonly copy: Copy
  readonly call: Call
  readonly clock: Clock
  onResync(id: string, what: { readonly type: 'begin' } | { readonly type: 'end'; readonly rows: number }): void
  /** It has ended: another epoch is known of, or the store does not take what it is given. */
  onEnd(why: string): void
}

/** A member while it leads an epoch: takes changes into its log, sends them on, commits what a quorum holds. */
export class Leadership {
  readonly epoch: number
  readonly quorum: number
  readonly #you: string
  readonly #context: LeadershipContext
  readonly #ended = new AbortController()
  readonly #peers = new Map<string, Peer>()
  readonly #changed = new Bell()
  /** After all that is in the log or on its way there: what a new change is judged by. */
  #state: ShardState
  #next: number
  #queue: Entry[] = []
  #isPumping = false
  #commit = 0
  #round = 0
  #syncs = 0
  /** The first entry of this epoch. */
  readonly #begin: Point
  /** Ids with changes that are not applied yet, and the position of the last. */
  readonly #pending = new Map<string, number>()

  private constructor(lead: Lead, state: ShardState, context: LeadershipContext) {
    const { head } = context.copy
    this.epoch = lead.epoch
    this.quorum = lead.quorum
    this.#you = lead.you
    this.#context = context
    this.#state = state
    this.#next = head.last.position + 1
    this.#begin = { position: this.#next, epoch: lead.epoch }
    context.copy.pinned = () => Math.min(...[...this.#peers.values()].map(({ pin }) => pin))
    this.#members = lead.members
    this.update(lead.members)
    const isBorn = lead.born !== null && Object.keys(state.slots).length === 0
    const born: Control[] = isBorn ? [{ type: 'own', slots: lead.born, move: 0, attempt: 0 }] : []
    this.enqueue([{ type: 'begin' }, ...born])
  }

  #members: readonly Member[]

  /** In turn of the copy only. */
  static async begin(lead: Lead, context: LeadershipContext): Promise<Leadership> {
    return new Leadership(lead, await stateAtEnd(context.copy), context)
  }

  /** Members that do not count may come and go within an epoch. */
  update(members: readonly Member[]): void {
    this.#members = members
    const others = members.filter(({ id }) => id !== this.#you)
    for (const [id, peer] of this.#peers) {
      const still = others.find((each) => each.id === id && each.url === peer.member.url)
      if (still) peer.member = still
      else {
        peer.leave()
        this.#peers.delete(id)
      }
    }
    for (const member of others) {
      if (!this.#peers.has(member.id)) this.#peers.set(member.id, new Peer(member, this.#peerContext()))
    }
  }

  #peerContext() {
    const { onResync, ...context } = this.#context
    return {
      ...context,
      epoch: this.epoch,
      signal: this.#ended.signal,
      commit: () => this.#commit,
      nextSync: () => ++this.#syncs,
      onNews: () => this.#advance(),
      onStale: (epoch: number) => {
        if (epoch > this.epoch) this.end(`epoch ${epoch} has begun`)
      },
      onResync,
    }
  }

  get state(): ShardState {
    return this.#state
  }

  get isEnded(): boolean {
    return this.#ended.signal.aborted
  }

  /** Its first entry is applied, and with it all that earlier leaders have committed: it can be read from. */
  get isSettled(): boolean {
    return this.#context.copy.head.applied >= this.#begin.position
  }

  get status(): NonNullable<Status['leads']> {
    const peers = [...this.#peers.values()].map(({ status }) => status)
    const { epoch, quorum, isSettled } = this
    return { epoch, quorum, isSettled, commit: this.#commit, members: this.#members, peers }
  }

  end(why: string): void {
    if (this.isEnded) return
    this.#ended.abort()
    this.#changed.ring()
    this.#context.copy.pinned = () => Number.POSITIVE_INFINITY
    this.#context.onEnd(why)
  }

  /** How many voters hold the log up to there. */
  holders(position: number): number {
    const isHere = this.#context.copy.head.last.position >= position
    return [...this.#peers.values()].filter(({ match }) => match >= position).length + (isHere ? 1 : 0)
  }

  /** As many voters as may hold what is written now. */
  get reachable(): number {
    return [...this.#peers.values()].filter((peer) => peer.isVoter && peer.isReachable).length + 1
  }

  get voters(): number {
    return [...this.#peers.values()].filter(({ isVoter }) => isVoter).length + 1
  }

  /** The last position, not applied yet, of a change to one of these. */
  pendingOf(keys: readonly string[]): number | null {
    const positions = keys.map((key) => this.#pending.get(key) ?? 0)
    const last = Math.max(0, ...positions)
    return last > this.#context.copy.head.applied ? last : null
  }

  /** Puts changes into the log as one entry; they have been judged by `state` in the same breath. */
  enqueue(changes: readonly Change[]): Point {
    const entry: Entry = { position: this.#next++, epoch: this.epoch, changes }
    for (const change of changes) {
      this.#state = fold(this.#state, entry.position, change)
      if (change.type === 'put' || change.type === 'delete') this.#pending.set(keyOf(change), entry.position)
    }
    this.#queue.push(entry)
    void this.#pump()
    return entry
  }

  async #pump(): Promise<void> {
    if (this.#isPumping) return
    this.#isPumping = true
    const { copy } = this.#context
    try {
      while (this.#queue.length > 0 && !this.isEnded) {
        await copy.inTurn(async () => {
          if (this.isEnded) return
          const entries = this.#queue
          this.#queue = []
          await copy.append(entries)
        })
        for (const peer of this.#peers.values()) peer.ring()
        this.#advance()
      }
    } catch (error) {
      this.end(`the log cannot be written: ${(error as Error).message}`)
    } finally {
      this.#isPumping = false
    }
  }

  /** Commits what a quorum holds, once an entry of this epoch is among it. */
  #advance(): void {
    if (this.isEnded) return
    const { copy } = this.#context
    const held = [copy.head.last.position, ...[...this.#peers.values()].map(({ match }) => match)]
    const position = held.sort((a, b) => b - a)[this.quorum - 1] ?? 0
    if (position >= this.#begin.position && position > this.#commit) {
      this.#commit = position
      for (const peer of this.#peers.values()) peer.ring()
      void copy.applyUpTo(position).then(() => this.#onApplied())
    }
    this.#changed.ring()
  }

  #onApplied(): void {
    const { copy } = this.#context
    if (copy.failure !== null) {
      this.end(`what is committed cannot be applied: ${copy.failure}`)
      return
    }
    for (const [key, position] of this.#pending) if (position <= copy.head.applied) this.#pending.delete(key)
    this.#changed.ring()
  }

  get now(): number {
    return this.#context.clock.now()
  }

  /** What is left of a time that begins now. */
  timer(ms: number): () => number {
    const { clock } = this.#context
    const end = clock.now() + ms
    return () => Math.max(0, end - clock.now())
  }

  /** Waits until something is so; false when the time is over or it leads no longer. */
  async until(isSo: () => boolean, withinMs: number): Promise<boolean> {
    const { clock } = this.#context
    const end = clock.now() + withinMs
    while (!isSo()) {
      if (this.isEnded || clock.now() >= end) return false
      await this.#changed.wait(clock, end - clock.now(), this.#ended.signal)
    }
    return !this.isEnded
  }

  /** True once so many voters, itself among them, have said that they know of no later leader. */
  confirm(voters: number, withinMs: number): Promise<boolean> {
    if (voters <= 1) return Promise.resolve(true)
    const round = ++this.#round
    for (const peer of this.#peers.values()) {
      peer.wantedRound = round
      peer.ring()
    }
    const count = () => [...this.#peers.values()].filter((peer) => peer.round >= round).length + 1
    return this.until(() => count() >= voters, withinMs)
  }

  /** Fewer voters can be reached than are needed. */
  refusal(needed: number): Refusal | null {
    const { reachable } = this
    return reachable < needed ? { type: 'no-quorum', reachable, needed } : null
  }
}

export const keyOf = ({ namespace, id }: { readonly namespace: string; readonly id: string }): string =>
  `${namespace}\0${id}`
