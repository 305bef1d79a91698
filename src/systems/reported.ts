import type { LabEvent } from '../model/events.ts'
import type { Seen } from '../model/seen.ts'
import type { State } from '../model/state.ts'

/** What a system tells of a run to metrics and reports. What it leaves out is told as of any PostgreSQL. */
export interface Reported {
  readonly gauges?: readonly Gauge[]
  /** Who answers the lab, beside the servers and the engine; left out: nobody else does. */
  sources?(state: State): readonly Source[]
  readonly timeline?: Timeline
}

/** How something is, for Prometheus; its name is said without `chaoslab_`. */
export interface Gauge {
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
  /** What is not known now is left out, or null: it is absent then, not stale and not 0. */
  series(state: State): readonly Series[]
}

export type Series = readonly [labels: Readonly<Record<string, string>>, value: number | null | undefined]

/** Somebody whom the lab asks, and what came of it. */
export interface Source {
  readonly source: string
  readonly target: string
  readonly seen: Seen<unknown> | undefined
  /** It tells of what is around the system, as a proxy does: by it alone nothing is known of the servers. */
  readonly isAround?: boolean
}

/** The rows of a report's time line: who was what, and who led to whom. */
export interface Timeline {
  readonly title: string
  /** What the looks mean that not every system has. */
  readonly legend?: Partial<Record<LaneLook, string>>
  /** What an event tells of the rows; nothing of most. */
  at(event: LabEvent, after: State): readonly LaneWord[]
}

/** What is so of one row from now on. */
export interface LaneWord {
  /** `key`: who holds the write authority, told when it changes, so that silence is no news. `proxy`: whom clients are led to. */
  readonly kind: 'key' | 'role' | 'proxy'
  readonly label: string
  /** For people. */
  readonly value: string
  readonly look: LaneLook
}

/** `held`: by the node that the value names, whose colour it has. */
export type LaneLook = 'primary' | 'replica' | 'no-postgres' | 'unreachable' | 'nobody' | 'held'
