import type { FaultKind } from '../faults/fault.ts'
import type { Part } from '../faults/part.ts'
import type { Mistake, Setting } from '../faults/settings.ts'
import type { State } from '../model/state.ts'

/** What the screen may ask of the lab. Where nothing is returned, whatever becomes of it comes back as events. */
export interface LabControl {
  setTraffic(change: { isOn?: boolean; writesPerSecond?: number; readsPerSecond?: number }): void
  /** Every write up to now against the rows that the nodes hold; ends with an `audited` event. Absent: nobody can. */
  audit?(): void
  /** Absent: no container may be touched. */
  readonly faults?: FaultConsole
  /** Absent: there is no way to run one here. */
  readonly scenarios?: ScenarioConsole
  /** The person leaves the screen; the cluster goes on. */
  quit(): void
}

/** What can be broken, and how all of it is put back. */
export interface FaultConsole {
  readonly kinds: readonly FaultChoice[]
  /** Everything that a fault can be aimed at, with what it stands for in this state; without what is nobody now. */
  aims(state: State): readonly AimChoice[]
  /** The command that does the same by hand. */
  command(order: MenuOrder): string
  /** Ends when the fault is in force: with null, or with why it is not. Never rejects. */
  inject(order: MenuOrder): Promise<string | null>
  /** Starts the container of a part, or lets it go on, whatever took it down. Never rejects. */
  start(part: string): Promise<ToldFault>
  /**
   * Puts back all that is in force, or that an earlier run left; a scenario that runs is
   * stopped first. Ends when that has been tried; what is stuck is in the state then. Never rejects.
   */
  healAll(): Promise<ToldFault & { readonly others: readonly HeldByOther[] }>
  /** Puts back what other processes have in force, that still run. Never rejects. */
  healOthers(): Promise<ToldFault>
}

/** What another process that still runs has in force in this lab. */
export interface HeldByOther {
  readonly pid: number
  /** A sentence each: `pause patroni3`. */
  readonly texts: readonly string[]
}

/** What came of something, for people. */
export interface ToldFault {
  readonly isGood: boolean
  readonly text: string
}

/** One target, as it is written (`leader`, `etcd2`), and the parts that it stands for at this moment. */
export interface AimChoice {
  readonly target: string
  readonly parts: readonly Part[]
}

export interface FaultChoice extends Pick<FaultKind, 'type' | 'family' | 'about' | 'effects' | 'aims'> {
  readonly settings: readonly Setting[]
  /** What would be done with these settings, given as `NAME=VALUE`, or what is wrong with them. */
  read(given: readonly string[], parts: readonly Part[]): ReadOrder
}

export type ReadOrder =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] }

export interface MenuOrder {
  readonly kind: string
  readonly target: string
  /** `NAME=VALUE`, only what differs from the defaults. */
  readonly settings: readonly string[]
}

/** The scenario files of this lab, and running one in it. */
export interface ScenarioConsole {
  /** In the order of their files. Never rejects: what cannot be read is an entry that says so. */
  list(): Promise<readonly ScenarioEntry[]>
  /**
   * Runs it once, in this lab. Ends when all is over: the steps, the healing of what it had in force, the audit.
   * `onPhase` is told what goes on before and after the steps, and null while those run. Never rejects.
   */
  run(file: string, onPhase: (text: string | null) => void): Promise<ToldFault>
  /** Whether one is being run, its preparation and its end included. */
  isRunning(): boolean
  /** Stops the one that runs, which heals what it had in force. */
  stop(): void
}

export interface ScenarioEntry {
  readonly file: string
  /** As it is shown: the file below the folder of scenarios. */
  readonly path: string
  readonly name: string
  readonly description: string
  readonly steps: readonly string[]
  /** What else it would change, for people: settings of the cluster, traffic. */
  readonly changes: readonly string[]
  readonly expects: readonly string[]
  /** Why it cannot be run: its first mistake; null when it can. */
  readonly problem: string | null
  /** What is missing for it here although the file is right, and how to get it; null when nothing is. */
  readonly needs: string | null
  /** The command that runs it, and judges what it expects. */
  readonly command: string
}

/** How a recorded run is moved in; log/replay.ts is one. Its screen's clock is the run's own time. */
export interface Playback {
  readonly endMs: number
  readonly isPaused: boolean
  setPaused(isPaused: boolean): void
  seek(toMs: number): void
}
