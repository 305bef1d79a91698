import type { World } from '../../../faults/world.ts'
import type { LeaseRead } from '../observe/etcd-client.ts'

/** What faults of a Patroni cluster act with. */
export interface Control {
  readonly patroni: PatroniControl
  readonly etcd: EtcdControl
}

/** The same of a world whose system is Patroni's. */
export function controlOf({ control }: Pick<World, 'control'>): Control {
  return control as Control
}

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
  /** Null when there is no such lease (any more). */
  readLease(leaseId: string, signal?: AbortSignal): Promise<LeaseRead | null>
}

export interface EtcdKey {
  readonly value: string
  readonly modRevision: number
  /** Absent for a key without a lease. */
  readonly leaseId?: string
}
