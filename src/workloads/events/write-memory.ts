/** A row as a read returned it. */
export interface SeenRow {
  /** The number of the write; 0 when the row is not one of this run. */
  readonly seq: number
  /** The row's primary key; NaN when it is not known. */
  readonly id: number
}

interface AcknowledgedWrite extends SeenRow {
  readonly sentMs: number
  readonly answeredMs: number
}

/** The acknowledged writes that a read did not see. */
interface Missing {
  readonly writes: number
  /** When the earliest of them was acknowledged; infinity without any. */
  readonly sinceMs: number
}

/** What a run remembers of its own writes, so that what a read returns can be held against it. */
export interface WriteMemory {
  /** True when its key shows that keys are given out again, after a failover that lost those who had them before. */
  acknowledge(write: AcknowledgedWrite): boolean
  /** Writes up to this number may be lost for good: they count as missing no more. */
  forgetUpTo(seq: number): void
  /** A read that was answered then returned this write, so it was done by then, acknowledged or not. */
  sight(seq: number, answeredMs: number): void
  /** Whether a write whose row exists is certainly newer than the newest row that a read returned. */
  isNewer(write: SeenRow, newest: SeenRow): boolean
  /** The writes acknowledged before a read was sent that are certainly newer than the newest row that it returned. */
  missing(newest: SeenRow, sentMs: number): Missing
}

export interface MemorySize {
  /** Writes are kept in blocks of so many, by their numbers. */
  readonly writesPerBlock: number
  /** So many of the latest blocks hold every write by itself. */
  readonly detailedBlocks: number
  /** So many of the latest blocks are kept at all. */
  readonly keptBlocks: number
}

/** 262,144 writes one by one, 8.4 MB, and sums of 4,194,304. */
const memorySize: MemorySize = { writesPerBlock: 256, detailedBlocks: 1_024, keptBlocks: 16_384 }

/**
 * A write is newer than the newest row that a read returned when its number is higher and one of two things holds:
 *
 * - its primary key is higher. A read that returns the highest key there is has not seen it, on whatever server.
 * - it was sent after that row was known to be there. The server that made it then gave it a higher key than the row
 *   had, or knew nothing of the row; a server that shows the row as its newest has not got the write either way. This
 *   holds across failovers too, where keys are given out twice when writes were lost.
 *
 * Neither can call a fresh leader stale, in whatever order concurrent sessions get their keys and commit. The number
 * bounds how long a lost write counts: until a later one is seen or, for reads that return rows of others, until keys
 * are seen to be given out again. Of two that were under way together, the one with the lower number is never called the
 * newer.
 *
 * Beyond the writes that are kept one by one, whole blocks are counted; what is older than all blocks is forgotten. So
 * for a read that is further behind than that, the count and the time are at least what they are said to be.
 */
export function createWriteMemory(size: MemorySize = memorySize): WriteMemory {
  return new BlockMemory(size)
}

interface Block {
  count: number
  /** The place of the last that was acknowledged. */
  lastAt: number
  minAckedMs: number
  maxAckedMs: number
  minSentMs: number
  maxSentMs: number
  minId: number
  maxId: number
  /** Null before the first, and again once the block is too old. */
  writes: Writes | null
}

/** By the place in the block. A write without an acknowledgement was acknowledged at infinity. */
interface Writes {
  readonly id: Float64Array
  readonly sentMs: Float64Array
  readonly ackedMs: Float64Array
  /** When the row was first known to be there: by the acknowledgement, or by a read that returned it. */
  readonly knownMs: Float64Array
}

class BlockMemory implements WriteMemory {
  readonly #size: MemorySize
  readonly #blocks: Block[] = []
  #newest = -1
  /** The highest key that was acknowledged, and when, since keys were last given out again; … */
  #highest = { id: Number.NEGATIVE_INFINITY, atMs: 0 }
  /** … which was with the write after this one. */
  #lastBeforeAnew = 0
  #forgotten = 0

  constructor(size: MemorySize) {
    this.#size = size
  }

