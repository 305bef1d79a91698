import type { AuditedRows } from '../audit/audited-rows.ts'
import type { Observed } from '../audit/observed.ts'
import type { Audit, WorkloadFindings } from '../model/audit.ts'
import type { Ledger } from '../model/ledger.ts'
import type { Section } from '../model/section.ts'
import type { DirectConnection } from '../observe/direct-connection.ts'
import type { Operations } from '../traffic/operation.ts'

/** What clients do, and what must hold afterwards. */
export interface Workload {
  /** `workload: { type: … }` in a lab definition. */
  readonly type: string
  /** What it does, in a few words, for people. */
  readonly about: string
  readonly tables: Tables
  begin(run: RunToBegin): WorkloadRun
  /** What its writes leave in the database: read back from every server, and held against what clients were told. */
  readonly rows: AuditedRows
  /** Returns a function that counts its rows on one server: what is shown of each while a run goes on. */
  countRows(direct: Pick<DirectConnection, 'ask'>, runId: string): (signal: AbortSignal) => Promise<number>
  /** The names of its checks, beyond the rows, in a summary. */
  readonly checks: readonly string[]
  readonly figures: readonly WorkloadFigure[]
  /** Its section of a report; null where it has nothing to add. */
  section(told: Told): Section | null
  /** For one whose audit needs more than the ledger: what it keeps in the folder of a run. */
  readonly history?: KeptHistory
  /** Its findings in a recording that was made before they had a place of their own; left out: there are none. */
  findingsBefore?(audit: Audit): WorkloadFindings | null
}

/** SQL that makes its tables and is safe to repeat, or SQL that fails with 42P01 where somebody else has not made them. */
export type Tables = { readonly make: string } | { readonly look: string; readonly missing: string }

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

export type Told = Pick<WorkloadFindings, 'counts' | 'examples'>
