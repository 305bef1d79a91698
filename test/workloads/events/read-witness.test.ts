import { describe, expect, it } from 'vitest'
import { seededRng } from '../../../src/model/rng.ts'
import { createReadWitness, type ReadWitness } from '../../../src/workloads/events/read-witness.ts'

/** Acknowledged after 2 ms; the row's key is 100 more than the number unless it is said otherwise. */
const write = (witness: ReadWitness, seq: number, sentMs: number, more: { id?: number | null; lsn?: number } = {}) =>
  witness.onWrite({ seq, id: 100 + seq, lsn: seq * 10, sentMs, answeredMs: sentMs + 2, ...more })

/** Answered after 1 ms. */
const read = (
  witness: ReadWitness,
  seq: number | null,
  sentMs: number,
  more: { id?: number | null; lsn?: number; answeredMs?: number } = {},
) => witness.onRead({ seq, id: 100 + (seq ?? 0), lsn: null, sentMs, answeredMs: sentMs + 1, ...more })

/** Writes 1 … n, sent every 10 ms. */
function written(n: number): ReadWitness {
  const witness = createReadWitness()
  for (let seq = 1; seq <= n; seq++) write(witness, seq, seq * 10)
  return witness
}

const fresh = { staleWrites: 0, staleMs: 0, isBackwards: false }

describe('a read', () => {
  it('that sees the newest acknowledged write is fresh', () => {
    expect(read(written(5), 5, 60)).toEqual(fresh)
  })

  it('that does not see the last three is three writes stale, by the earliest of them', () => {
    expect(read(written(5), 2, 100)).toEqual({ staleWrites: 3, staleMs: 100 - 32, isBackwards: false })
  })

  it('is held only to what was acknowledged before it was sent', () => {
    expect(read(written(5), 2, 45)).toEqual({ staleWrites: 2, staleMs: 45 - 32, isBackwards: false })
    expect(read(written(5), 4, 52)).toEqual(fresh)
    expect(read(written(5), 4, 52.1)).toMatchObject({ staleWrites: 1 })
  })

  it('before the first acknowledgement is not judged', () => {
    const witness = createReadWitness()
    expect(read(witness, null, 5)).toBeNull()
    write(witness, 1, 10)
    expect(read(witness, null, 12)).toBeNull()
    expect(read(witness, null, 13)).toMatchObject({ staleWrites: 1 })
    expect(witness.take()).toMatchObject({ judged: 1, missedOwn: 1 })
  })

  it('of an empty table missed everything', () => {
    expect(read(written(5), null, 100, { id: 0 })).toEqual({ staleWrites: 5, staleMs: 88, isBackwards: false })
  })

  it('that returns a row of somebody else is told by the keys', () => {
    expect(read(written(5), null, 100, { id: 200 })).toEqual(fresh)
    expect(read(written(5), null, 100, { id: 103 })).toMatchObject({ staleWrites: 2, staleMs: 100 - 42 })
    expect(read(written(5), null, 100, { id: null })).toEqual(fresh)
  })

  it('may see a write that was never acknowledged', () => {
    const witness = written(5)
    expect(read(witness, 6, 100)).toEqual(fresh)
    write(witness, 7, 110)
    expect(read(witness, 6, 120)).toMatchObject({ staleWrites: 1, staleMs: 8 })
  })

  it('counts no failed write: a gap in the numbers is no staleness', () => {
    const witness = written(3)
    write(witness, 9, 90)
    expect(read(witness, 3, 100)).toMatchObject({ staleWrites: 1, staleMs: 8 })
  })
})

