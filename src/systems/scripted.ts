import type { z } from 'zod'
import type { Draw } from '../faults/draws.ts'
import type { Undo } from '../faults/fault.ts'
import type { World } from '../faults/world.ts'
import type { State } from '../model/state.ts'

/** What scenarios ask of a system, beside what they ask of any. What it leaves out they cannot ask. */
export interface Scripted {
  /** What a step can wait for. */
  readonly conditions?: readonly OwnCondition[]
  /** What moments of its own a fault can be aimed at. */
  readonly aims?: readonly Aim[]
  /** How it stands, as its own tools say it, a line each; left out: as `status` has it. */
  look?(world: World | null, state: () => State, signal: AbortSignal): Promise<readonly string[]>
  readonly clusterSettings?: ClusterSettings
  /** What `run --random` may draw; left out: what any server can suffer. */
  readonly draws?: readonly Draw[]
}

export interface OwnCondition {
  /** As in `wait: { quorum: true }`. Two systems that have the same key mean the same by it. */
  readonly key: string
  /** What it can be, as an author writes it: `true | false`. */
  readonly form: string
  readonly schema: z.ZodType
  holds(value: unknown, state: State): boolean
  /** As the end of a sentence that begins with "wait until". */
  describe(value: unknown): string
}

/** A kind of moment of the system's own protocol, as in `at: { lease: before-renewal }`. */
export interface Aim {
  /** Two systems that have the same key mean the same by it. */
  readonly key: string
  /** What it can be, as an author writes it: `lease: before-renewal`. */
  readonly form: string
  /** The keys of `at`, this one among them. */
  readonly shape: z.ZodRawShape
  /** As the end of a sentence that begins with "at the moment when". */
  describe(value: unknown): string
  /**
   * Resolves when it has come. Whatever this has set up in the system is gone again when it rejects.
   * @throws {FaultError} it never can; the signal's reason when that aborts
   */
  meet(value: unknown, world: World, signal: AbortSignal): Promise<Met>
}

export interface Met {
  /** The moment, by the lab's clock, … */
  readonly atMs: number
  /** … and how much earlier or later it may have been. */
  readonly doubtMs: number
  /**
   * The fault is in force, or was refused: what stood still for it goes on. Never rejects.
   * @returns why the fault cannot have met the moment; null when nothing speaks against it
   */
  over(): Promise<string | null>
}

/** What a scenario gives the cluster while it runs, by the names of the settings. */
export type Settings = Readonly<Record<string, number | boolean | undefined>>

/** What a scenario can give the cluster while it runs: `cluster:` in a file. */
export interface ClusterSettings {
  /** All optional: what is not named stays as it is. */
  readonly shape: z.ZodRawShape
  /** What is wrong with them whatever the cluster has, by setting. */
  problems(settings: Settings): readonly { readonly key: string; readonly message: string }[]
  /** What has to be done for them to hold; null when they do. @throws {FaultError} they cannot be */
  plan(world: World | null, settings: Settings, signal: AbortSignal): Promise<SettingsPlan | null>
  /** Whether everybody says so. */
  isInForce(settings: Settings, state: State): boolean
}

interface SettingsPlan {
  /** As `set ttl, loop_wait`. */
  readonly text: string
  readonly undo: Undo
  apply(world: World, signal: AbortSignal): Promise<void>
}
