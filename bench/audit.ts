/**
 * What an audit costs: time, and memory beyond the ledger's own, against the real cluster of hw3, leader and replicas.
 * Rows are made by the server in a table of their own, which is dropped afterwards. Ten million of them write 2 GB of
 * WAL or so: a leader that is cut off before the next checkpoint may need more of it to rejoin than is kept.
 *
 *   npm run bench:audit -- [rows …] [--lab FILE] [--json]      default: 1000000 10000000
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { audit } from '../dist/audit/audit.js'
import type { AuditOptions } from '../dist/audit/options.js'
import { systemClock } from '../dist/log/clock.js'
import { createLedger, type Ledger } from '../dist/model/ledger.js'
import { eventRows, OWNERS, STORED_DIGEST } from '../dist/workloads/events/event-row.js'
import { readPatroniLab } from './patroni-lab.ts'

const TABLE = 'chaoslab_bench_audit'
const RUN_ID = 'bench'
/** How often each is measured where two are compared. */
const TURNS = 5

const namesOnly: AuditOptions['rows'] = {
  table: TABLE,
  place: 'event_name',
  select: (runId) => `SELECT event_name FROM ${TABLE} WHERE starts_with(event_name, '${runId}:')`,
  altered: 'nobody looked',
}
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    lab: { type: 'string', default: fileURLToPath(new URL('../hw3/lab.yaml', import.meta.url)) },
    /** A line of JSON for each audit instead of a sentence. */
    json: { type: 'boolean', default: false },
  },
})
const sizes = positionals.map(Number)
const lab = await readPatroniLab(values.lab)
const clock = systemClock()
const nodes = lab.patroni.nodes.map(({ name, postgres }) => ({ name, address: postgres }))

const leader = await findLeader()
const client = await connect(leader)
try {
  for (const rows of sizes.length > 0 ? sizes : [1_000_000, 10_000_000]) await measure(rows)
} finally {
  await client.query(`DROP TABLE IF EXISTS ${TABLE}`)
  await client.end()
}

async function measure(rows: number): Promise<void> {
  await makeRows(rows)
  const ledger = await fullLedger(rows)
  const options: AuditOptions = {
    ledger,
    runId: RUN_ID,
    nodes: async () => ({ leader, replicas: nodes.filter((node) => node !== leader) }),
    credentials: lab.postgres,
    clock,
    rows: eventRows(TABLE),
    catchUpMs: 300_000,
  }
  const idle = new AbortController().signal
  const alone = async () => ({ leader, replicas: [] })
  // The first includes whatever the replicas still have to catch up.
  report(rows, 'right after the rows were made', ledger, await withMemory(() => audit(options, idle)))
  report(rows, 'leader only', ledger, await withMemory(() => audit({ ...options, nodes: alone }, idle)))
  report(rows, 'leader and replicas', ledger, await withMemory(() => audit(options, idle)))
  await compare(rows, options)
  await client.query(`DELETE FROM ${TABLE} WHERE event_name = '${RUN_ID}:1'`)
  report(rows, 'one lost, so confirmed', ledger, await withMemory(() => audit(options, idle)))
}

/** What whole rows cost beyond their names: each in turn, so that whatever else the machine does falls on both. */
async function compare(rows: number, options: AuditOptions): Promise<void> {
  const idle = new AbortController().signal
  const ofNames = { ...options, rows: namesOnly, ledger: withoutDigests(rows) }
  const whole: Measured[] = []
  const names: Measured[] = []
  for (let turn = 0; turn < TURNS; turn++) {
    names.push(await withMemory(() => audit(ofNames, idle)))
    whole.push(await withMemory(() => audit(options, idle)))
  }
  report(rows, `whole rows, median of ${TURNS}`, options.ledger, median(whole))
  report(rows, `names alone, median of ${TURNS}`, ofNames.ledger, median(names))
  const ratio = median(whole).result.durationMs / median(names).result.durationMs
  if (values.json) console.log(JSON.stringify({ rows, ratio }))
  else console.log(`${rows} rows, whole rows against names alone: ${ratio.toFixed(2)} times as long`)
}

