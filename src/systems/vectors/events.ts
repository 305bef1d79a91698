import type { Reading } from '../../model/events.ts'

declare module '../../model/events.ts' {
  interface SystemEvents {
    vectors: VectorsEvent
  }
}

type VectorsEvent = GatewayRead | NodeRead

/** What a gateway says of all shards: by its map, and by its own checks of their members. */
interface GatewayRead {
  readonly type: 'vectors.gateway'
  readonly gateway: string
  readonly reading: Reading<GatewayView>
}

/** By the server's own clock: how long it was ready to run and had no processor, since it began. */
export interface Waited {
  readonly atMs: number
  readonly waitedMs: number
}

export interface GatewayView {
  /** Absent where it does not say. */
  readonly waited?: Waited
  /** Null where maps have no versions. */
  readonly mapVersion: number | null
  readonly strategy: string
  /** How often it asks all nodes how they are; absent where it does not say. */
  readonly checkedEveryMs?: number
  readonly shards: readonly ShardView[]
  readonly moves: readonly MoveView[]
  /** Since the map was made. */
  readonly moved: { readonly moves: number; readonly slots: number; readonly vectors: number }
}

export interface ShardView {
  readonly id: string
  readonly epoch: number
  /** Its leader has committed something with the members that it has now. */
  readonly isSettled: boolean
  readonly isDraining: boolean
  readonly slots: number
  /** So many members have what is committed; absent where it does not say. */
  readonly quorum?: number
  /** The leader's node by the map. */
  readonly leader: string | null
  readonly members: readonly MemberView[]
}

export interface MemberView {
  readonly id: string
  /** By the lab's name, or its address where the lab has none for it. */
  readonly node: string
  readonly isHealthy: boolean | null
  /** It counts for the quorum. */
  readonly counts: boolean
  readonly isWhole: boolean | null
  readonly position: number | null
  readonly lag: number | null
  /** Of a full resync that is under way. */
  readonly resyncedRows: number | null
}

interface MoveView {
  readonly id: number
  readonly from: string
  readonly to: string
  readonly state: string
  readonly attempt: number
}

/** What a node says of its own copies. */
interface NodeRead {
  readonly type: 'vectors.node'
  readonly node: string
  readonly reading: Reading<NodeView>
}

export interface NodeView {
  readonly waited?: Waited
  readonly copies: readonly CopyView[]
}

interface CopyView {
  readonly shard: string
  readonly epoch: number
  readonly position: number
  readonly applied: number
  readonly isWhole: boolean
  readonly isLeader: boolean
  readonly rows: number | null
  readonly failure: string | null
}
