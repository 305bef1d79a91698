import type { ReplicaReads } from '../../model/events.ts'
import { createSpread } from '../../traffic/percentiles.ts'
import type { Leading } from '../workload.ts'
import type { Newest, RowPosition } from './statements.ts'
import { createWriteMemory, type SeenRow } from './write-memory.ts'

/** An acknowledged write of this run. */
interface WitnessedWrite extends RowPosition {
  readonly seq: number
  readonly sentMs: number
  readonly answeredMs: number
  /** Who acknowledged it. */
  readonly server?: string | null
}

/** A read that was answered, with the newest row that it returned: the one with the highest primary key. */
interface WitnessedRead extends Omit<Newest, 'rows'> {
  readonly sentMs: number
  readonly answeredMs: number
}

interface ReadJudgement {
  /** How many writes had been acknowledged before the read was sent, and were not seen by it. */
  readonly staleWrites: number
  /** From the earliest acknowledgement among them to the sending of the read; 0 without any. */
  readonly staleMs: number
  /** A read that was answered before this one was sent saw a newer row. */
  readonly isBackwards: boolean
}

/** Holds what reads are given against what the lab, as one client, had been told before. */
export interface ReadWitness {
  /** Told of each acknowledged write as it ends, … */
  onWrite(write: WitnessedWrite): void
  /** … of who leads, as far as anybody has seen, … */
  onLeading(leading: Leading | null): void
  /** … and of each answered read. Null while no write had been acknowledged before the read was sent. */
  onRead(read: WitnessedRead): ReadJudgement | null
  /** The window up to now; the next one begins empty. */
  take(): ReplicaReads
}

/**
 * What counts as newer is defined in write-memory.ts, and how much is remembered: whatever is said to be missing is
 * certainly not on the server that answered, at the moment at which it answered.
 *
 * A write that a failover has lost counts until a read returns a later one, or until the new timeline is known: from
 * then on writes that another server had acknowledged count no more, as nobody knows yet which of them it has. Once writes have rested for ten seconds,
 * a server that has replayed past the position of every acknowledged write is taken for fresh, whatever it shows: what
 * it does not show is lost and not late, which is for the audit to tell. Of the newest rows that reads returned the
 * latest 4,096 are remembered: a read that was under way for longer than that is not said to go backwards.
 */
export function createReadWitness(): ReadWitness {
  return new Witness()
}

const RESTING_MS = 10_000
const VIEWS_KEPT = 4_096
const TENTHS = { unit: 0.1, longest: 48 * 3_600_000 }
const WRITES = { unit: 1, longest: 2 ** 31 - 1 }
const fresh: ReadJudgement = { staleWrites: 0, staleMs: 0, isBackwards: false }

/** The newest row of all that reads had returned from that answer on. One of somebody else is told by its key alone. */
interface View extends SeenRow {
  readonly fromMs: number
}

class Witness implements ReadWitness {
  readonly #memory = createWriteMemory()
  readonly #staleMs = createSpread(TENTHS)
  readonly #staleWrites = createSpread(WRITES)
  #counts = { judged: 0, backwards: 0, missedOwn: 0 }
  #firstAckMs = Number.POSITIVE_INFINITY
  #lastAckMs = Number.NEGATIVE_INFINITY
  #highestLsn: number | null = null
  #leading: Leading | null = null
  /** The highest number that each server acknowledged. */
  readonly #latestOf = new Map<string, number>()
  /** Oldest first. */
  #views: View[] = []

  onWrite({ seq, id, lsn, sentMs, answeredMs, server }: WitnessedWrite): void {
    if (server) this.#latestOf.set(server, Math.max(this.#latestOf.get(server) ?? 0, seq))
    const isAnew = this.#memory.acknowledge({ seq, id: id ?? Number.NaN, sentMs, answeredMs })
    // What reads saw before may be lost, and keys no longer tell.
    if (isAnew) this.#views = []
    this.#firstAckMs = Math.min(this.#firstAckMs, answeredMs)
    this.#lastAckMs = Math.max(this.#lastAckMs, answeredMs)
    if (lsn !== null) this.#highestLsn = Math.max(this.#highestLsn ?? lsn, lsn)
  }

  onLeading(leading: Leading | null): void {
    if (leading === null || leading.timeline === this.#leading?.timeline) return
    const isFork = this.#leading !== null
    this.#leading = leading
    if (!isFork) return
    const others = [...this.#latestOf].filter(([server]) => server !== leading.node)
    this.#memory.forgetUpTo(Math.max(0, ...others.map(([, seq]) => seq)))
    // What reads saw on the old timeline may be gone from the new one.
    this.#views = []
  }

  onRead(read: WitnessedRead): ReadJudgement | null {
    const newest: SeenRow = { seq: read.seq ?? 0, id: read.id ?? Number.NaN }
    if (newest.seq > 0) this.#memory.sight(newest.seq, read.answeredMs)
    const judgement = this.#firstAckMs < read.sentMs ? this.#judge(read, newest) : null
    this.#remember(newest, read.answeredMs)
    if (judgement) this.#count(judgement)
    return judgement
  }

  take(): ReplicaReads {
    const window = { ...this.#counts, staleMs: this.#staleMs.take(), staleWrites: this.#staleWrites.take() }
    this.#counts = { judged: 0, backwards: 0, missedOwn: 0 }
    return window
  }

  #judge({ sentMs, lsn }: WitnessedRead, newest: SeenRow): ReadJudgement {
    const isAhead = lsn !== null && this.#highestLsn !== null && lsn > this.#highestLsn
    if (isAhead && sentMs - this.#lastAckMs > RESTING_MS) return fresh
    const { writes, sinceMs } = this.#memory.missing(newest, sentMs)
    const view = this.#views.findLast(({ fromMs }) => fromMs < sentMs)
    const isBackwards = view !== undefined && this.#memory.isNewer(view, newest)
    if (writes === 0 && !isBackwards) return fresh
    return { staleWrites: writes, staleMs: writes === 0 ? 0 : sentMs - sinceMs, isBackwards }
  }

  #remember(newest: SeenRow, fromMs: number): void {
    const view: View = { seq: newest.seq || Number.POSITIVE_INFINITY, id: newest.id, fromMs }
    const latest = this.#views.at(-1)
    if (latest && ((latest.seq === view.seq && !(view.id > latest.id)) || this.#memory.isNewer(latest, newest))) return
    this.#views.push(view)
    if (this.#views.length >= 2 * VIEWS_KEPT) this.#views.splice(0, VIEWS_KEPT)
  }

  #count({ staleWrites, staleMs, isBackwards }: ReadJudgement): void {
    this.#counts.judged++
    if (isBackwards) this.#counts.backwards++
    if (staleWrites > 0) this.#counts.missedOwn++
    this.#staleWrites.record(staleWrites)
    this.#staleMs.record(staleMs)
  }
}