describe('writes side by side', () => {
  it('are acknowledged in any order', () => {
    const witness = written(2)
    witness.onWrite({ seq: 4, id: 104, lsn: 1, sentMs: 31, answeredMs: 33 })
    witness.onWrite({ seq: 3, id: 103, lsn: 1, sentMs: 30, answeredMs: 50 })
    expect(read(witness, 2, 40)).toMatchObject({ staleWrites: 1, staleMs: 7 })
    expect(read(witness, 2, 60)).toMatchObject({ staleWrites: 2, staleMs: 27 })
    expect(read(witness, 4, 60)).toEqual(fresh)
  })

  it('get their keys in any order: a fresh server that shows the lower number is not stale', () => {
    const witness = written(2)
    witness.onWrite({ seq: 3, id: 104, lsn: 1, sentMs: 30, answeredMs: 33 })
    witness.onWrite({ seq: 4, id: 103, lsn: 1, sentMs: 30.1, answeredMs: 33 })
    expect(read(witness, 3, 60, { id: 104 })).toEqual(fresh)
    expect(read(witness, 2, 62)).toMatchObject({ staleWrites: 2 })
  })

  it('and one that saw the other key first did not go backwards', () => {
    const witness = written(2)
    witness.onWrite({ seq: 4, id: 103, lsn: 1, sentMs: 30.1, answeredMs: 33 })
    expect(read(witness, 4, 34, { id: 103 })).toEqual(fresh)
    witness.onWrite({ seq: 3, id: 104, lsn: 1, sentMs: 30, answeredMs: 40 })
    expect(read(witness, 3, 60, { id: 104 })).toEqual(fresh)
  })

  it('are told apart without keys only once one was known before the other was sent', () => {
    const witness = createReadWitness()
    for (const [seq, sentMs] of [
      [1, 10],
      [2, 11],
      [3, 20],
    ] as const)
      write(witness, seq, sentMs, { id: null })
    expect(read(witness, 1, 30, { id: null })).toMatchObject({ staleWrites: 1, staleMs: 8 })
  })
})

describe('reads go backwards', () => {
  it('when one sees less than another that was answered before it was sent', () => {
    const witness = written(5)
    expect(read(witness, 5, 60)).toEqual(fresh)
    expect(read(witness, 4, 62)).toEqual({ staleWrites: 1, staleMs: 10, isBackwards: true })
    expect(read(witness, 5, 64)).toEqual(fresh)
    expect(witness.take()).toMatchObject({ judged: 3, backwards: 1, missedOwn: 1 })
  })

  it('by rows of others too', () => {
    const witness = written(5)
    read(witness, null, 60, { id: 120 })
    expect(read(witness, null, 62, { id: 119 })).toEqual({ staleWrites: 0, staleMs: 0, isBackwards: true })
    expect(read(witness, 5, 64)).toEqual({ staleWrites: 0, staleMs: 0, isBackwards: true })
    expect(read(witness, null, 66, { id: 120 })).toEqual(fresh)
    expect(read(witness, 6, 68, { id: 121 })).toEqual(fresh)
    expect(read(witness, null, 70, { id: 120 })).toMatchObject({ isBackwards: true })
  })

  it('but not when they were under way together', () => {
    const witness = written(5)
    read(witness, 5, 60, { answeredMs: 65 })
    expect(read(witness, 4, 64, { answeredMs: 66 })).toMatchObject({ staleWrites: 1, isBackwards: false })
    expect(read(witness, 4, 65.1)).toMatchObject({ isBackwards: true })
  })

  it('also when the write was never acknowledged', () => {
    const witness = written(5)
    read(witness, 6, 60)
    expect(read(witness, 5, 62)).toEqual({ staleWrites: 0, staleMs: 0, isBackwards: true })
  })

  it('time and again while a balancer sends them to and fro', () => {
    const witness = written(50)
    for (let n = 0; n < 10; n++) read(witness, n % 2 === 0 ? 50 : 20, 600 + 2 * n)
    expect(witness.take()).toMatchObject({ judged: 10, backwards: 5, missedOwn: 5 })
  })

  it('a slow read is held to what had been seen when it was sent', () => {
    const witness = written(50)
    for (let n = 1; n <= 40; n++) read(witness, n, 600 + 2 * n)
    expect(read(witness, 20, 640, { answeredMs: 690 })).toMatchObject({ isBackwards: false })
    expect(read(witness, 20, 644, { answeredMs: 690 })).toMatchObject({ isBackwards: true })
  })
})

