import { neverSeen, type Seen } from '../../model/seen.ts'
import type { NodeState as CoreNode, State as CoreState } from '../../model/state.ts'
import type {
  EtcdLease,
  EtcdMember,
  HaproxyStats,
  PatroniCluster,
  PatroniConfig,
  PatroniNode,
  PatroniShape,
} from './events.ts'
import { type AnatomyTrack, noAnatomy } from './explain/shapes.ts'
import { type KeyTrack, noKey } from './failover.ts'

/** What is known of a Patroni cluster, beside what is known of any system. */
export interface PatroniState {
  readonly nodes: Readonly<Record<string, NodeState>>
  /** `GET /cluster`, from whichever node answered last. */
  readonly cluster: Seen<PatroniCluster>
  readonly config: Seen<PatroniConfig>
  readonly etcd: EtcdState
  /** The proxies by name, from their first reading on. */
  readonly proxies: Readonly<Record<string, Seen<HaproxyStats>>>
  readonly anatomy: AnatomyTrack
}

export interface NodeState extends CoreNode {
  /** The node's own word, from `GET /patroni`. */
  readonly patroni: Seen<PatroniNode>
}

export interface EtcdState {
  readonly members: Readonly<Record<string, Seen<EtcdMember>>>
  readonly key: KeyTrack
  /** Its value is null while there is no key. */
  readonly lease: Seen<EtcdLease | null>
  /** The clusters below Patroni's prefix, as of when nobody held the leader key; absent before that. */
  readonly known?: { readonly prefix: string; readonly scopes: readonly string[] }
}

/** All that is known of a run of a Patroni cluster: what anybody knows, and what Patroni, etcd and HAProxy add. */
export type State = Omit<CoreState, keyof PatroniState | 'lab'> & PatroniState & { readonly lab: PatroniShape | null }

export const noPatroni: PatroniState = {
  nodes: {},
  cluster: neverSeen,
  config: neverSeen,
  etcd: { members: {}, key: noKey, lease: neverSeen },
  proxies: {},
  anatomy: noAnatomy,
}

const views = new WeakMap<CoreState, State>()

/** The same state with what is known of its Patroni cluster. */
export function patroniOf(state: CoreState): State {
  const known = views.get(state)
  if (known !== undefined) return known
  const view = { ...state, ...((state.system as PatroniState | null) ?? noPatroni) } as State
  views.set(state, view)
  return view
}
