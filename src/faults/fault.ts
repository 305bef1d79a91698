import { z } from 'zod'
import type { FaultEffect } from '../model/fault-effect.ts'
import type { Predicate } from '../model/predicate.ts'
import type { Part, PartKind } from './part.ts'
import type { World } from './world.ts'

/** One kind of fault: its settings, what it says of itself, how it is injected. Plain data and functions. */
export interface FaultKind<P = unknown> {
  /** As scenarios and the command line name it, e.g. `isolate`. */
  readonly type: string
  readonly family: 'container' | 'process' | 'network' | 'disk' | 'patroni' | 'etcd' | 'proxy' | 'membership'
  /** Of everything beside the target; every setting has a default or says what is expected. Strict. */
  readonly schema: z.ZodType<P>
  readonly aims: readonly PartKind[]
  /** What it does whenever it is in force: all that anybody else has to know of it. */
  readonly effects: readonly FaultEffect[]
  /** In a sentence: what it does, and what it is good for. */
  readonly about: string
  /** What would be done, as a sentence with these parts, which are among those of the lab. */
  describe(params: P, parts: readonly Part[], among: readonly Part[]): string
  /** The commands that do the same by hand, where there are any. */
  byHand?(params: P, parts: readonly Part[], world: World): readonly string[]
  /** Why it cannot be done here and now, found out without changing anything; null when it can. */
  refusal?(params: P, parts: readonly Part[], world: World, signal: AbortSignal): Promise<string | null>
  /**
   * Injects it and makes sure that it is in force. Every change is preceded by `scope.defer` with what takes it
   * back: if this rejects half-way, all that was deferred is undone.
   */
  inject(params: P, parts: readonly Part[], scope: FaultScope, signal: AbortSignal): Promise<Landed>
}

/** The schema of a kind that has nothing to be set. */
export const noSettings = z.strictObject({})

export interface FaultScope {
  readonly world: World
  /** Unlike any other fault's: letters, digits and dashes, fit for the name of a container or an nft table. */
  readonly id: string
  /** Registers, on disk before it resolves, what takes the next change back. Last in, first out. */
  defer(undo: Undo): Promise<void>
  /** Repeats something for as long as the fault is in force, e.g. the sign of life that keeps a dead-man timer quiet. */
  repeat(everyMs: number, action: (signal: AbortSignal) => Promise<void>): void
  /** The fault has ended by itself, e.g. because its container was recreated: it is healed, and that is said. */
  ended(why: string): void
}

/** What came of an injection. */
export interface Landed extends Predicate {
  /** How it was made sure, for people: `connect to 172.30.77.11:2379 times out`. */
  readonly proof: string
  /** What this one does beside the effects of its kind, as was found out when it was injected. */
  readonly effects?: readonly FaultEffect[]
  /** Docker's own events tell of it too. */
  readonly isSeenByDocker?: boolean
  /** It came to nothing that has to be healed, although others of its kind do. */
  readonly isMomentary?: boolean
}

/** What takes a change back, as data: it is kept on disk, and another process can perform it. */
export interface Undo {
  /** The type of an {@link UndoKind}. */
  readonly type: string
  readonly params: unknown
}

/** How a container comes to run again, as Docker calls it. */
export type ContainerStart = 'start' | 'unpause'

/** One way of putting something back. */
export interface UndoKind<P = unknown> {
  readonly type: string
  /** What has performed it as well when Docker tells of it, whoever did that; default nothing. */
  readonly isDoneBy?: readonly ContainerStart[]
  /** Several of one fault can be performed at the same time, as they have nothing in common; default false. */
  readonly isIndependent?: boolean
  readonly schema: z.ZodType<P>
  /** Idempotent: what is as it was already is left alone, and a container that has gone meanwhile has nothing to undo. */
  perform(params: P, world: World, signal: AbortSignal): Promise<void>
  /** What is still there of the change, for people; null when nothing. */
  remains(params: P, world: World, signal: AbortSignal): Promise<string | null>
  /** The command that a person can run instead. */
  byHand(params: P, world: World): string
}

/** A refusal to begin, or a fault that could not be injected; the message is for people and says what to do. */
export class FaultError extends Error {
  override readonly name = 'FaultError'
}
