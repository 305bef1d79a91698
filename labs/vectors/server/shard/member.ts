import type { Clock } from '../clock.ts'
import { Forgotten, type Store } from '../store/store.ts'
import { answerChanges, answerCount, answerExport, answerGet, answerSearch } from './answers.ts'
import { Copy } from './copy.ts'
import { follow, type Loading, load } from './follower.ts'
import { Leadership } from './leadership.ts'
import type { Append, Appended, Call, Lead, Load, Message, Refusal, Replies, Status } from './messages.ts'
import type { PeerSettings } from './peer.ts'
import { ownedRanges } from './shard-state.ts'
import { control, importRows, write } from './writes.ts'

const COUNTED_FOR_MS = 2_000

/** What happened to a member, for whoever asks later. */
export type MemberEvent =
  | { readonly type: 'leads'; readonly epoch: number; readonly last: number }
  | { readonly type: 'leads-no-longer'; readonly epoch: number; readonly why: string }
  | { readonly type: 'follows'; readonly epoch: number }
  | { readonly type: 'resync-begun'; readonly id: string }
  | { readonly type: 'resync-sent'; readonly id: string; readonly rows: number }
  | { readonly type: 'resync-received'; readonly epoch: number }
  | { readonly type: 'retired' }

export interface MemberContext extends PeerSettings {
  readonly key: string
  readonly clock: Clock
  readonly call: Call
  readonly logKeep: number
  onEvent(event: MemberEvent): void
}

/** One copy of one shard on this server: follows whoever leads, or leads. */
export class ShardMember {
  readonly copy: Copy
  readonly #context: MemberContext
  #leadership: Leadership | null = null
  #loading: Loading | null = null
  #counted: { readonly at: number; readonly rows: number | null } = { at: Number.NEGATIVE_INFINITY, rows: null }

  private constructor(copy: Copy, context: MemberContext) {
    this.copy = copy
    this.#context = context
  }

  static async open(store: Store, context: MemberContext): Promise<ShardMember> {
    return new ShardMember(await Copy.open(store, context), context)
  }

  get leadership(): Leadership | null {
    return this.#leadership
  }

  /** Answers one message. Rejects only where the store does. */
  async handle(message: Message): Promise<Replies[Message['type']]> {
    try {
      return await this.#answer(message)
    } catch (error) {
      if (error instanceof Forgotten) this.#startOver(error.message)
      throw error
    }
  }

