import type { Observed } from '../audit/observed.ts'
import type { ProbeBook } from '../audit/probe-book.ts'
import type { Clock } from '../log/clock.ts'
import type { Ledger } from '../model/ledger.ts'
import type { State } from '../model/state.ts'
import type { OwnWorkload, ServerWorkload } from '../workloads/workload.ts'

/** The run that is audited: the lab's own, or one of before. */
export interface AuditSubject {
  readonly ledger: Ledger
  readonly runId: string
  readonly workload: Pick<ServerWorkload, 'rows'> | Pick<OwnWorkload, 'rows' | 'readBack'>
  /** What its answers showed; left out where nobody kept it. */
  readonly observed?: Observed
  readonly probes: ProbeBook
  /** False when the ledger was read from a file that was cut short. */
  readonly isLedgerComplete?: boolean
  /** The run's own. */
  readonly clock: Clock
  /** Told why its audit begins again. */
  readonly onAgain?: (why: string) => void
  /** What was seen in the run, up to now. */
  past(): Pick<State, 'startedAt' | 'failovers' | 'timelines' | 'audited' | 'faults'>
}
