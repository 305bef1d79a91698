import type { Clock } from './clock.ts'
import { type MemberEvent, ShardMember } from './shard/member.ts'
import type { Call, Message, Replies } from './shard/messages.ts'
import type { PeerSettings } from './shard/peer.ts'
import type { Store } from './store/store.ts'

/** Where the copies of shards are kept on one server. */
export interface Stores {
  open(key: string): Promise<Store>
  /** What is there from before. */
  keys(): Promise<readonly string[]>
  /** Throws one away. */
  drop(key: string): Promise<void>
  close(): Promise<void>
}

export interface NodeOptions extends PeerSettings {
  readonly stores: Stores
  readonly clock: Clock
  readonly call: Call
  readonly logKeep: number
  onEvent(key: string, event: MemberEvent): void
}

/** The copies of shards that one server holds, each opened when it is first spoken to. */
export class Node {
  readonly #options: NodeOptions
  readonly #members = new Map<string, Promise<ShardMember>>()
  #isClosed = false

  constructor(options: NodeOptions) {
    this.#options = options
  }

  /** Opens what is there from before. */
  async start(): Promise<void> {
    for (const key of await this.#options.stores.keys()) await this.member(key)
  }

  member(key: string): Promise<ShardMember> {
    const known = this.#members.get(key)
    if (known) return known
    const { stores, onEvent, ...options } = this.#options
    const opened = stores
      .open(key)
      .then((store) => ShardMember.open(store, { ...options, key, onEvent: (event) => onEvent(key, event) }))
    this.#members.set(key, opened)
    // One that could not be opened is tried again by whoever asks next.
    opened.catch(() => this.#members.delete(key))
    return opened
  }

  async handle(key: string, message: Message): Promise<Replies[Message['type']]> {
    if (this.#isClosed) throw new Error('the server is going down')
    const member = await this.member(key)
    const reply = await member.handle(message)
    if (message.type === 'retire') {
      this.#members.delete(key)
      await member.copy.store.close()
      await this.#options.stores.drop(key)
      this.#options.onEvent(key, { type: 'retired' })
    }
    return reply
  }

  async members(): Promise<ReadonlyMap<string, ShardMember>> {
    const opened = new Map<string, ShardMember>()
    for (const [key, member] of this.#members) {
      const found = await member.catch(() => null)
      if (found) opened.set(key, found)
    }
    return opened
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const member of (await this.members()).values()) {
      member.close('the server is going down')
      await member.copy.store.close()
    }
    await this.#options.stores.close()
  }
}
