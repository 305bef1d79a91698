import { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import type { Address, Credentials } from '../model/address.ts'
import type { AuditedRows } from './audited-rows.ts'

/** Where one server is. */
export interface ServerPosition {
  readonly isInRecovery: boolean
  /** A standby that is connected to its source of WAL. */
  readonly isStreaming: boolean
  /** Null when a standby without a WAL receiver, or a role without pg_monitor, cannot tell. */
  readonly timeline: number | null
  /** The insert position of a primary, the replayed position of a standby; bytes. */
  readonly lsn: number
  readonly walSegmentBytes: number
  /** Commits wait for a standby, unless their session says otherwise. */
  readonly isSynchronous: boolean
}

/** One server, asked directly. All of it rejects when the connection fails or the signal aborts. */
export interface NodeReader {
  position(): Promise<ServerPosition>
  /**
   * Hands over the run's rows as COPY text (see presence.ts), from one snapshot, which is taken no later than the
   * position `before`; `after` is the position once all has been read.
   */
  read(
    onBytes: (bytes: Uint8Array) => void,
  ): Promise<{ readonly before: ServerPosition; readonly after: ServerPosition }>
  /** At once, without a farewell. */
  close(): void
}

interface NodeReaderOptions {
  readonly address: Address
  readonly credentials: Credentials
  readonly rows: Pick<AuditedRows, 'select'>
  /** 1 to 32 lowercase letters and digits. */
  readonly runId: string
}

/** How long a server may say nothing: to a short question, … */
const ANSWER_MS = 5_000
/** … and while it looks through a large table for rows of this run. */
const SILENCE_MS = 60_000

/**
 * Opens a session with one server.
 * @throws the driver's or the socket's error, with its `code`
 * @throws {RangeError} when the run id is not valid
 */
export async function openNodeReader(options: NodeReaderOptions, signal: AbortSignal): Promise<NodeReader> {
  const copySql = sqlOfRows(options)
  signal.throwIfAborted()
  const socket = new Socket()
  const client = new pg.Client({
    ...options.address,
    ...options.credentials,
    application_name: 'chaoslab audit',
    ssl: false,
    // A role or a database may have limits of its own, none of which is meant for this.
    options: '-c statement_timeout=0 -c idle_in_transaction_session_timeout=0',
    stream: () => socket,
  })
  // For the client's whole life: an 'error' that nobody listens to would end the process.
  client.on('error', () => {})
  const onAbort = () => socket.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  socket.on('timeout', () => socket.destroy())
  const close = () => {
    signal.removeEventListener('abort', onAbort)
    socket.destroy()
  }
  const within = async <T>(ms: number, work: () => Promise<T>): Promise<T> => {
    socket.setTimeout(ms)
    try {
      return await work()
    } finally {
      socket.setTimeout(0)
    }
  }
  const position = () =>
    within(ANSWER_MS, async () => parsePosition((await client.query<PositionRow>(POSITION)).rows[0]))
  const copy = async (onBytes: (bytes: Uint8Array) => void) => {
    const rows = client.query(copyTo(copySql))
    // The driver tells of a lost connection even when the iteration below has ended.
    rows.on('error', () => {})
    for await (const bytes of inSlices(rows)) onBytes(bytes)
  }
  try {
    await within(ANSWER_MS, () => client.connect())
  } catch (error) {
    close()
    throw error
  }
  return {
    position,
    close,
    async read(onBytes) {
      await within(ANSWER_MS, () => client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY'))
      const before = await position()
      await within(SILENCE_MS, () => copy(onBytes))
      const after = await position()
      await within(ANSWER_MS, () => client.query('COMMIT'))
      return { before, after }
    },
  }
}

/** About two milliseconds' worth of rows. */
const SLICE_BYTES = 128 * 1_024

/** Lets everything else that is ready run in between: without it one socket may keep the process for a tenth of a second. */
async function* inSlices(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let sliceBytes = 0
  for await (const bytes of pieces) {
    yield bytes
    sliceBytes += bytes.length
    if (sliceBytes < SLICE_BYTES) continue
    sliceBytes = 0
    await setImmediate()
  }
}

const RUN_ID = /^[a-z0-9]{1,32}$/

function sqlOfRows({ rows, runId }: NodeReaderOptions): string {
  // COPY takes no parameters.
  if (!RUN_ID.test(runId)) throw new RangeError(`a run id is 1 to 32 lowercase letters and digits, not "${runId}"`)
  return `COPY (${rows.select(runId)}) TO STDOUT`
}

/**
 * The WAL receiver's columns are hidden from a role without pg_monitor, its row is not.
 * Whether the server recovers is asked once, so that a promotion in between cannot mix the two kinds of answer.
 */
const POSITION = `
  SELECT r.is_in_recovery,
         EXISTS (SELECT FROM pg_stat_wal_receiver WHERE coalesce(status, 'streaming') = 'streaming') AS is_streaming,
         CASE WHEN r.is_in_recovery THEN (SELECT received_tli FROM pg_stat_wal_receiver) END AS received_timeline,
         CASE WHEN NOT r.is_in_recovery
              THEN left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END AS primary_timeline_hex,
         pg_wal_lsn_diff(CASE WHEN r.is_in_recovery THEN pg_last_wal_replay_lsn()
                              ELSE pg_current_wal_insert_lsn() END, '0/0')::text AS lsn,
         pg_size_bytes(current_setting('wal_segment_size'))::text AS wal_segment_bytes,
         current_setting('synchronous_standby_names') <> '' AS is_synchronous
    FROM (SELECT pg_is_in_recovery() AS is_in_recovery) AS r`

interface PositionRow {
  readonly is_in_recovery: boolean
  readonly is_streaming: boolean
  readonly received_timeline: number | null
  readonly primary_timeline_hex: string | null
  /** A numeric and a bigint, which pg hands over as text. */
  readonly lsn: string | null
  readonly wal_segment_bytes: string
  readonly is_synchronous: boolean
}

function parsePosition(row: PositionRow | undefined): ServerPosition {
  if (row === undefined) throw new Error('the server did not say at which WAL position it is')
  const { primary_timeline_hex: hex } = row
  return {
    isInRecovery: row.is_in_recovery,
    isStreaming: row.is_streaming,
    timeline: hex === null ? row.received_timeline : Number.parseInt(hex, 16),
    lsn: Number(row.lsn ?? 0),
    walSegmentBytes: Number(row.wal_segment_bytes),
    isSynchronous: row.is_synchronous,
  }
}
