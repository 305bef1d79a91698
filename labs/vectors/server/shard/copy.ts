import type { Entry, Point } from '../change.ts'
import { type Clock, lane } from '../clock.ts'
import type { Head, Store } from '../store/store.ts'
import { fold, type ShardState } from './shard-state.ts'

/** How an entry that somebody waits for has ended. */
export type Outcome =
  | { readonly type: 'applied' }
  /** Another leader's entry was committed in its place. */
  | { readonly type: 'discarded' }
  /** The time was over, or this copy has begun again. */
  | { readonly type: 'unknown' }

interface Waiter {
  readonly point: Point
  settle(outcome: Outcome): void
}

export interface CopyOptions {
  readonly clock: Clock
  /** Entries that the log keeps behind what is applied, for members that were away. */
  readonly logKeep: number
}

const APPLY_AT_ONCE = 500

/** A store with its log: what is done to it one at a time, what it has applied, and who waits for that. */
export class Copy {
  readonly store: Store
  readonly #options: CopyOptions
  #head: Head
  #target: number
  #failure: string | null = null
  #unwritten: string | null = null
  readonly #waiters = new Set<Waiter>()
  readonly #applying = lane()
  readonly #turn = lane()
  /** The store has failed: what it has by now is not known. */
  #isUnsure = false
  /** The log may not be cut above this: somebody still reads there. */
  pinned: () => number = () => Number.POSITIVE_INFINITY

  private constructor(store: Store, head: Head, options: CopyOptions) {
    this.store = store
    this.#head = head
    this.#target = head.applied
    this.#options = options
  }

  static async open(store: Store, options: CopyOptions): Promise<Copy> {
    return new Copy(store, await store.open(), options)
  }

  /** What changes the log goes through here, one after the other. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turn(async () => {
      if (this.#isUnsure) await this.#applying(() => this.#reopen())
      try {
        return await work()
      } catch (error) {
        this.#isUnsure = true
        throw error
      }
    })
  }

  get head(): Head {
    return this.#head
  }

  get isWhole(): boolean {
    return this.#head.wholeAt !== null && this.#head.applied >= this.#head.wholeAt
  }

  /** Why the last attempt to apply what is committed, or to write to the log, has failed. */
  get failure(): string | null {
    return this.#failure ?? this.#unwritten
  }

  async setEpoch(epoch: number): Promise<void> {
    await this.store.setEpoch(epoch)
    this.#head = { ...this.#head, epoch }
  }

  /** In turn only. */
  async append(entries: readonly Entry[]): Promise<void> {
    const first = entries[0]
    if (!first) return
    try {
      await this.store.append(entries)
      this.#unwritten = null
    } catch (error) {
      this.#unwritten = (error as Error).message
      throw error
    }
    const { position, epoch } = entries.at(-1) as Entry
    this.#head = { ...this.#head, last: { position, epoch } }
  }

  /** Applies the log up to a position that is committed, and tells those who wait for it. Never rejects. */
  applyUpTo(position: number): Promise<void> {
    this.#target = Math.max(this.#target, Math.min(position, this.#head.last.position))
    return this.#applying(() => this.#apply()).catch((error: Error) => {
      this.#failure = error.message
      this.#isUnsure = true
    })
  }

  async #apply(): Promise<void> {
    while (this.#head.applied < this.#target) {
      const read = await this.store.entries(this.#head.applied, APPLY_AT_ONCE)
      const entries = read.filter((entry) => entry.position <= this.#target)
      const state = foldAll(this.#head.state, entries)
      await this.store.apply(entries, state)
      const applied = entries.at(-1)?.position ?? this.#target
      this.#head = { ...this.#head, applied, state }
      this.#failure = null
      const epochs = new Map(entries.map(({ position, epoch }) => [position, epoch]))
      this.#settle(({ point }) => epochs.get(point.position) === point.epoch, { type: 'applied' })
      this.#settle(({ point }) => point.position <= applied, { type: 'discarded' })
    }
    await this.#compact()
  }

  async #compact(): Promise<void> {
    const { applied, base } = this.#head
    if (applied - base.position < 2 * this.#options.logKeep) return
    const position = Math.min(applied - this.#options.logKeep, this.pinned())
    const epoch = await this.store.epochAt(position)
    if (epoch === null || position <= base.position) return
    await this.store.compact({ position, epoch })
    this.#head = { ...this.#head, base: { position, epoch } }
  }

  /** How the entry at that point ends. It has to be asked for before the entry is in the log. */
  async outcome(point: Point, withinMs: number): Promise<Outcome> {
    const over = new AbortController()
    let outcome: Outcome = { type: 'unknown' }
    const waiter: Waiter = {
      point,
      settle: (settled) => {
        outcome = settled
        over.abort()
      },
    }
    this.#waiters.add(waiter)
    await this.#options.clock.sleep(withinMs, over.signal)
    this.#waiters.delete(waiter)
    return outcome
  }

  #settle(which: (waiter: Waiter) => boolean, outcome: Outcome): void {
    for (const waiter of this.#waiters) {
      if (!which(waiter)) continue
      this.#waiters.delete(waiter)
      waiter.settle(outcome)
    }
  }

  /** The store has less applied than it had. */
  startOver(): Promise<void> {
    this.#isUnsure = true
    return this.inTurn(async () => {})
  }

  /** In turn only: begins to become a copy of another member's. */
  wipe(state: ShardState): Promise<void> {
    return this.#applying(async () => {
      await this.store.wipe(state)
      await this.#reopen()
      this.#settle(() => true, { type: 'unknown' })
    })
  }

  /** In turn only. */
  finish(base: Point, wholeAt: number): Promise<void> {
    return this.#applying(async () => {
      await this.store.finish(base, wholeAt)
      await this.#reopen()
    })
  }

  async #reopen(): Promise<void> {
    this.#head = await this.store.open()
    this.#target = this.#head.applied
    this.#isUnsure = false
  }
}

/** The state once all of the log is applied. */
export async function stateAtEnd({ head, store }: Copy): Promise<ShardState> {
  let { state, applied } = head
  while (applied < head.last.position) {
    const entries = await store.entries(applied, APPLY_AT_ONCE)
    if (entries.length === 0) break
    state = foldAll(state, entries)
    applied = entries.at(-1)?.position ?? applied
  }
  return state
}

export function foldAll(state: ShardState, entries: readonly Entry[]): ShardState {
  let folded = state
  for (const { position, changes } of entries) {
    for (const change of changes) folded = fold(folded, position, change)
  }
  return folded
}