  acknowledge(write: AcknowledgedWrite): boolean {
    this.#keep(write)
    const { seq, id, sentMs, answeredMs } = write
    const isAnew = id <= this.#highest.id && this.#highest.atMs < sentMs && seq > this.#lastBeforeAnew
    if (isAnew) this.#lastBeforeAnew = seq - 1
    if (isAnew || id > this.#highest.id) this.#highest = { id, atMs: answeredMs }
    return isAnew
  }

  forgetUpTo(seq: number): void {
    this.#forgotten = Math.max(this.#forgotten, seq)
  }

  sight(seq: number, answeredMs: number): void {
    // No block is made for a number that only a row in the database vouches for: anybody can write one.
    const block = this.#blockOf(seq)
    const writes = block && this.#writesOf(block, seq)
    const at = seq % this.#size.writesPerBlock
    if (writes) writes.knownMs[at] = Math.min(writes.knownMs[at] as number, answeredMs)
  }

  isNewer(write: SeenRow, newest: SeenRow): boolean {
    if (write.seq <= this.#floor(newest)) return false
    if (write.id > newest.id) return true
    const writes = this.#blockOf(write.seq)?.writes
    const sentMs = writes?.sentMs[write.seq % this.#size.writesPerBlock] ?? Number.NEGATIVE_INFINITY
    return sentMs > this.#knownMs(newest.seq)
  }

  missing(newest: SeenRow, sentMs: number): Missing {
    const { writesPerBlock, keptBlocks } = this.#size
    const knownMs = this.#knownMs(newest.seq)
    const floor = this.#floor(newest)
    const own = Math.floor(floor / writesPerBlock)
    let writes = 0
    let sinceMs = Number.POSITIVE_INFINITY
    for (let number = Math.max(own, this.#newest - keptBlocks + 1, 0); number <= this.#newest; number++) {
      const block = this.#blocks[number % keptBlocks] as Block
      if (block.minAckedMs >= sentMs || (block.maxId <= newest.id && block.maxSentMs <= knownMs)) continue
      const isNewer = number > own && (block.minId > newest.id || block.minSentMs > knownMs)
      if (isNewer && block.maxAckedMs < sentMs) {
        writes += block.count
        sinceMs = Math.min(sinceMs, block.minAckedMs)
      } else if (block.writes) {
        const { id, sentMs: sent, ackedMs } = block.writes
        for (let at = number > own ? 0 : (floor % writesPerBlock) + 1; at <= block.lastAt; at++) {
          const acked = ackedMs[at] as number
          if (acked >= sentMs || !((id[at] as number) > newest.id || (sent[at] as number) > knownMs)) continue
          writes++
          sinceMs = Math.min(sinceMs, acked)
        }
      }
    }
    return { writes, sinceMs }
  }

  #keep({ seq, id, sentMs, answeredMs }: AcknowledgedWrite): void {
    const block = this.#reach(seq)
    const writes = block && this.#writesOf(block, seq)
    const at = seq % this.#size.writesPerBlock
    if (!writes || writes.ackedMs[at] !== Number.POSITIVE_INFINITY) return
    writes.id[at] = id
    writes.sentMs[at] = sentMs
    writes.ackedMs[at] = answeredMs
    writes.knownMs[at] = Math.min(writes.knownMs[at] as number, answeredMs)
    block.count++
    block.lastAt = Math.max(block.lastAt, at)
    block.minAckedMs = Math.min(block.minAckedMs, answeredMs)
    block.maxAckedMs = Math.max(block.maxAckedMs, answeredMs)
    block.minSentMs = Math.min(block.minSentMs, sentMs)
    block.maxSentMs = Math.max(block.maxSentMs, sentMs)
    block.minId = Math.min(block.minId, id)
    block.maxId = Math.max(block.maxId, id)
  }

  /** The highest number that is not newer than the row. */
  #floor(newest: SeenRow): number {
    return Math.max(newest.seq > 0 ? newest.seq : this.#lastBeforeAnew, this.#forgotten)
  }

  /** When the row was first known to be there; infinity when that is not known, or the row is not one of this run. */
  #knownMs(seq: number): number {
    const writes = seq > 0 ? this.#blockOf(seq)?.writes : null
    return writes?.knownMs[seq % this.#size.writesPerBlock] ?? Number.POSITIVE_INFINITY
  }

  #blockOf(seq: number): Block | undefined {
    const { writesPerBlock, keptBlocks } = this.#size
    const number = Math.floor(seq / writesPerBlock)
    return number > this.#newest - keptBlocks && number <= this.#newest ? this.#blocks[number % keptBlocks] : undefined
  }

  /** The block of this write, made if it is to come; undefined when it is forgotten. */
  #reach(seq: number): Block | undefined {
    const { writesPerBlock, detailedBlocks, keptBlocks } = this.#size
    const number = Math.floor(seq / writesPerBlock)
    while (this.#newest < number) {
      this.#newest++
      this.#blocks[this.#newest % keptBlocks] = newBlock()
      const aged = this.#blocks[(this.#newest - detailedBlocks) % keptBlocks]
      if (aged) aged.writes = null
    }
    return this.#blockOf(seq)
  }

  #writesOf(block: Block, seq: number): Writes | null {
    const { writesPerBlock, detailedBlocks } = this.#size
    const isDetailed = Math.floor(seq / writesPerBlock) > this.#newest - detailedBlocks
    if (isDetailed) block.writes ??= newWrites(writesPerBlock)
    return block.writes
  }
}

function newWrites(count: number): Writes {
  const filled = (value: number) => new Float64Array(count).fill(value)
  return {
    id: filled(Number.NaN),
    sentMs: filled(Number.NEGATIVE_INFINITY),
    ackedMs: filled(Number.POSITIVE_INFINITY),
    knownMs: filled(Number.POSITIVE_INFINITY),
  }
}

function newBlock(): Block {
  return {
    count: 0,
    lastAt: -1,
    minAckedMs: Number.POSITIVE_INFINITY,
    maxAckedMs: Number.NEGATIVE_INFINITY,
    minSentMs: Number.POSITIVE_INFINITY,
    maxSentMs: Number.NEGATIVE_INFINITY,
    minId: Number.POSITIVE_INFINITY,
    maxId: Number.NEGATIVE_INFINITY,
    writes: null,
  }
}
