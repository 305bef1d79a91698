import type { Clock } from '../log/clock.ts'
import type { Address, Credentials } from '../model/address.ts'
import type { Ledger } from '../model/ledger.ts'
import type { AuditedRows } from './audited-rows.ts'
import type { NodeReader } from './node-reader.ts'
import type { Observed } from './observed.ts'
import type { Node, ReadPhase } from './read-nodes.ts'

export interface AuditOptions {
  readonly ledger: Ledger
  readonly runId: string
  /** Whom to read, asked for with each read anew; a sentence where there is nobody to read from. */
  readonly nodes: () => Promise<Nodes | string>
  readonly credentials: Credentials
  readonly clock: Clock
  /** What the writes leave behind. */
  readonly rows: AuditedRows
  /** Who holds the leader key now; undefined: nobody says so now. Left out, the servers' own word has to do. */
  readonly holder?: () => Promise<string | null | undefined> | string | null | undefined
  /** Its word is final: another server that takes writes has no say, and what only that one has is lost. Default false. */
  readonly isHolderFinal?: boolean
  /** False when the ledger was read from a file that was cut short; default true. */
  readonly isLedgerComplete?: boolean
  /** How long to wait for a leader that leads throughout, or for a replica to catch up with it; default 60,000. */
  readonly catchUpMs?: number
  /**
   * How long a write that was seen in the table may take to end up in the ledger, before it counts as never attempted;
   * default 8,000, which is more than the traffic gives a statement. Waited for only when there is such a row.
   */
  readonly settleMs?: number
  /** What the run's answers have shown; left out, that is not judged. */
  readonly observed?: Observed
  /** Lost by the word of an earlier audit of the run. */
  readonly wasLost?: Iterable<number>
  readonly onProgress?: (progress: AuditProgress) => void
  /** Told once of each reason why all is read again. */
  readonly onAgain?: (why: string) => void
  /** Opens one node for reading; default: PostgreSQL. */
  readonly open?: (address: Address, signal: AbortSignal) => Promise<NodeReader>
}

interface Nodes {
  readonly leader: Node
  /** Those that ought to hold what the leader holds: one that cannot be read keeps the verdict from being `pass`. */
  readonly replicas: readonly Node[]
}

interface AuditProgress {
  readonly node: string
  /** `confirming`: the leader once more, since something was missing. */
  readonly phase: ReadPhase
  readonly rows: number
}
