// One vector-server on PostgreSQL beside plain pgvector over SQL, in one run and on the same clustered vectors, and how
// searches grow from one to three shards. It tells ratios: on another machine all of it is faster or slower together.
// Each step is told with its time as it ends, so that of a run that is broken off what was measured is not lost.
//
//   node dist-labs/vectors/bench.js [ROWS] [SECONDS] [INSERTS]      100000, 10 and 5000 when left out; needs Docker and
//                                                                   the image patroni

import { startBench } from './bench/database.ts'
import { inTurn, type Way } from './bench/measure.ts'
import { plainWay } from './bench/plain.ts'
import { serverWay } from './bench/server-way.ts'
import { clustered } from './bench/vectors.ts'

const [rows = 100_000, seconds = 10, insertsInAll = 5_000] = process.argv.slice(2).map(Number)
if (![rows, seconds, insertsInAll].every((each) => each > 0)) {
  process.stderr.write(
    'node dist-labs/vectors/bench.js [ROWS] [SECONDS] [INSERTS]: numbers, 100000, 10 and 5000 when left out\n',
  )
  process.exit(2)
}
const ROUNDS = 3
const say = (line: string) => process.stdout.write(`${line}\n`)
const told = (line: string) => say(`${(performance.now() / 1_000).toFixed(0).padStart(5)} s  ${line}`)

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const vectors = clustered(rows + insertsInAll)
say(`${rows} vectors of ${vectors.dimension} dimensions`)
const database = await startBench(vectors, rows)
told('copied in')
const ways: Way[] = []
try {
  for (const make of [plainWay, serverWay(1), serverWay(3)]) {
    const way = await make(database, vectors, rows)
    ways.push(way)
    told(`${way.name}: filled, and its index built`)
  }
  const plan = { rows, inserts: insertsInAll, seconds, rounds: ROUNDS }
  const [plain, ...servers] = await inTurn(ways, vectors, plan, told)
  for (const each of [plain, ...servers]) {
    const { name, searches, inserts, batches, recall } = each as NonNullable<typeof plain>
    const of = (value: number, whole: number | undefined) => (value / (whole ?? value)).toFixed(2)
    say(
      `${name}: ${searches.toFixed(0)} searches/s (${of(searches, plain?.searches)}), ${inserts.toFixed(0)} inserts/s one by one (${of(inserts, plain?.inserts)}), ${batches.toFixed(0)} in hundreds (${of(batches, plain?.batches)}), recall@10 ${recall.toFixed(3)} (${of(recall, plain?.recall)})`,
    )
  }
} finally {
  for (const way of ways) await way.close()
}
