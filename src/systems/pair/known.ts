import { neverSeen, type Seen } from '../../model/seen.ts'
import type { State as CoreState } from '../../model/state.ts'
import type { PairFence, PairReplication, PairStatus } from './events.ts'
import { type AnatomyTrack, noAnatomy } from './explain/shapes.ts'
import type { Promotion } from './promotions.ts'

/** The proxy's name among the parts. */
export const PROXY = 'proxy'

/** What is known of a pair, beside what is known of any system. */
export interface PairState {
  readonly status: Seen<PairStatus>
  /** By server. */
  readonly replication: Readonly<Record<string, Seen<PairReplication>>>
  /** Those of this run, oldest first. */
  readonly promotions: readonly Promotion[]
  readonly fences: readonly PairFence[]
  readonly anatomy: AnatomyTrack
}

const noPair: PairState = { status: neverSeen, replication: {}, promotions: [], fences: [], anatomy: noAnatomy }

export function pairOf(state: CoreState): PairState {
  return (state.system as PairState | null) ?? noPair
}
