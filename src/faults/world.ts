import type { Blueprint } from '../docker/blueprint.ts'
import type { ContainerFacts } from '../docker/container-facts.ts'
import type { CpuLimit, MemoryLimit } from '../docker/limits.ts'
import type { ExecOptions, Outcome, Side, SideOptions } from '../docker/run-inside.ts'
import type { DiskOptions } from '../docker/run-on-disk.ts'
import type { SignalName } from '../docker/send-signal.ts'
import type { Clock } from '../log/clock.ts'
import type { Verb } from '../model/events.ts'
import type { State } from '../model/state.ts'
import type { Part } from './part.ts'

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
  readonly patroni: PatroniControl
  readonly etcd: EtcdControl
}

/** As in docker/lab-containers.ts: every call is refused for what is outside the lab's scope. */
export interface FaultContainers {
  act(verb: Verb, service: string, signal?: AbortSignal): Promise<void>
  commandFor(verb: Verb, service: string): string
  facts(service: string, signal?: AbortSignal): Promise<ContainerFacts>
  sendSignal(service: string, name: SignalName, signal?: AbortSignal): Promise<void>
  limitMemory(service: string, limit: MemoryLimit, signal?: AbortSignal): Promise<void>
  limitCpu(service: string, limit: CpuLimit, signal?: AbortSignal): Promise<void>
  blueprint(service: string, signal?: AbortSignal): Promise<Blueprint>
  remove(service: string, signal?: AbortSignal): Promise<void>
  build(blueprint: Blueprint, signal?: AbortSignal): Promise<void>
  exec(service: string, command: readonly string[], options?: ExecOptions, signal?: AbortSignal): Promise<Outcome>
  runBeside(service: string, options: Omit<SideOptions, 'name'>, signal?: AbortSignal): Promise<Outcome>
  runAlone(options: Omit<SideOptions, 'name'>, signal?: AbortSignal): Promise<Outcome>
  runOnDisk(service: string, options: DiskOptions, signal?: AbortSignal): Promise<Outcome>
  startBeside(service: string, options: SideOptions, signal?: AbortSignal): Promise<string>
  readonly sides: {
    list(labels: readonly string[], signal?: AbortSignal): Promise<Side[]>
    logs(id: string): Promise<Omit<Outcome, 'code'>>
    signal(id: string, name: string, signal?: AbortSignal): Promise<boolean>
    end(id: string, signal?: AbortSignal): Promise<void>
  }
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
}

export interface EtcdKey {
  readonly value: string
  readonly modRevision: number
}
