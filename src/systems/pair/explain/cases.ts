import type { OperationKind } from '../../../model/events.ts'
import type { LandedFault } from '../../../model/fault-sights.ts'
import type { Outage } from '../../../model/outage.ts'
import type { Promotion } from '../promotions.ts'
import type { OutageKind } from './shapes.ts'

/** An outage, or a promotion that no outage came with, as it is to be explained. */
export interface Case {
  readonly of: OperationKind
  readonly outage: Outage | null
  readonly promotion: Promotion | null
  /** Acknowledgements have come again since then, and nobody knows yet whether they last. */
  readonly recoveringMs: number | null
  /** Where the outage before it ended. */
  readonly notBeforeMs: number
}

/** What of all that was seen belongs to one case. */
export interface Findings {
  readonly startMs: number
  /** Null while it lasts. */
  readonly endMs: number | null
  readonly passes: readonly Promotion[]
  readonly kind: OutageKind
  readonly causes: readonly LandedFault[]
  readonly from: string | null
  readonly to: string | null
}