  /** What is committed is applied again by the next leader, as it begins its epoch, or as one heartbeats. */
  #startOver(why: string): void {
    this.close(why)
    // A store that does not answer either is opened by whoever needs it next.
    this.copy.startOver().catch(() => {})
  }

  async #answer(message: Message): Promise<Replies[Message['type']]> {
    switch (message.type) {
      case 'status':
        await this.copy.store.ping()
        return this.status
      case 'fence':
        return this.copy.inTurn(() => this.#fence(message.epoch))
      case 'lead':
        return this.copy.inTurn(() => this.#lead(message))
      case 'append':
        return this.copy.inTurn(() => this.#append(message))
      case 'load':
        return this.copy.inTurn(() => this.#load(message))
      case 'retire':
        this.close('it has left the shard')
        return { type: 'retired' }
      case 'write':
        return this.#leading((leadership) => write(this.copy, leadership, message))
      case 'control':
        return this.#leading((leadership) => control(this.copy, leadership, message))
      case 'import':
        return this.#leading((leadership) => importRows(this.copy, leadership, message))
      case 'export':
        return this.#settled(() => answerExport(this.copy, message))
      case 'changes':
        return this.#settled(() => answerChanges(this.copy, message))
      case 'get':
        return answerGet(this.copy, this.#leadership, message)
      case 'search':
        return answerSearch(this.copy, this.#leadership, message)
      case 'count':
        return answerCount(this.copy, this.#leadership, message)
      case 'digest':
        return { type: 'digest', applied: this.copy.head.applied, digest: await this.copy.store.digest() }
    }
  }

  close(why: string): void {
    this.#leadership?.end(why)
  }

  /** How many vectors it holds, counted no more than once in a while; null where the store cannot say. */
  async rows(now: number): Promise<number | null> {
    if (now - this.#counted.at < COUNTED_FOR_MS) return this.#counted.rows
    this.#counted = { ...this.#counted, at: now }
    const { namespaces } = this.copy.head.state
    const open = Object.entries(namespaces).filter(([, { isDropped, dimension }]) => !isDropped && dimension > 0)
    const counts = Promise.all(open.map(([namespace]) => this.copy.store.count(namespace, [])))
    const rows = await counts.then((all) => all.reduce((sum, each) => sum + each, 0)).catch(() => null)
    this.#counted = { at: now, rows }
    return rows
  }

  get status(): Status {
    const { incarnation, epoch, base, last, applied, state } = this.copy.head
    return {
      type: 'status',
      incarnation,
      epoch,
      base: base.position,
      last: { position: last.position, epoch: last.epoch },
      applied,
      isWhole: this.copy.isWhole,
      slots: ownedRanges(state),
      imports: state.imports,
      failure: this.copy.failure,
      leads: this.#leadership?.status ?? null,
    }
  }

  #leading<T>(work: (leadership: Leadership) => Promise<T>): Promise<T | Refusal> {
    const leadership = this.#leadership
    if (leadership === null) return Promise.resolve({ type: 'not-leader', epoch: this.copy.head.epoch })
    return work(leadership)
  }

  /** What is read here has to have all that earlier leaders have committed. */
  #settled<T>(work: () => Promise<T>): Promise<T | Refusal> {
    const isSettled = this.#leadership?.isSettled === true
    return isSettled ? work() : Promise.resolve({ type: 'not-leader', epoch: this.copy.head.epoch })
  }

  async #fence(epoch: number): Promise<Status | Refusal> {
    if (epoch < this.copy.head.epoch) return { type: 'stale', epoch: this.copy.head.epoch }
    await this.#enter(epoch)
    return this.status
  }

  /** From here on nothing of an epoch below this one is taken. */
  async #enter(epoch: number): Promise<void> {
    if (epoch === this.copy.head.epoch) return
    this.#leadership?.end(`epoch ${epoch} has begun`)
    await this.copy.setEpoch(epoch)
  }

  async #lead(message: Lead): Promise<Status | Refusal> {
    const { head } = this.copy
    if (message.epoch < head.epoch) return { type: 'stale', epoch: head.epoch }
    if (message.incarnation !== head.incarnation) return { type: 'refused', why: 'this is another store' }
    if (!this.copy.isWhole) return { type: 'refused', why: 'this is no whole copy' }
    await this.#enter(message.epoch)
    if (this.#leadership) this.#leadership.update(message.members)
    else {
      const { logKeep: _, onEvent, ...context } = this.#context
      this.#leadership = await Leadership.begin(message, {
        ...context,
        copy: this.copy,
        onResync: (id, what) =>
          onEvent(what.type === 'begin' ? { type: 'resync-begun', id } : { type: 'resync-sent', id, rows: what.rows }),
        onEnd: (why) => {
          this.#leadership = null
          onEvent({ type: 'leads-no-longer', epoch: message.epoch, why })
        },
      })
      onEvent({ type: 'leads', epoch: message.epoch, last: head.last.position })
    }
    return this.status
  }

  async #append(message: Append): Promise<Appended> {
    const { head } = this.copy
    if (message.epoch < head.epoch || this.#leadership?.epoch === message.epoch) {
      return { type: 'stale', epoch: head.epoch }
    }
    if (message.epoch > head.epoch) this.#context.onEvent({ type: 'follows', epoch: message.epoch })
    await this.#enter(message.epoch)
    return follow(this.copy, message)
  }

  async #load(message: Load): Promise<Replies['load']> {
    if (message.epoch < this.copy.head.epoch) return { type: 'stale', epoch: this.copy.head.epoch }
    await this.#enter(message.epoch)
    const loaded = await load(this.copy, this.#loading, message)
    if ('type' in loaded) return loaded
    this.#loading = loaded
    if (message.part.type === 'end') this.#context.onEvent({ type: 'resync-received', epoch: message.epoch })
    return { type: 'loaded' }
  }
}
