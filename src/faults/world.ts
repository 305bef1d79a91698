import type { ScopedContainers } from '../docker/lab-containers.ts'
import type { Clock } from '../log/clock.ts'
import type { State } from '../model/state.ts'
import type { UndoKind } from './fault.ts'
import type { Part } from './part.ts'
import type { Role } from './target.ts'

/** All that faults can see and touch: the lab's own containers, Patroni's REST API on its nodes, its keys in etcd. */
export interface World {
  readonly parts: readonly Part[]
  readonly clock: Clock
  state(): State
  /** As LiveState.until: the first state in which `predicate` holds. */
  until(predicate: (state: State) => boolean, signal: AbortSignal): Promise<State>
  readonly containers: FaultContainers
  /** The image that side containers are made from; null when the lab definition names none. */
  readonly toolsImage: string | null
  /** Marks this lab's side containers: the label's value. */
  readonly mark: string
  /** What only the system under test knows of its parts. */
  readonly system: SystemParts
  /** Every way of putting something back. */
  readonly undoKinds: readonly UndoKind[]
  readonly patroni: PatroniControl
  readonly etcd: EtcdControl
}

/** What faults ask of the system under test. */
export interface SystemParts {
  /** The parts that are in a role at this moment, best first; none when nobody is. */
  inRole(role: Role, parts: readonly Part[], state: State): readonly string[]
  /** What putting something back on a part needs besides its container: a value that is another when that is. */
  meansOf(part: string, state: State): unknown
}

/** As in docker/lab-containers.ts: every call is refused for what is outside the lab's scope. */
export type FaultContainers = Pick<
  ScopedContainers,
  | 'act'
  | 'commandFor'
  | 'facts'
  | 'sendSignal'
  | 'limitMemory'
  | 'limitCpu'
  | 'blueprint'
  | 'remove'
  | 'build'
  | 'exec'
  | 'runBeside'
  | 'runAlone'
  | 'runOnDisk'
  | 'startBeside'
  | 'sides'
>

/** Patroni's REST API, with the credentials of the lab definition. A node is asked by its name. */
export interface PatroniControl {
  /**
   * One request to one node; rejects when it does not answer within `timeoutMs` (default 5 s), never for a status.
   * `node: null` asks one after the other until one gives a status below 500.
   */
  ask(
    node: string | null,
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    options?: { readonly body?: unknown; readonly timeoutMs?: number },
    signal?: AbortSignal,
  ): Promise<{ readonly status: number; readonly body: unknown; readonly text: string }>
  /** The command that does the same by hand, with curl. */
  byHand(node: string | null, method: string, path: string, body?: unknown): string
}

/** Patroni's keys of this cluster in etcd, through whichever member answers; both calls need a quorum. */
export interface EtcdControl {
  /** A key below the cluster's own prefix, e.g. `leader`, `config`; null when there is none. Linearizable. */
  get(key: string, signal?: AbortSignal): Promise<EtcdKey | null>
  /** Deletes the key if it is still as it was read. @returns the revision of that; null when it has changed meanwhile */
  remove(key: string, was: EtcdKey, signal?: AbortSignal): Promise<number | null>
}

export interface EtcdKey {
  readonly value: string
  readonly modRevision: number
}
