import type { FaultEffect } from '../model/fault-effect.ts'
import type { FaultHow } from '../model/fault-observations.ts'
import type { OwnSettings } from './own-settings.ts'

/** What a fault may do to clients, at most. */
export interface Cost {
  /** How long nobody may write, from the last acknowledgement before it. */
  readonly outageMs: number
  /** How long two nodes may take writes. */
  readonly splitBrainMs: number
  /** Whether it leaves the old leader taking writes that the new one will not have. */
  readonly canLose: boolean
}

/** A fault that a run has seen. */
export interface SufferedFault {
  readonly part: string
  /** What the part was when it landed. */
  readonly role: string | null
  readonly how: FaultHow
  readonly effects: readonly FaultEffect[]
  readonly landedMs: number
  /** Null while it is in force. */
  readonly liftedMs: number | null
}

/**
 * What faults may cost under the settings that a summary tells. Narrow enough to be wrong: a cluster that takes longer
 * than this has not done what its configuration says.
 */
export interface FaultCosts {
  /** Left out: nobody says, and what goes beyond it is not known. */
  of?(fault: SufferedFault, settings: OwnSettings, untilMs: number): Cost
  /** What several at once may cost besides. */
  together?(faults: readonly SufferedFault[], settings: OwnSettings, untilMs: number): readonly Cost[]
  /** For how long one may be felt after it was lifted; left out: nobody says. */
  aftermathMs?(settings: OwnSettings): number
  /** The parts of which some can be missed; left out, or none where the settings do not tell: each is needed. */
  standIns?(settings: OwnSettings): readonly StandIns[]
}

/** A part under one of these answers nobody, and the others notice. */
export const GONE: readonly FaultHow[] = ['killed', 'stopped', 'ended', 'paused']

/**
 * Parts that stand in for each other: while enough of them are under no fault, clients feel one of another only for a
 * moment after it landed and after it was lifted.
 */
export interface StandIns {
  readonly parts: readonly string[]
  /** So many are enough. */
  readonly needed: number
  /** While these are all well it does no harm that too few are left. */
  readonly orElse?: readonly string[]
  /** How long it takes at most until the others have taken over; 0: nobody goes by these parts. */
  readonly momentMs: number
  /**
   * Some clients go by one of these and by no other: what they go without is its doing for as long as it is away. That
   * nobody is served is not.
   */
  readonly haveOwnClients?: boolean
  /** For how long after it was lifted one may still lack what it needs to stand in for others; left out: not at all. */
  readonly recoversMs?: number
  /** What the others notice and answer; left out: any lasting fault but one that slows the part. */
  readonly noticed?: readonly FaultHow[]
}

/** Whether faults were met by another configuration than a summary tells; so it may be where only a change is known. */
export function isSettingsInDoubt(settings: {
  readonly wasChanged?: boolean | undefined
  readonly wasChangedUnderFaults?: boolean | undefined
}): boolean {
  return settings.wasChangedUnderFaults ?? settings.wasChanged ?? false
}

/** How many members of an etcd have to be well. */
export function majorityOf(members: number): number {
  return Math.floor(members / 2) + 1
}

/** Shorter ones are told, and fail nothing: a busy machine makes them too. */
export const BLIP_MS = 1_000
/** What may be seen while no fault is in force. */
export const noFault: Cost = { outageMs: BLIP_MS, splitBrainMs: 0, canLose: false }
/** … and under one that should leave clients alone: the machine is busy with it, and some connect again. */
export const noCost: Cost = { outageMs: 3_000, splitBrainMs: 0, canLose: false }