function median(all: readonly Measured[]): Measured {
  const sorted = all.toSorted((a, b) => a.result.durationMs - b.result.durationMs)
  return sorted[Math.floor(sorted.length / 2)] as Measured
}

interface Measured {
  readonly result: Awaited<ReturnType<typeof audit>>
  readonly peakBytes: number
  readonly longestStallMs: number
}

function report(rows: number, what: string, ledger: Ledger, { result, peakBytes, longestStallMs }: Measured): void {
  const { durationMs, verdict } = result
  if (values.json) {
    console.log(JSON.stringify({ rows, what, durationMs, peakBytes, longestStallMs, verdict: verdict.verdict }))
    return
  }
  const seconds = (durationMs / 1_000).toFixed(2)
  const perRow = ((durationMs * 1_000) / rows).toFixed(2)
  console.log(
    `${rows} rows, ${what}: ${seconds} s (${perRow} µs a row), ${mebibytes(peakBytes)} beyond a ledger of ` +
      `${mebibytes(ledger.bytes)}, longest stall ${longestStallMs.toFixed(0)} ms: ${verdict.verdict}, ${verdict.why}`,
  )
}

/** The most that the process held while it ran, beyond what it held before; looked at every 10 ms. */
async function withMemory(run: () => ReturnType<typeof audit>): Promise<Measured> {
  globalThis.gc?.()
  const before = process.memoryUsage.rss()
  let peakBytes = 0
  let longestStallMs = 0
  let lastMs = clock.nowMs()
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss() - before)
    longestStallMs = Math.max(longestStallMs, clock.nowMs() - lastMs - 10)
    lastMs = clock.nowMs()
  }, 10)
  const result = await run()
  await clock.sleep(20)
  clearInterval(timer)
  return { result, peakBytes, longestStallMs }
}

async function makeRows(rows: number): Promise<void> {
  await client.query(`DROP TABLE IF EXISTS ${TABLE}`)
  await client.query(`CREATE TABLE ${TABLE} (LIKE events)`)
  const owner = `(ARRAY[${OWNERS.map((name) => `'${name}'`).join(', ')}])[n % ${OWNERS.length} + 1]`
  await client.query(
    `INSERT INTO ${TABLE} SELECT n, '${RUN_ID}:' || n, now(), ${owner} FROM generate_series(1, ${rows}) AS n`,
  )
  await client.query(`ANALYZE ${TABLE}`)
}

/** As a run would have it: with the digest that the server told of each row. */
async function fullLedger(rows: number): Promise<Ledger> {
  const told = await client.query({
    text: `SELECT ${STORED_DIGEST} FROM ${TABLE} ORDER BY id`,
    rowMode: 'array',
  })
  return ledgerOf(rows, (seq) => told.rows[seq - 1]?.[0] ?? null)
}

/** As it was before rows had digests. */
function withoutDigests(rows: number): Ledger {
  return ledgerOf(rows, () => null)
}

function ledgerOf(rows: number, digestOf: (seq: number) => number | null): Ledger {
  const ledger = createLedger()
  for (let seq = 1; seq <= rows; seq++) {
    const digest = digestOf(seq)
    const dueMs = seq / 10
    const times = { dueMs, sentMs: dueMs + 0.1, answeredMs: dueMs + 2 }
    ledger.record({ seq, ...times, outcome: 'ok', code: null, node: 'patroni1', lsn: seq * 300, digest })
  }
  return ledger
}

async function findLeader() {
  for (const node of nodes) {
    const asked = await connect(node)
    const { rows } = await asked.query('SELECT pg_is_in_recovery() AS recovers')
    await asked.end()
    if (rows[0].recovers === false) return node
  }
  throw new Error('no node is out of recovery')
}

async function connect({ address }: (typeof nodes)[number]) {
  const connected = new pg.Client({ ...address, ...lab.postgres, application_name: 'chaoslab bench' })
  connected.on('error', () => {})
  await connected.connect()
  return connected
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1_024 / 1_024)} MiB`
}
