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

/** The gateway with the latest map of those that answer, or, where none does, of those that have. */
export function gatewayOf(state: CoreState): Seen<GatewayView> {
  const all = Object.values(vectorsOf(state).gateways)
  const now = all.filter((seen) => seen.unreachableSinceMs === null)
  const byMap = (now.length > 0 ? now : all).toSorted((a, b) => versionOf(b.value) - versionOf(a.value))
  return byMap[0] ?? neverSeen
}

/** One that is cut off from where the map is kept goes on by what it knows. */
export const versionOf = (view: GatewayView | null): number => view?.mapVersion ?? 0

export function shardsOf(state: CoreState): readonly ShardView[] {
  return gatewayOf(state).value?.shards ?? []
}
