import type { FaultOrder } from '../faults/injection.ts'
import type { Seen } from '../model/seen.ts'
import type { State } from '../model/state.ts'

/** What commands ask of a system. What it leaves out is done as for any PostgreSQL, or not at all. */
export interface Operated {
  /** How it stands, for `status`; left out: its servers. */
  status?(state: State): SystemStatus
  /** What `status` waits to hear that is no source's alone; left out: nothing. */
  awaited?(state: State): readonly (Seen<unknown> | undefined)[]
  /** Whether only new containers and data would make it whole, so that `doctor` says so; left out: never. */
  isBeyondRepair?(state: State): boolean
  /** Left out: there is nothing that `up --preset` could set. */
  readonly tuning?: Tuning
  /** What is shown first; left out: the primary is killed. */
  readonly experiment?: Experiment
}

/** For scripts, and for people. */
export interface SystemStatus {
  /** What `status --json` says beside what it says of every system; null stands for what could not be learned. */
  readonly json: Readonly<Record<string, unknown>>
  readonly lines: readonly string[]
}

/** Ready-made timings of a cluster, by name. */
export interface Tuning {
  /** The first is what is set unless it is said otherwise. */
  readonly presets: readonly [string, ...string[]]
  describe(preset: string): string
  /** What the lab's docker-compose.yml reads of it. */
  variables(preset: string): Record<string, string>
  /** Whether the cluster has it; null while that is not known. */
  isSet(preset: string, state: State): boolean | null
  /** What its place sets for it. */
  timing(preset: string): object
}

/** Traffic on, one fault, what comes of it, all put back, in plain text. */
export interface Experiment {
  /** What it asks, in a line. */
  readonly question: string
  /** What the clients do; left out: as the command line says. */
  readonly rates?: { readonly writesPerSecond: number; readonly readsPerSecond: number }
  /** Whether enough was seen of how things go without a fault. */
  isReady(state: State): boolean
  fault(state: State): FaultOrder & { readonly name: string }
  /** Whether what the fault leads to has come. */
  isOver(state: State, struck: Struck): boolean
  /** Whether the traffic ends then, before anything is put back; else once all is whole. */
  readonly endsTraffic?: true
  /** What is waited for once the fault is healed; left out: that all is healthy. */
  isWhole?(state: State): boolean
  /** What it came to, a line each. */
  tell(told: ExperimentTold): readonly string[]
}

/** What the fault met, and when. */
export interface Struck {
  readonly part: string
  readonly atMs: number
}

export interface ExperimentTold {
  readonly struck: Struck
  /** When it was over; null when it was not in time. */
  readonly over: State | null
  /** How long was waited for that. */
  readonly withinMs: number
  /** In the end. */
  readonly state: State
  readonly isWhole: boolean
  readonly problems: readonly string[]
  /** Where the time of the outage went, as the system tells it; empty where it does not. */
  readonly anatomy: readonly string[]
}