describe('after a failover that lost writes 4 and 5', () => {
  /** The new leader gives the lost writes' keys, 104 and 105, to writes 6 and 7. */
  function failedOver(): ReadWitness {
    const witness = written(5)
    write(witness, 6, 20_000, { id: 104, lsn: 35 })
    write(witness, 7, 20_010, { id: 105, lsn: 45 })
    return witness
  }

  it('they count until a later write is seen, and no longer', () => {
    const witness = written(5)
    expect(read(witness, 3, 1_000)).toMatchObject({ staleWrites: 2 })
    write(witness, 6, 20_000, { id: 104 })
    expect(read(witness, 6, 20_005, { id: 104 })).toEqual(fresh)
    write(witness, 7, 20_010, { id: 105 })
    expect(read(witness, 6, 20_020, { id: 104 })).toMatchObject({ staleWrites: 1, staleMs: 8 })
    expect(read(witness, 7, 20_020, { id: 105 })).toEqual(fresh)
  })

  it('a read that shows the new history after one that showed the lost one did not go backwards', () => {
    const witness = written(5)
    read(witness, 5, 60)
    write(witness, 6, 20_000, { id: 104 })
    expect(read(witness, 6, 20_010, { id: 104 })).toEqual(fresh)
  })

  it('a server that still shows the lost history misses the new one, whose keys are no higher', () => {
    const witness = failedOver()
    expect(read(witness, 5, 20_020)).toMatchObject({ staleWrites: 2, staleMs: 18 })
    read(witness, 7, 20_030, { id: 105 })
    expect(read(witness, 5, 20_040)).toMatchObject({ staleWrites: 2, isBackwards: true })
  })

  it('the same when its last write was never acknowledged', () => {
    const witness = written(5)
    read(witness, 6, 60)
    write(witness, 7, 20_000, { id: 104 })
    expect(read(witness, 6, 20_020)).toMatchObject({ staleWrites: 1, staleMs: 18 })
  })

  it('they count no longer for reads that return rows of others, once keys are given out again', () => {
    const witness = written(5)
    expect(read(witness, null, 19_000, { id: 103 })).toMatchObject({ staleWrites: 2 })
    write(witness, 6, 20_000, { id: 104 })
    expect(read(witness, null, 20_010, { id: 104 })).toEqual(fresh)
    expect(read(witness, null, 20_010, { id: 103 })).toMatchObject({ staleWrites: 1, staleMs: 8 })
  })

  it('rows of others that were lost make no read go backwards once keys are given out again', () => {
    const witness = written(5)
    read(witness, null, 60, { id: 300 })
    expect(read(witness, null, 70, { id: 299 })).toMatchObject({ isBackwards: true })
    write(witness, 6, 20_000, { id: 104 })
    expect(read(witness, null, 20_010, { id: 105 })).toEqual(fresh)
  })

  it('they count no longer once the new timeline is known, even when no write comes any more', () => {
    const witness = createReadWitness()
    witness.onLeading({ timeline: 3, node: 'p1' })
    for (let seq = 1; seq <= 5; seq++) {
      witness.onWrite({ seq, id: 100 + seq, lsn: seq * 10, sentMs: seq * 10, answeredMs: seq * 10 + 2, server: 'p1' })
    }
    expect(read(witness, 3, 1_000)).toMatchObject({ staleWrites: 2 })
    read(witness, 5, 1_001)
    witness.onLeading({ timeline: 4, node: 'p2' })
    expect(read(witness, 3, 60_000)).toEqual(fresh)
    // What the new leader acknowledges counts as ever.
    witness.onWrite({ seq: 6, id: 140, lsn: 35, sentMs: 60_010, answeredMs: 60_012, server: 'p2' })
    expect(read(witness, 3, 60_020)).toMatchObject({ staleWrites: 1, staleMs: 8 })
  })

  it('writes that the new leader acknowledged before its timeline was known count on', () => {
    const witness = createReadWitness()
    witness.onLeading({ timeline: 3, node: 'p1' })
    witness.onWrite({ seq: 1, id: 101, lsn: 10, sentMs: 10, answeredMs: 12, server: 'p1' })
    witness.onWrite({ seq: 2, id: 134, lsn: 20, sentMs: 20_000, answeredMs: 20_002, server: 'p2' })
    witness.onLeading({ timeline: 4, node: 'p2' })
    expect(read(witness, 1, 20_010)).toMatchObject({ staleWrites: 1 })
  })

  it('with writes switched off: a server that has replayed past every acknowledged position is fresh after a while', () => {
    const witness = written(5)
    expect(read(witness, 3, 9_000, { lsn: 60 })).toMatchObject({ staleWrites: 2 })
    expect(read(witness, 3, 11_000, { lsn: 60 })).toEqual(fresh)
    expect(read(witness, 3, 11_000, { lsn: 45 })).toMatchObject({ staleWrites: 2 })
    expect(read(witness, 3, 11_000)).toMatchObject({ staleWrites: 2 })
  })
})

describe('a window', () => {
  it('tells how stale its reads were, and the next begins empty', () => {
    const witness = written(100)
    for (let n = 0; n < 98; n++) read(witness, 100, 2_000 + 2 * n)
    read(witness, 100, 2_300)
    read(witness, 60, 3_000)
    expect(witness.take()).toEqual({
      judged: 100,
      staleMs: { p50: 0, p99: 0, max: 3_000 - 612 },
      staleWrites: { p50: 0, p99: 0, max: 40 },
      backwards: 1,
      missedOwn: 1,
    })
    expect(witness.take()).toEqual({ judged: 0, staleMs: null, staleWrites: null, backwards: 0, missedOwn: 0 })
  })

  it('staleness of hours keeps its size', () => {
    const witness = written(5)
    read(witness, 4, 6 * 3_600_000)
    expect(witness.take().staleMs?.max).toBe(6 * 3_600_000 - 52)
  })
})

