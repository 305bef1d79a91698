import type { ScopedContainers } from '../docker/lab-containers.ts'
import type { Clock } from '../log/clock.ts'
import type { State } from '../model/state.ts'
import type { UndoKind } from './fault.ts'
import type { MissingPart, Part, Role } from './part.ts'

/** All that faults can see and touch: the lab's own containers, and what its system under test lets its own faults use. */
export interface World {
  readonly parts: readonly Part[]
  /** What the definition names and is not there. */
  readonly missing: readonly MissingPart[]
  /** The machines that its parts are on, in a lab on several; none in any other. */
  readonly hosts: readonly WorldHost[]
  readonly clock: Clock
  state(): State
  /** As LiveState.until: the first state in which `predicate` holds. */
  until(predicate: (state: State) => boolean, signal: AbortSignal): Promise<State>
  readonly containers: FaultContainers
  /** The image that side containers are made from; null when the lab definition names none. */
  readonly toolsImage: string | null
  /** Marks this lab's side containers: the label's value. */
  readonly mark: string
  /** What only the system under test knows of its parts. */
  readonly system: SystemParts
  /** Every way of putting something back. */
  readonly undoKinds: readonly UndoKind[]
  /** What the system's own faults act with, besides containers. */
  readonly control: unknown
  /** The same of one system of a lab that has several; itself in any other lab. */
  of(name: string): World
  /** That of the system which all of these parts belong to, or which is called so itself; itself where they are of several, or there is but one. */
  within(parts: readonly string[]): World
}

/** A machine with a Docker engine of its own. */
export interface WorldHost {
  readonly name: string
  /** IPv4, by which the other hosts reach it. */
  readonly address: string
}

/** What faults ask of the system under test. */
export interface SystemParts {
  /** What a fault can be aimed at besides a part's name, in the order of a menu. */
  readonly roles: readonly Role[]
  /** The parts that are in a role at this moment, best first; none when nobody is. */
  inRole(role: string, parts: readonly Part[], state: State): readonly string[]
  /** What putting something back on a part needs besides its container: a value that is another when that is. */
  meansOf(part: string, state: State): unknown
  /** How its parts are set up, as `{ patroni: { ttl: '30' } }`: what a fault has left shows as a difference. May reject. */
  setUp?(world: World, signal: AbortSignal): Promise<SetUp>
  /** What its own faults can have left, seen whether or not a journal tells of it, a line each. May reject. */
  leftovers?(world: World, signal: AbortSignal): Promise<readonly string[]>
}

/** Settings as text, by what they are settings of. */
export type SetUp = Record<string, Record<string, string>>

/** As in docker/lab-containers.ts: every call is refused for what is outside the lab's scope. */
export type FaultContainers = Omit<
  ScopedContainers,
  'version' | 'list' | 'states' | 'variables' | 'events' | 'stats' | 'log' | 'time' | 'programs'
>
