import { neverSeen, type Seen } from '../../model/seen.ts'
import type { State as CoreState } from '../../model/state.ts'
import type { ClosedSpan } from '../../model/totals.ts'
import type { GatewayView, NodeView, ShardView } from './events.ts'

/** What is known of a vector store, beside what is known of any system. */
export interface VectorsState {
  readonly gateways: Readonly<Record<string, Seen<GatewayView>>>
  readonly nodes: Readonly<Record<string, Seen<NodeView>>>
  /** From the last heal of a fault until all copies are level: those of this run, oldest first. */
  readonly convergences: readonly Stretch[]
  /** From the first move until there is none left. */
  readonly rebalances: readonly Rebalance[]
  /** In which the machine kept a gateway or a node waiting for a processor: oldest first, apart from each other. */
  readonly starved: readonly ClosedSpan[]
  /** What the clients last told of their searches. */
  readonly measured: Readonly<Record<string, number | null>>
}

export interface Stretch {
  readonly fromMs: number
  /** Null while it goes on. */
  readonly toMs: number | null
  /** Another fault came before it was over: how long it would have taken nobody knows. */
  readonly isCutShort?: true
}

export interface Rebalance extends Stretch {
  readonly slotsBefore: number
  readonly slots: number
  readonly vectors: number
}

const noVectors: VectorsState = {
  gateways: {},
  nodes: {},
  convergences: [],
  rebalances: [],
  starved: [],
  measured: {},
}

export function vectorsOf(state: CoreState): VectorsState {
  return (state.system as VectorsState | null) ?? noVectors
}

/** The gateway that answered last, those that answer now first. */
export function gatewayOf(state: CoreState): Seen<GatewayView> {
  const all = Object.values(vectorsOf(state).gateways)
  return all.find((seen) => seen.unreachableSinceMs === null) ?? all[0] ?? neverSeen
}

export function shardsOf(state: CoreState): readonly ShardView[] {
  return gatewayOf(state).value?.shards ?? []
}
