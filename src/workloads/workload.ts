import type { AuditedRows } from '../audit/audited-rows.ts'
import type { HeldRows, Marked, Observed } from '../audit/observed.ts'
import type { Clock } from '../log/clock.ts'
import type { Address, Credentials } from '../model/address.ts'
import type { Audit, WorkloadFindings } from '../model/audit.ts'
import type { ReplicaReads } from '../model/events.ts'
import type { Ledger } from '../model/ledger.ts'
import type { Section } from '../model/section.ts'
import type { State } from '../model/state.ts'
import type { DirectConnection } from '../observe/direct-connection.ts'
import type { Operations, OwnClients } from '../traffic/operation.ts'

/** What clients do, and what must hold afterwards. */
export type Workload = ServerWorkload | OwnWorkload

interface AnyWorkload {
  /** `workload: { type: … }` in a lab definition. */
  readonly type: string
  /** What it does, in a few words, for people. */
  readonly about: string
  /** The names of its checks, beyond the rows, in a summary. */
  readonly checks: readonly string[]
  readonly figures: readonly WorkloadFigure[]
  /** Its section of a report; null where it has nothing to add. */
  section(told: Told): Section | null
  /** For one whose audit needs more than the ledger: what it keeps in the folder of a run. */
  readonly history?: KeptHistory
}

/** It writes to whoever leads, and every server of the system holds its rows. */
export interface ServerWorkload extends AnyWorkload {
  begin(run: RunToBegin): WorkloadRun
  readonly tables: Tables
  /** What its writes leave in the database: read back from every server, and held against what clients were told. */
  readonly rows: AuditedRows
  /** Returns a function that counts its rows on one server: what is shown of each while a run goes on. */
  countRows: CountRows
  /** Its findings in a recording that was made before they had a place of their own; left out: there are none. */
  findingsBefore?(audit: Audit): WorkloadFindings | null
}

/** Its clients have ways of their own into the system, and what they leave lies where only it knows. */
export interface OwnWorkload extends AnyWorkload {
  begin(run: RunToBegin & { readonly to: Reach }): WorkloadRun & { readonly clients: OwnClients }
  /** What a write leaves, for people, where that is read: `all databases`; and what it means that it is not as it was sent. */
  readonly rows: Omit<AuditedRows, 'select'> & { readonly from: string }
  /** Makes ready what its operations need; safe to repeat. @throws {Error} that says what is missing */
  prepare(to: Reach, signal: AbortSignal): Promise<void>
  /**
   * Reads back all that the run left, wherever it lies. Rejects when it cannot, and where a lead passed on meanwhile: then
   * it is asked again, and in the end nothing is judged; at once by an error that says `isLasting: true`.
   */
  readBack(run: RunToRead, signal: AbortSignal): Promise<ReadBack>
  /** Left out: no rows are counted while a run goes on. */
  countRows?: CountRows
}

type CountRows = (direct: Pick<DirectConnection, 'ask'>, runId: string) => (signal: AbortSignal) => Promise<number>

/** How a workload of its own gets at the system. */
export interface Reach {
  /** What the system's place gives its workload to connect with; theirs alone to understand. */
  readonly clients: unknown
  readonly servers: readonly { readonly name: string; readonly address: Address }[]
  readonly credentials: Credentials
  readonly clock: Clock
}

/** A run whose writes have ended, or those of them that had when the audit began. */
export interface RunToRead extends Reach {
  readonly runId: string
  readonly ledger: Ledger
  /** False where it was cut short: what lies past its end may have been done all the same. */
  readonly isLedgerComplete: boolean
  /** What its answers showed, up to when the audit began; null where nobody kept it. */
  readonly marked: Marked | null
  /** What was seen in the run, up to now. */
  readonly state: Pick<State, 'faults'>
}

export interface ReadBack {
  /** The identity of every write that is there, as often as it is; see {@link AuditedRows.select} for what else a line can tell. */
  readonly rows: Iterable<string>
  /** What must hold beyond that; null when there is nothing to say. */
  judge(held: HeldRows): WorkloadFindings | null
}

/** SQL that makes its tables and is safe to repeat, or SQL that fails with 42P01 where somebody else has not made them. */
type Tables = { readonly make: string } | { readonly look: string; readonly missing: string }

export interface RunToBegin {
  /** Sets the run's rows apart from all others': 1 to 32 lowercase letters and digits. */
  readonly runId: string
  /** Holds a write once all that is told of it as it ended was told. */
  readonly ledger: Ledger
  /** The latest timeline that was seen under a server that takes writes, and which that is; null while none was. */
  readonly leading: () => Leading | null
  /** Keeps a line of the run's history, for a workload that has one; left out where nothing is kept. Never throws. */
  readonly keep?: (line: string) => void
}

/** The name of a run's history in its folder. */
export const HISTORY_FILE = 'history.ndjson'

export interface KeptHistory {
  /** What the answers had shown, from the lines up to where they were cut. */
  reread(lines: AsyncIterable<string> | Iterable<string>): Promise<Observed>
  /** As a history that Jepsen's checkers read, in pieces. */
  edn(lines: AsyncIterable<string> | Iterable<string>): AsyncIterable<string>
}

/** Who takes writes, and on which timeline. */
export interface Leading {
  readonly timeline: number
  readonly node: string
}

/** Of a workload that reads no replica. */
export const NO_READS: ReplicaReads = { judged: 0, staleMs: null, staleWrites: null, backwards: 0, missedOwn: 0 }

/** One run of it: its operations, and what their answers showed. */
export interface WorkloadRun extends Operations {
  readonly observed: Observed
}

/** A count that its findings hold by this name; null in runs of other workloads. */
export interface WorkloadFigure {
  /** As expectations name it. */
  readonly name: string
  readonly about: string
  /** Where acknowledged writes are lost it may come of that alone: then who expects the loss has spoken of it. */
  readonly isPartOfLoss?: true
}

export type Told = Pick<WorkloadFindings, 'counts' | 'examples'> & {
  readonly grid?: WorkloadFindings['grid'] | undefined
  readonly table?: WorkloadFindings['table'] | undefined
}
