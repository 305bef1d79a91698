import type { Address, Credentials } from '../../model/address.ts'
import type { SiteProbeAnswered } from '../../model/events.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { TrafficSettings } from '../../traffic/generator.ts'

/*
 * What the lab and the clients that run on a host say to each other: the lab by replacing one file in their container,
 * they by lines that they append to another, of which the lab reads what is new. Neither waits for the other, and an
 * engine that hangs for a while loses nothing.
 */

/** What the clients are started with. */
export interface ClientSettings {
  readonly runId: string
  /** The type of a workload whose writes go to whoever leads. */
  readonly workload: string
  readonly write: readonly [Address, ...Address[]]
  readonly read: readonly [Address, ...Address[]]
  readonly credentials: Credentials
  readonly pipeline: number
  readonly probeEveryMs: number
}

/** What the lab has said last; that it is another than before is its sign of life. */
export interface Said {
  readonly n: number
  /** Null: nothing is to be sent yet. */
  readonly traffic: TrafficSettings | null
  readonly isOver: boolean
}

/** What the clients tell. Times are milliseconds of their own clock. */
export type ClientLine =
  /** `zeroUnixMs`: what their host's clock showed when theirs began. */
  | { readonly type: 'began'; readonly zeroUnixMs: number }
  | { readonly type: 'asleep'; readonly fromMs: number; readonly toMs: number }
  | ({ readonly type: 'probe'; readonly untilMs: number } & Pick<SiteProbeAnswered, 'kind' | 'intervalMs' | 'answers'>)
  | { readonly type: 'writes'; readonly writes: readonly PackedWrite[] }
  /** All is told; `writes` were attempted. */
  | { readonly type: 'ended'; readonly writes: number }
  | { readonly type: 'failed'; readonly why: string }

/** A write of the ledger, its times to a tenth of a millisecond: a hundred of them come every second. */
export type PackedWrite = readonly [
  seq: number,
  dueMs: number | null,
  sentMs: number | null,
  answeredMs: number | null,
  outcome: LedgerEntry['outcome'],
  code: string | null,
  node: string | null,
  lsn: number | null,
  digest: number | null,
]

export function packWrite(write: LedgerEntry): PackedWrite {
  const { seq, dueMs, sentMs, answeredMs, outcome, code, node, lsn, digest } = write
  return [seq, rounded(dueMs), rounded(sentMs), rounded(answeredMs), outcome, code, node, lsn, digest]
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 10) / 10
}

/** In the container of the clients. */
export const SAID_FILE = '/tmp/chaoslab-said'
export const TOLD_FILE = '/tmp/chaoslab-told'
/** The variable that holds their settings as JSON. */
export const SETTINGS_VARIABLE = 'CHAOSLAB_CLIENTS'

/** How long they go on without a sign of life from the lab. */
export const DEAD_MAN_MS = 120_000
