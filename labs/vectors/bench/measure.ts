import type { Vectors } from './vectors.ts'

/** One way to keep vectors and to find them. */
export interface Way {
  readonly name: string
  /** The names of the ten nearest. */
  search(vector: readonly number[], isExact: boolean): Promise<readonly string[]>
  insert(vectors: readonly { readonly id: string; readonly values: readonly number[] }[]): Promise<void>
  close(): Promise<void>
}

export interface Measured {
  readonly name: string
  /** In a second, by the median of the rounds. */
  readonly searches: number
  readonly inserts: number
  readonly batches: number
  readonly recall: number
}

export interface Measuring {
  readonly rows: number
  readonly inserts: number
  readonly seconds: number
  readonly rounds: number
}

const CLIENTS = 4
const QUERIES = 100
const BATCH = 100

/** All ways in turn, round by round, so that what the machine does beside falls on each of them. */
export async function inTurn(ways: readonly Way[], vectors: Vectors, plan: Measuring): Promise<readonly Measured[]> {
  const found = new Map(ways.map((way) => [way, { searches: [] as number[], recall: 0, inserts: 0, batches: 0 }]))
  const of = (way: Way) => found.get(way) as { searches: number[]; recall: number; inserts: number; batches: number }
  for (const way of ways) of(way).recall = await recallOf(way, vectors)
  for (let round = 0; round < plan.rounds; round++)
    for (const way of ways) of(way).searches.push(await searchesIn(way, vectors, plan.seconds * 1_000))
  const half = plan.inserts / 2
  for (const way of ways) {
    of(way).inserts = await insertsOf(way, vectors, plan.rows, half, 1)
    of(way).batches = await insertsOf(way, vectors, plan.rows + half, half, BATCH)
  }
  return ways.map((way) => ({ name: way.name, ...of(way), searches: median(of(way).searches) }))
}

async function recallOf(way: Way, vectors: Vectors): Promise<number> {
  let hits = 0
  let due = 0
  for (let n = 0; n < QUERIES; n++) {
    const exact = await way.search(vectors.asked(n), true)
    const given = new Set(await way.search(vectors.asked(n), false))
    due += exact.length
    hits += exact.filter((id) => given.has(id)).length
  }
  return hits / due
}

async function searchesIn(way: Way, vectors: Vectors, ms: number): Promise<number> {
  const asked = Array.from({ length: QUERIES }, (_, n) => vectors.asked(n))
  const begunMs = performance.now()
  let done = 0
  const client = async (first: number) => {
    for (let n = first; performance.now() - begunMs < ms; n++) {
      await way.search(asked[n % QUERIES] as readonly number[], false)
      done++
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, (_, at) => client(at * 25)))
  return (done * 1_000) / (performance.now() - begunMs)
}

async function insertsOf(way: Way, vectors: Vectors, first: number, count: number, at: number): Promise<number> {
  const all = Array.from({ length: count }, (_, index) => ({
    id: `v${first + index}`,
    values: vectors.of(first + index),
  }))
  const begunMs = performance.now()
  let next = 0
  const client = async () => {
    while (next < count) {
      const from = next
      next += at
      await way.insert(all.slice(from, from + at))
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
  return (count * 1_000) / (performance.now() - begunMs)
}

function median(all: readonly number[]): number {
  return all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] as number
}
