import type { Import } from '../change.ts'
import type { Clock } from '../clock.ts'
import type { Events } from '../events.ts'
import type { Call, ChangesSince, Controlled, Exported, ImportRows, Message, Status } from '../shard/messages.ts'
import { fromRanges } from '../shard/ranges.ts'
import { keyOfShard, type Move, type ShardMap } from './map.ts'
import { type MapStore, updateMap } from './map-store.ts'
import { withoutCancelled, withoutDrained, withoutMove, withPlan } from './plan.ts'

export interface MoverOptions {
  /** This gateway's name among those that may take a move over. */
  readonly id: string
  readonly store: MapStore
  readonly call: Call
  readonly clock: Clock
  readonly events: Events
  readonly answerMs: number
  readonly batch: number
  /** A move of another driver that has not come on for so long is taken over. */
  readonly patienceMs: number
}

/** What a shard answers that does what it is asked. */
interface Asked {
  status: Status
  control: Controlled
  import: Controlled
  export: Exported
  changes: ChangesSince
}

/** The move is not this driver's any more, or cannot go on now; another try begins from what the shards say. */
class Interrupted extends Error {}

/**
 * Carries out the moves of the map, one after the other. All that a move has come to is kept by the shards and the
 * map, so that after a kill any gateway goes on with it.
 */
export class Mover {
  readonly #options: MoverOptions
  readonly #seen = new Map<number, { readonly progress: string; readonly at: number }>()
  #signal = new AbortController().signal

  constructor(options: MoverOptions) {
    this.#options = options
  }

