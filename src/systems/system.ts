import type { z } from 'zod'
import type { FaultKind, UndoKind } from '../faults/fault.ts'
import type { PartKind } from '../faults/part.ts'
import type { SystemParts } from '../faults/world.ts'
import type { LabEvent, LabShape } from '../model/events.ts'
import type { Anatomy, Phase, Proof } from '../model/explained.ts'
import type { Remarks } from '../model/remark.ts'
import type { State } from '../model/state.ts'
import type { Operated } from './operated.ts'
import type { Place, Sections } from './place.ts'
import type { Reported } from './reported.ts'
import type { Scripted } from './scripted.ts'
import type { Shown } from './shown.ts'

/**
 * What can be broken: one way to keep PostgreSQL available, with its sources, its state, its explanation of outages and
 * its words. The rooms above ask this and know no system by name.
 */
export interface System extends SystemParts, Reported, Operated, Scripted, Shown {
  /** As `system:` in a lab definition names it. */
  readonly type: string
  // ── where it is
  /** Its own sections of a lab definition, by key. */
  readonly sections: z.ZodRawShape
  /** The system where these sections, which its schema has let through, say that it is. */
  locate(given: Sections<unknown>): Place
  /** What a part is that is no PostgreSQL server. */
  kindOf(part: string, lab: LabShape): Exclude<PartKind, 'node' | 'other'>
  /** The parts whose own logs are read. */
  logged(lab: LabShape): readonly string[]
  // ── what it makes of the events
  /** An event as this version would have recorded it, where an earlier one did otherwise. */
  asToday?(event: LabEvent): LabEvent
  /**
   * Takes in one event, given the state before it and what anybody makes of it: adds what only this system knows
   * (`system`), and what it tells everybody (`failovers`, `anatomy`, `pinned`).
   */
  reduce(before: State, event: LabEvent, core: State): State
  /** The node that the event says was given the write authority; null for none. */
  appointed(event: LabEvent): string | null
  /** Whether everybody waits for this event. */
  isUrgent(event: LabEvent): boolean
  /** What an event changed of the system's own parts, for people. */
  describe(before: State, event: LabEvent, after: State): Remarks
  /** What keeps it from being whole, one short reason a part; empty when it is healthy. */
  problems(state: State): readonly string[]
  /** The nodes that hold the write authority, by the system's own word: none, one, or more. */
  primaries(state: State): readonly string[]
  /** Whether that settles who leads, also while another takes writes: what only that one has is lost. Default false. */
  readonly isWordFinal?: boolean
  /** Whether a line of a part's own log tells why something took as long as it did. */
  isTelling(line: string): boolean
  /** What would remain if these services were gone now, a sentence a line. */
  whatRemains(state: State, services: readonly string[], how: { readonly handsOver: boolean }): readonly string[]
  /** Faults that only this system knows, and how what they change is put back. */
  readonly faults: readonly FaultKind[]
  readonly undos: readonly UndoKind[]
  readonly words: Words
  /** What goes on when a run has ended, as it is then. */
  concluded(state: State): readonly Anatomy[]
}

/** A system's own words for what it explains: its values in, sentences out. */
export interface Words {
  /** What was waited for: `patroni2 takes the leader key`; shortly in at most sixteen cells. */
  phaseName(phase: Phase): LongAndShort
  /** What governs how long it takes; null when nothing is known to. */
  tellCause(phase: Phase): LongAndShort | null
  tellProof(proof: Proof): string
  /** An outage, step by step, a line each. */
  tellAnatomy(anatomy: Anatomy): string[]
  /** What a table calls the steps of a change of leader; left out: by what they are anywhere. */
  readonly failover?: FailoverWords
}

/** The same at length, and where there is little room. */
export type LongAndShort = readonly [long: string, short: string]

export interface FailoverWords {
  /** While nobody had the write authority. */
  readonly gap: string
  /** From its passing on until clients were led to the new leader. */
  readonly routed: string
  /** All of it, where no client noticed an outage. */
  readonly whole: string
}
