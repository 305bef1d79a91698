import type { Clock } from '../log/clock.ts'
import { type Address, type Credentials, openSession, type Statement } from './session.ts'

/** One operation, ready to be sent. */
export interface Operation {
  readonly statement: Statement
  readonly values: readonly string[]
  /** What a write is known by in the database; null for a read, which leaves nothing behind. */
  readonly identity: string | null
}

/** What the traffic does. `seq` counts the operations of each kind from 1. */
export interface Workload {
  write(seq: number): Operation
  read(seq: number): Operation
}

/**
 * Traffic on the `events` table. A write inserts one event, whose name is the write's identity `RUNID:SEQ`, so that
 * each can be found again; a read takes the newest event, by the primary key.
 *
 * @param runId sets this run's rows apart from all others': 1 to 32 lowercase letters and digits
 * @throws {RangeError} when the id is anything else
 */
export function eventsWorkload(runId: string): Workload {
  if (!RUN_ID.test(runId)) throw new RangeError(`a run id is 1 to 32 lowercase letters and digits, not "${runId}"`)
  return {
    write(seq) {
      const identity = `${runId}:${seq}`
      return { statement: INSERT, values: [identity, OWNERS[seq % OWNERS.length] as string], identity }
    },
    read: () => READ,
  }
}

/** The owners that the schema creates; an event must belong to one of them. */
const OWNERS = ['Иван Петров', 'Мария Сидорова', 'Алексей Козлов']
const RUN_ID = /^[a-z0-9]{1,32}$/

const INSERT: Statement = {
  name: 'chaoslab_write',
  text: 'INSERT INTO events (event_name, owner_name) VALUES ($1, $2)',
}

const READ: Operation = {
  statement: { name: 'chaoslab_read', text: 'SELECT id, event_name FROM events ORDER BY id DESC LIMIT 1' },
  values: [],
  identity: null,
}

export interface SchemaOptions {
  readonly address: Address
  readonly credentials: Credentials
  readonly clock: Clock
}

export type Applied = { readonly ok: true } | { readonly ok: false; readonly code: string; readonly error: string }

/**
 * Runs a schema file's SQL as one transaction, through a session of its own. Tried once, within 30 s; never rejects.
 * The SQL should be safe to apply again: when the answer got lost it may have been applied all the same.
 */
export async function applySchema(options: SchemaOptions, sqlText: string, signal: AbortSignal): Promise<Applied> {
  const opened = await openSession({ ...options, timeoutMs: SCHEMA_CONNECT_MS }, signal)
  if (!opened.ok) return { ok: false, code: opened.code, error: opened.message }
  const { session } = opened
  const onAbort = () => session.close()
  signal.addEventListener('abort', onAbort, { once: true })
  const answer = await session.run({ text: sqlText }, [], SCHEMA_TIMEOUT_MS)
  signal.removeEventListener('abort', onAbort)
  session.close()
  if (answer.outcome === 'ok') return { ok: true }
  return { ok: false, code: answer.code ?? '', error: answer.message ?? '' }
}

const SCHEMA_CONNECT_MS = 5_000
const SCHEMA_TIMEOUT_MS = 25_000
