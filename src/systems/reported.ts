import type { z } from 'zod'
import type { LabEvent } from '../model/events.ts'
import type { FigureUnit, FigureValue } from '../model/figure-value.ts'
import type { Section } from '../model/section.ts'
import type { Seen } from '../model/seen.ts'
import type { State } from '../model/state.ts'
import type { ClosedSpan } from '../model/totals.ts'
import type { FaultCosts } from './fault-costs.ts'
import type { OwnSettings } from './own-settings.ts'

/** What a system tells of a run to metrics and reports. What it leaves out is told as of any PostgreSQL. */
export interface Reported {
  readonly gauges?: readonly Gauge[]
  /** Who answers the lab, beside the servers and the engine; left out: nobody else does. */
  sources?(state: State): readonly Source[]
  /** When the machine kept its servers waiting for a processor, by their own word; left out: nobody says. */
  starved?(state: State): readonly ClosedSpan[]
  readonly timeline?: Timeline
  /** What its configuration is, as a summary tells it; left out: nothing is told of it. */
  readonly settings?: ReportedSettings
  /** Of its parts; left out: none is told. */
  readonly versions?: Versions
  /** What faults may cost; left out: nobody says, and what goes beyond it is not known. */
  readonly faultCosts?: FaultCosts
  /** What a part is now; left out: a server leads or follows, and of all else nothing is said. */
  roleOfPart?(part: string, state: State): string | null
  /** Whether anybody saw whom the proxy holds sessions to; left out: nobody does. */
  seesSessions?(state: State): boolean
  /** Numbers that a run comes to, which scenarios can expect. */
  readonly figures?: readonly OwnFigure[]
  /** Lines over the time of a run, drawn into its report. */
  readonly curves?: readonly Curve[]
  /** Its own sections of a report, from how all stood when the run ended. */
  tellRun?(state: State): readonly Section[]
}

export interface ReportedSettings {
  /** By their names in summary.json; `isSynchronous` is every system's. */
  readonly shape: z.ZodRawShape
  read(state: State): OwnSettings & { readonly isSynchronous: boolean | null }
  /** Name and value for people; null is not known. Nothing of settings that are another system's. */
  tell(settings: OwnSettings): readonly (readonly [name: string, value: string | null])[]
  /** The configuration that an event tells of, to see whether it changed; null for any other event. */
  configIn(event: LabEvent): string | null
}

export interface Versions {
  /** By their names in summary.json, as people write them. */
  readonly names: Readonly<Record<string, string>>
  /** Those that an event tells. */
  in(event: LabEvent): Readonly<Record<string, string>>
}

/** One number that a run of this system comes to. */
export interface OwnFigure {
  /** As expectations name it. */
  readonly name: string
  readonly unit: FigureUnit
  readonly about: string
  /** As of the end of the run; null when it could not tell. */
  read(state: State): FigureValue
}

/** A plot of lines over the time of a run, below those of the traffic. */
export interface Curve {
  /** Its own among the plots of a report. */
  readonly id: string
  readonly title: string
  /** What it shows, in a sentence or two. */
  readonly reading: string
  readonly unit: OwnFigure['unit']
  /** What an event tells of its lines, by name; null: nobody could say. Nothing of most events. */
  at(event: LabEvent, after: State): readonly { readonly line: string; readonly value: number | null }[]
}

/** How something is, for Prometheus; its name is said without `chaoslab_`. */
export interface Gauge {
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
  /** What is not known now is left out, or null: it is absent then, not stale and not 0. */
  series(state: State): readonly GaugeSeries[]
}

type GaugeSeries = readonly [labels: Readonly<Record<string, string>>, value: number | null | undefined]

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
  /** What passes on when another one leads: `leader key`; left out: the lead. */
  readonly authority?: string
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
