import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { type Clock, systemClock } from '../dist/log/clock.js'
import type { Address, Credentials } from '../dist/model/address.js'
import type { OperationKind } from '../dist/model/events.js'
import { applySchema } from '../dist/traffic/apply-schema.js'
import { type PatroniLab, readPatroniLab } from './patroni-lab.ts'

export interface BenchOptions {
  readonly labFile: string
  /** Short rounds, for trying: their figures are worth nothing. */
  readonly isQuick: boolean
  /** Also what takes minutes and leaves its traces in the cluster's WAL. */
  readonly isFull: boolean
  /** How often each of those that are compared plays. */
  readonly rounds: number
}

/** All that a section needs. */
export interface Bench extends BenchOptions {
  readonly lab: PatroniLab
  readonly clock: Clock
  /** The proxy's listeners. */
  readonly address: Readonly<Record<OperationKind, Address>>
  /** They lead to tables of the bench's own, like those of the lab. */
  readonly credentials: Credentials & { readonly options: string }
  /** A folder that goes away with the bench. */
  readonly folder: string
  readonly signal: AbortSignal
  progress(text: string): void
}

const SCHEMA = 'chaoslab_bench'
/** Of bench/audit.ts, which is cut off when the bench is interrupted. */
const AUDIT_TABLE = 'chaoslab_bench_audit'
export const SEARCH_PATH = `-c search_path=${SCHEMA}`

/**
 * Makes tables for the bench in a schema of their own, waits until every replica has them, and runs; drops them
 * afterwards, also when it was interrupted.
 */
export async function withBench(
  options: BenchOptions,
  signal: AbortSignal,
  run: (bench: Bench) => Promise<void>,
): Promise<void> {
  const lab = await readPatroniLab(options.labFile)
  const { address } = lab
  const credentials = { ...lab.postgres, options: SEARCH_PATH }
  const clock = systemClock()
  const folder = await mkdtemp(path.join(tmpdir(), 'chaoslab-bench-'))
  const progress = (text: string) =>
    process.stderr.write(`${(clock.nowMs() / 1_000).toFixed(0).padStart(4)} s  ${text}\n`)
  const bench: Bench = { ...options, lab, clock, address, credentials, folder, signal, progress }
  try {
    await makeTables(bench)
    await run(bench)
  } finally {
    await rm(folder, { recursive: true, force: true })
    await withClient(address.write, lab.postgres, async (client) => {
      await client.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`)
      await client.query(`DROP TABLE IF EXISTS ${AUDIT_TABLE}`)
    })
  }
}

async function makeTables(bench: Bench): Promise<void> {
  const { lab, address, credentials, clock, signal } = bench
  await withClient(address.write, lab.postgres, async (client) => {
    await client.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`)
    await client.query(`CREATE SCHEMA ${SCHEMA}`)
  })
  if (lab.workload.schema === undefined) throw new Error('the lab definition names no schema file')
  const sql = await readFile(path.resolve(lab.folder, lab.workload.schema), 'utf8')
  const applied = await applySchema({ address: address.write, credentials, clock }, sql, signal)
  if (!applied.ok) throw new Error(`the tables cannot be made: ${applied.error}`)
  for (const { postgres } of lab.patroni.nodes) await awaitTables(postgres, bench)
}

async function awaitTables(address: Address, { lab, clock, signal }: Bench): Promise<void> {
  await withClient(address, lab.postgres, async (client) => {
    for (const untilMs = clock.nowMs() + 30_000; ; ) {
      const { rows } = await client.query(`SELECT count(*)::int AS n FROM pg_class WHERE relname = 'chaoslab_probe'
        AND relnamespace = to_regnamespace('${SCHEMA}')`)
      if (rows[0].n === 1) return
      if (clock.nowMs() > untilMs) throw new Error(`${address.host}:${address.port} has not got the tables after 30 s`)
      await clock.sleep(200, signal)
    }
  })
}

export async function withClient<T>(
  address: Address,
  credentials: Credentials,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ ...address, ...credentials, application_name: 'chaoslab bench' })
  client.on('error', () => {})
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

/** How busy the machine's cores were until the returned function is called: 0 to 1, all processes counted. */
export function watchMachine(): () => number {
  const before = coreTimes()
  return () => {
    const after = coreTimes()
    return 1 - (after.idle - before.idle) / (after.all - before.all)
  }
}

function coreTimes(): { readonly idle: number; readonly all: number } {
  let idle = 0
  let all = 0
  for (const { times } of cpus()) {
    idle += times.idle
    all += times.idle + times.user + times.nice + times.sys + times.irq
  }
  return { idle, all }
}

/**
 * How much of the machine's processors its host gave to others until the returned function is called: 0 to 1. From
 * /proc/stat, whose eighth figure is the time stolen (proc(5)).
 */
export function watchStolen(): () => number {
  const before = allTimes()
  return () => {
    const spent = allTimes().map((each, at) => each - (before[at] ?? 0))
    return (spent[7] ?? 0) / spent.reduce((sum, each) => sum + each, 0)
  }
}

/** The ninth and tenth are of guests, and in the first two already. */
function allTimes(): number[] {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n')
  return line.split(/\s+/).slice(1, 9).map(Number)
}