  /** Plans what is to be moved, and carries out one move after the other while they are nobody else's. */
  async tick(signal: AbortSignal): Promise<void> {
    this.#signal = signal
    while (!signal.aborted && (await this.#next())) {}
  }

  /** True when a move was finished. */
  async #next(): Promise<boolean> {
    const { map } = await updateMap(this.#options.store, (now) => (now.moves.length > 0 ? null : planned(now)))
    const move = map && (await this.#free(map))
    const taken = move && (await this.#take(move))
    if (!taken) return false
    try {
      const isToGo = map.shards[taken.to]?.isDraining === true && !taken.isSwitched
      if (!isToGo || !(await this.#isCancelled(taken, map))) await this.#carryOut(taken)
      return true
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error
      this.#options.events.add('move-interrupted', { move: taken.id, why: error.message })
      return false
    }
  }

  /** The first move, if it is this driver's, nobody's, or has not come on for long. */
  async #free({ moves, ...map }: ShardMap): Promise<Move | null> {
    const [move] = moves
    if (!move) return null
    if (move.driver === null || move.driver === this.#options.id) return move
    const { call, clock, answerMs, patienceMs } = this.#options
    const status = await call(primaryUrl(map, move.to), keyOfShard(map, move.to), { type: 'status' }, answerMs)
    const imported = status.type === 'status' ? status.imports[move.id] : undefined
    const progress = JSON.stringify([move, imported])
    const seen = this.#seen.get(move.id)
    if (seen?.progress !== progress) this.#seen.set(move.id, { progress, at: clock.now() })
    return seen?.progress === progress && clock.now() - seen.at >= patienceMs ? move : null
  }

  async #take(move: Move): Promise<Move | null> {
    const taken = { ...move, attempt: move.attempt + 1, driver: this.#options.id }
    const { isChanged } = await updateMap(this.#options.store, (map) => {
      const now = map.moves.find(({ id }) => id === move.id)
      if (now?.attempt !== move.attempt) return null
      return { ...map, moves: map.moves.map((each) => (each.id === move.id ? taken : each)) }
    })
    return isChanged ? taken : null
  }

  async #carryOut(move: Move): Promise<void> {
    const { events, clock } = this.#options
    const begunAt = clock.now()
    const facts = { move: move.id, from: move.from, to: move.to, slots: move.slots.length }
    events.add('move-begun', { ...facts, attempt: move.attempt })
    const vectors = move.isSwitched ? 0 : await this.#copyAndSwitch(move)
    await this.#do(move.from, { type: 'forget', slots: move.slots, move: move.id })
    await updateMap(this.#options.store, (map) => withoutMove(map, move.id, vectors))
    events.add('move-done', { ...facts, vectors, tookMs: clock.now() - begunAt })
  }

  /**
   * To a shard that is to go nothing moves any more, whether or not it answers. Its source has the last word: what it
   * has released already is the target's.
   */
  async #isCancelled({ id, from, to, slots, attempt }: Move, map: ShardMap): Promise<boolean> {
    const { store, call, events, answerMs } = this.#options
    const message = { type: 'control', change: { type: 'keep', slots, move: id }, withinMs: answerMs } as const
    const reply = await call(primaryUrl(map, from), keyOfShard(map, from), message, answerMs + 500)
    if (reply.type === 'refused') return false
    if (isTrouble(reply)) throw new Interrupted(`keep at ${from}: ${JSON.stringify(reply)}`)
    await updateMap(store, (now) => {
      const isMine = now.moves.some((each) => each.id === id && each.attempt === attempt)
      return isMine ? withoutCancelled(now, id) : null
    })
    events.add('move-cancelled', { move: id, from, to })
    return true
  }

  async #copyAndSwitch(move: Move): Promise<number> {
    const { id, from, to, slots, attempt } = move
    const status = await this.#ask(to, { type: 'status' })
    const isOwned = status.imports[id] === undefined && (await this.#isReleased(move))
    let vectors = 0
    if (!isOwned) {
      await this.#copy(move)
      const { position } = await this.#do(from, { type: 'release', slots, move: id })
      await this.#catchUp(move, position)
      vectors = this.#imported?.vectors ?? 0
    }
    await this.#do(to, { type: 'own', slots, move: id, attempt })
    await this.#switch(move)
    return vectors
  }

  /** The source has let go of it: with no import at the target it is the target's. */
  async #isReleased({ from, slots }: Move): Promise<boolean> {
    const { slots: owned } = await this.#ask(from, { type: 'status' })
    const still = new Set(fromRanges(owned))
    return slots.every((slot) => !still.has(slot))
  }

  #imported: Import | null = null

  /** All rows of the slots as they are while writes go on, then what has changed meanwhile, nearly to the end. */
  async #copy(move: Move): Promise<void> {
    await this.#adopt(move, false)
    for (let progress = this.#progress; !progress.isCopied; progress = this.#progress) {
      const page = { type: 'export', slots: move.slots, after: progress.cursor, most: this.#options.batch } as const
      const { rows, cursor, namespaces } = await this.#ask(move.from, page)
      const changes = rows.map((row) => ({ type: 'put', ...row }) as const)
      const isCopied = cursor === null
      const next = { cursor: cursor ?? progress.cursor, isCopied, vectors: rows.length }
      await this.#import(move, { ...progress, ...next }, changes, namespaces)
    }
    await this.#catchUp(move, null)
  }

  get #progress(): Import {
    if (this.#imported === null) throw new Interrupted('nothing was imported yet')
    return this.#imported
  }

  /** Takes over what earlier attempts have brought, or begins. */
  async #adopt(move: Move, isRestart: boolean): Promise<void> {
    const { imports } = await this.#ask(move.to, { type: 'status' })
    const before = isRestart ? undefined : imports[move.id]
    // Before the first page: what changes from here on is in the source's log.
    const tail = before?.tail ?? (await this.#ask(move.from, { type: 'status' })).applied
    const { id, attempt, slots } = move
    const { cursor = null, isCopied = false } = before ?? {}
    const begun = { type: 'import', move: id, attempt, slots, cursor, isCopied, tail, vectors: 0, isRestart } as const
    await this.#import(move, begun, [], {})
    const { imports: after } = await this.#ask(move.to, { type: 'status' })
    const now = after[id]
    if (now?.attempt !== attempt) throw new Interrupted('another attempt has begun')
    this.#imported = { ...begun, ...now, isRestart: false }
  }

  /** Brings the source's changes up to a position, or until little is missing. */
  async #catchUp(move: Move, upTo: number | null): Promise<void> {
    for (;;) {
      const { tail } = this.#progress
      if (upTo !== null && tail >= upTo) return
      const reply = await this.#ask(move.from, {
        type: 'changes',
        slots: move.slots,
        after: tail,
        most: this.#options.batch,
      })
      if (reply.type === 'gone') {
        this.#options.events.add('move-restarted', { move: move.id, why: 'the log no longer reaches back' })
        await this.#adopt(move, true)
        throw new Interrupted('the copy begins again')
      }
      const { changes, namespaces, position, applied } = reply
      if (position > tail)
        await this.#import(move, { ...this.#progress, tail: position, vectors: 0 }, changes, namespaces)
      if (upTo === null && applied - position < this.#options.batch) return
    }
  }

  async #import(
    move: Move,
    progress: Import,
    changes: ImportRows['changes'],
    namespaces: ImportRows['namespaces'],
  ): Promise<void> {
    const withinMs = this.#options.answerMs
    await this.#ask(move.to, { type: 'import', progress, namespaces, changes, withinMs })
    const vectors = (this.#imported?.vectors ?? 0) + progress.vectors
    this.#imported = { ...progress, vectors, isRestart: false }
  }

  async #switch({ id, from, to, slots, attempt }: Move): Promise<void> {
    const moving = new Set(slots)
    const { map } = await updateMap(this.#options.store, (now) => {
      const mine = now.moves.find((each) => each.id === id)
      if (mine?.attempt !== attempt || mine.isSwitched) return null
      return {
        ...now,
        slots: now.slots.map((shard, slot) => (moving.has(slot) && shard === from ? to : shard)),
        moves: now.moves.map((each) => (each.id === id ? { ...each, isSwitched: true } : each)),
      }
    })
    if (map?.moves.find((each) => each.id === id)?.attempt !== attempt)
      throw new Interrupted('another has taken it over')
  }

  #do(shard: string, change: Extract<Message, { type: 'control' }>['change']) {
    return this.#ask(shard, { type: 'control', change, withinMs: this.#options.answerMs })
  }

  /** Asks the leader of a shard. Throws when it does not do it: the next attempt begins from what is there. */
  async #ask<K extends keyof Asked>(shard: string, message: Message & { readonly type: K }): Promise<Asked[K]> {
    const { store, call, answerMs } = this.#options
    if (this.#signal.aborted) throw new Interrupted('the gateway is going down')
    const map = await store.read()
    if (!map?.shards[shard]) throw new Interrupted(`the map has no shard ${shard}`)
    const reply = await call(primaryUrl(map, shard), keyOfShard(map, shard), message, answerMs + 500)
    const isUnsettled = reply.type === 'status' && !reply.leads?.isSettled
    if (isUnsettled || isTrouble(reply)) throw new Interrupted(`${message.type} at ${shard}: ${JSON.stringify(reply)}`)
    return reply as Asked[K]
  }
}

const TROUBLES = [
  'failed',
  'stale',
  'not-leader',
  'wrong-shard',
  'unknown-namespace',
  'no-quorum',
  'refused',
  'unknown',
]
const isTrouble = ({ type }: { readonly type: string }): boolean => TROUBLES.includes(type)

const planned = (map: ShardMap): ShardMap | null => {
  const next = withoutDrained(withPlan(map))
  const isSame = next.moves.length === 0 && Object.keys(next.shards).length === Object.keys(map.shards).length
  return isSame ? null : next
}

function primaryUrl(map: Pick<ShardMap, 'shards'>, shard: string): string {
  const found = map.shards[shard]
  return found?.members.find(({ id }) => id === found.primary)?.url ?? ''
}
