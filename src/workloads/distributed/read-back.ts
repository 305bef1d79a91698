import type { ReadBack, RunToRead } from '../workload.ts'
import { type Answered, askAll, clientsOf } from './clients.ts'
import { findingsOf, type Trace } from './findings.ts'
import type { Kind } from './kinds.ts'
import { probePrefix } from './run.ts'

/** So long is waited for a recovery to settle what is in doubt. */
const SETTLE_MS = 10_000
const AGAIN_MS = 500

/** In which databases each transaction of the run is, once what can be settled is settled. */
export async function readBackDistributed(kind: Kind, run: RunToRead, signal: AbortSignal): Promise<ReadBack> {
  const { clock } = run
  const untilMs = clock.nowMs() + SETTLE_MS
  for (;;) {
    const { traces, distance } = await readOnce(kind, run, signal)
    if (clock.nowMs() < untilMs && traces.some(({ preparedIn }) => preparedIn.length > 0)) {
      await clock.sleep(AGAIN_MS, signal)
      continue
    }
    const own = traces.filter(({ seq }) => seq !== null)
    return {
      rows: own.filter(({ has, of }) => has.length === of.length).map(({ name }) => name),
      judge: ({ isLossy }) => findingsOf(kind, { run, traces, distance, isLossy }),
    }
  }
}

/** @throws {Error} where the databases were not all read from the same servers */
async function readOnce(kind: Kind, run: RunToRead, signal: AbortSignal) {
  const sql = (text: string) => text.replaceAll('$1', `'${run.runId}'`)
  const found = await askAll<Found>(run, [MAKE, sql(SQL)], signal)
  const sounds = await askAll<{ sound: string }>(run, [sql(kind.sound)], signal)
  const moved = found.find(({ timeline }, at) => timeline !== sounds[at]?.timeline)
  if (moved !== undefined) throw new Error(`${moved.name} changed its leader while it was read`)
  return { traces: tracesIn(found, kind, run), distance: kind.distanceOf(sounds.map(({ row }) => row?.sound ?? '')) }
}

/** Every transaction of which there is a trace in any database. */
function tracesIn(found: readonly Answered<Found>[], kind: Kind, run: RunToRead): readonly Trace[] {
  const { runId } = run
  const databases = clientsOf(run).databases.map(({ name }) => name)
  const traces = new Map<string, { of: readonly string[]; has: string[]; preparedIn: string[] }>()
  const traceOf = (name: string) => {
    const known = traces.get(name)
    if (known !== undefined) return known
    const seq = seqOf(runId, name)
    const made = { of: seq === null ? [] : kind.databasesOf(runId, seq, databases), has: [], preparedIn: [] }
    traces.set(name, made)
    return made
  }
  for (const { name: database, row } of found) {
    for (const [name, of] of row?.marked ?? []) {
      const trace = traceOf(name)
      trace.of = of
      trace.has.push(database)
    }
    for (const gid of row?.prepared ?? []) traceOf(nameIn(runId, gid)).preparedIn.push(database)
  }
  return [...traces].map(([name, trace]) => ({ name, seq: seqOf(runId, name), ...trace }))
}

interface Found {
  readonly marked: readonly (readonly [name: string, databases: readonly string[]])[]
  readonly prepared: readonly string[]
}

/** As the executor makes it: a database that has never had a transaction has none. */
const MAKE = `DO $$ BEGIN IF to_regclass('shard_executor_migrations') IS NULL THEN
  CREATE TEMP TABLE shard_executor_migrations (name text, databases text[]); END IF; END $$`

const SQL = `
  SELECT (SELECT coalesce(json_agg(json_build_array(name, databases)), '[]') FROM shard_executor_migrations
           WHERE name LIKE $1 || ':%' OR name LIKE $1 || '-probe:%') AS marked,
         (SELECT coalesce(json_agg(gid), '[]') FROM pg_prepared_xacts
           WHERE database = current_database() AND gid ~ ('^shard-executor_' || $1 || '(-probe)?_')) AS prepared`

/** The number of a write; null of a probe. */
function seqOf(runId: string, name: string): number | null {
  const digits = name.startsWith(`${runId}:`) ? name.slice(runId.length + 1) : ''
  return /^\d+$/.test(digits) ? Number(digits) : null
}

/** A gid holds the name with everything but letters and digits made an underscore. */
function nameIn(runId: string, gid: string): string {
  const rest = gid.slice(`shard-executor_${runId}`.length)
  const [, probe, number] = /^(-probe)?_(\d+)_/.exec(rest) ?? []
  return probe === undefined ? `${runId}:${number}` : `${probePrefix(runId)}${number}`
}
