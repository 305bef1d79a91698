import { describe, expect, it } from 'vitest'
import { seededRng } from '../../../src/model/rng.ts'
import {
  createWriteMemory,
  type MemorySize,
  type SeenRow,
  type WriteMemory,
} from '../../../src/workloads/events/write-memory.ts'

const roomy: MemorySize = { writesPerBlock: 8, detailedBlocks: 1_000, keptBlocks: 2_000 }

interface Known extends SeenRow {
  readonly sentMs: number
  ackedMs: number
  knownMs: number
}

/** The definition, word by word, over a plain list. */
function naive() {
  const writes = new Map<number, Known>()
  const known = (seq: number) =>
    seq > 0 ? (writes.get(seq)?.knownMs ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY
  let lastBeforeAnew = 0
  let highest = { id: Number.NEGATIVE_INFINITY, ackedMs: 0 }
  const isNewer = (write: SeenRow & { sentMs: number }, newest: SeenRow) =>
    write.seq > (newest.seq || lastBeforeAnew) && (write.id > newest.id || write.sentMs > known(newest.seq))
  return {
    writes,
    acknowledge(write: Known) {
      if (!writes.has(write.seq)) writes.set(write.seq, write)
      if (write.id <= highest.id && highest.ackedMs < write.sentMs && write.seq > lastBeforeAnew) {
        lastBeforeAnew = write.seq - 1
        highest = write
      } else if (write.id > highest.id) {
        highest = write
      }
    },
    missing(newest: SeenRow, sentMs: number) {
      const missed = [...writes.values()].filter((write) => write.ackedMs < sentMs && isNewer(write, newest))
      return { writes: missed.length, sinceMs: Math.min(...missed.map((write) => write.ackedMs)) }
    },
  }
}

describe('a randomised comparison with the definition over a plain list', () => {
  it.each([1, 2, 3, 4, 5, 6])('seed %i', (seed) => {
    const random = seededRng(seed)
    const memory = createWriteMemory(roomy)
    const oracle = naive()
    let missed = 0
    for (let step = 0; step < 3_000; step++) {
      const nowMs = step * 2
      const seq = Math.max(1, Math.floor(step / 2 + random() * 20 - 10))
      if (random() < 0.5) {
        // Keys run with the numbers, but for the disorder of sessions side by side and one step back as of a failover.
        const id = random() < 0.02 ? Number.NaN : seq + Math.floor(random() * 8) - (step > 1_500 ? 60 : 0)
        const write = { seq, id, sentMs: nowMs - Math.floor(random() * 30), answeredMs: nowMs }
        memory.acknowledge(write)
        oracle.acknowledge({ ...write, ackedMs: nowMs, knownMs: nowMs })
      } else {
        const back = random() < 0.2 ? random() * 800 : random() * 20
        const seen = Math.max(0, Math.floor(step / 2 - back))
        const newest = { seq: random() < 0.1 ? 0 : seen, id: seen + Math.floor(random() * 8) - (step > 1_500 ? 60 : 0) }
        const write = oracle.writes.get(newest.seq)
        if (write && random() < 0.3) memory.sight(newest.seq, nowMs)
        const sentMs = nowMs - Math.floor(random() * 40)
        const found = memory.missing(newest, sentMs)
        expect(found).toEqual(oracle.missing(newest, sentMs))
        missed += found.writes
      }
    }
    expect(missed).toBeGreaterThan(1_000)
  })
})

describe('what is remembered', () => {
  const size: MemorySize = { writesPerBlock: 10, detailedBlocks: 3, keptBlocks: 6 }
  const filled = (writes: number): WriteMemory => {
    const memory = createWriteMemory(size)
    for (let seq = 1; seq <= writes; seq++) {
      memory.acknowledge({ seq, id: seq, sentMs: seq * 10, answeredMs: seq * 10 + 5 })
    }
    return memory
  }
  // 99 writes: numbers 40 … 99 are kept, 70 … 99 one by one.
  const missing = (seq: number) => filled(99).missing({ seq, id: seq }, 10_000)

  it('one by one: exactly', () => {
    expect(missing(84)).toEqual({ writes: 15, sinceMs: 855 })
    expect(missing(99)).toEqual({ writes: 0, sinceMs: Number.POSITIVE_INFINITY })
  })

  it('by the block: at least so many, and since then at the latest', () => {
    expect(missing(54)).toEqual({ writes: 40, sinceMs: 605 })
  })

  it('further back: nothing is said of what is forgotten', () => {
    expect(missing(3)).toEqual({ writes: 60, sinceMs: 405 })
    expect(filled(99).missing({ seq: 0, id: 0 }, 10_000)).toEqual({ writes: 60, sinceMs: 405 })
  })

  it('an acknowledgement that comes when its write is forgotten changes nothing', () => {
    const memory = filled(99)
    memory.acknowledge({ seq: 5, id: 5, sentMs: 1, answeredMs: 2 })
    memory.acknowledge({ seq: 45, id: 45, sentMs: 1, answeredMs: 2 })
    expect(memory.missing({ seq: 3, id: 3 }, 10_000)).toEqual({ writes: 60, sinceMs: 405 })
  })

  it('a number that only the database vouches for takes up no room', () => {
    const memory = filled(99)
    memory.sight(Number.MAX_SAFE_INTEGER, 1)
    expect(memory.missing({ seq: Number.MAX_SAFE_INTEGER, id: 1 }, 10_000).writes).toBe(0)
    expect(memory.missing({ seq: 84, id: 84 }, 10_000).writes).toBe(15)
  })

  it('after a long outage, in which the numbers ran on, the next write is remembered', () => {
    const memory = filled(99)
    memory.acknowledge({ seq: 5_000, id: 100, sentMs: 50_000, answeredMs: 50_005 })
    expect(memory.missing({ seq: 99, id: 99 }, 60_000)).toEqual({ writes: 1, sinceMs: 50_005 })
  })

  it('a write that is acknowledged twice counts once', () => {
    const memory = filled(9)
    memory.acknowledge({ seq: 9, id: 9, sentMs: 90, answeredMs: 99 })
    expect(memory.missing({ seq: 8, id: 8 }, 10_000)).toEqual({ writes: 1, sinceMs: 95 })
  })
})
