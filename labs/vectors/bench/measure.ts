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
export async function inTurn(
  ways: readonly Way[],
  vectors: Vectors,
  plan: Measuring,
  told: (line: string) => void,
): Promise<readonly Measured[]> {
  const each = async (what: string, digits: number, measure: (way: Way) => Promise<number>) => {
    const found: number[] = []
    for (const way of ways) {
      const value = await measure(way)
      told(`${way.name}: ${value.toFixed(digits)} ${what}`)
      found.push(value)
    }
    return found
  }
  const recall = await each('recall@10', 3, (way) => recallOf(way, vectors))
  const rounds: number[][] = []
  for (let round = 0; round < plan.rounds; round++)
    rounds.push(await each('searches/s', 0, (way) => searchesIn(way, vectors, plan.seconds * 1_000)))
  const half = Math.floor(plan.inserts / 2)
  const inserts = await each('inserts/s, one by one', 0, (way) => insertsOf(way, vectors, plan.rows, half, 1))
  const batches = await each(`inserts/s, ${BATCH} at once`, 0, (way) =>
    insertsOf(way, vectors, plan.rows + half, half, BATCH),
  )
  return ways.map(({ name }, at) => ({
    name,
    searches: median(rounds.map((round) => round[at] as number)),
    inserts: inserts[at] as number,
    batches: batches[at] as number,
    recall: recall[at] as number,
  }))
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