/** A leader with sixteen sessions, and servers that show its commits as they were so long ago. */
describe('on a simulated cluster', () => {
  interface Write {
    readonly seq: number
    readonly sentMs: number
    readonly id: number
    readonly committedMs: number
    readonly answeredMs: number
  }

  function simulate(seed: number): Write[] {
    const random = seededRng(seed)
    const free = new Array<number>(16).fill(0)
    const begun = Array.from({ length: 2_000 }, (_, index) => {
      const session = free.indexOf(Math.min(...free))
      const sentMs = Math.max(index * 0.5, free[session] as number)
      const keyMs = sentMs + random() * 2
      const committedMs = keyMs + random() * (random() < 0.01 ? 200 : 4)
      const answeredMs = committedMs + random() * 2
      free[session] = answeredMs
      return { seq: index + 1, sentMs, keyMs, committedMs, answeredMs }
    })
    const byKey = begun.toSorted((a, b) => a.keyMs - b.keyMs).map((write, index) => ({ ...write, id: index + 1 }))
    return byKey.sort((a, b) => a.answeredMs - b.answeredMs)
  }

  interface Read {
    readonly sentMs: number
    readonly answeredMs: number
    readonly visible: readonly Write[]
  }

  function play(writes: readonly Write[], seed: number, lagOf: (random: () => number) => number) {
    const random = seededRng(seed)
    const witness = createReadWitness()
    const reads = Array.from({ length: 1_000 }, (_, index): Read => {
      const sentMs = index
      const atMs = sentMs + random()
      const lagMs = lagOf(random)
      const visible = writes.filter((write) => write.committedMs <= atMs - lagMs)
      return { sentMs, answeredMs: atMs + random(), visible }
    })
    const steps = [
      ...writes.map((write) => ({ atMs: write.answeredMs, run: () => witness.onWrite({ ...write, lsn: null }) })),
      ...reads.map((read) => ({ atMs: read.answeredMs, run: () => check(witness, writes, read) })),
    ].sort((a, b) => a.atMs - b.atMs)
    for (const step of steps) step.run()
    return witness.take()
  }

  /** What is said to be missing is really not there, and what is there is not said to be missing. */
  function check(witness: ReadWitness, writes: readonly Write[], { sentMs, answeredMs, visible }: Read): void {
    const newest = visible.reduce((a, b) => (b.id > a.id ? b : a), { id: 0, seq: 0 })
    const judged = witness.onRead({ seq: newest.seq || null, id: newest.id, lsn: null, sentMs, answeredMs })
    if (judged === null) return
    const seen = new Set(visible.map((write) => write.seq))
    const missed = writes.filter((write) => write.answeredMs < sentMs && !seen.has(write.seq))
    expect(judged.staleWrites).toBeLessThanOrEqual(missed.length)
    expect(judged.staleMs).toBeLessThanOrEqual(Math.max(0, sentMs - Math.min(...missed.map((each) => each.answeredMs))))
    // No more than what was under way together can be in doubt.
    expect(judged.staleWrites).toBeGreaterThanOrEqual(missed.length - 32)
  }

  it.each([1, 2, 3])('a fresh leader is never called stale, nor do its reads go backwards (seed %i)', (seed) => {
    expect(play(simulate(seed), seed, () => 0)).toMatchObject({ missedOwn: 0, backwards: 0 })
  })

  it.each([1, 2, 3])('a replica 100 ms behind is about 100 ms stale, and never goes backwards (seed %i)', (seed) => {
    const window = play(simulate(seed), seed, () => 100)
    expect(window.backwards).toBe(0)
    expect(window.staleMs?.p50).toBeGreaterThan(80)
    expect(window.staleMs?.p50).toBeLessThanOrEqual(101)
  })

  it.each([1, 2, 3])('two replicas, one of them behind, make reads go backwards (seed %i)', (seed) => {
    const window = play(simulate(seed), seed, (random) => (random() < 0.5 ? 300 : 0))
    expect(window.backwards).toBeGreaterThan(250)
    expect(window.missedOwn).toBeGreaterThanOrEqual(window.backwards)
  })
})
