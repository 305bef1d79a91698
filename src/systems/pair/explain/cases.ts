import type { LandedFault } from '../../../model/fault-observations.ts'
import type { Case as AnyCase } from '../../explain.ts'
import type { Promotion } from '../promotions.ts'
import type { OutageKind } from './shapes.ts'

export type Case = AnyCase<Promotion>

/** What of all that was seen belongs to one case. */
export interface CaseFindings {
  readonly startMs: number
  /** Null while it lasts. */
  readonly endMs: number | null
  readonly passes: readonly Promotion[]
  readonly kind: OutageKind
  readonly causes: readonly LandedFault[]
  readonly from: string | null
  readonly to: string | null
}
