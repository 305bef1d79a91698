import type { LabShape, ProbeAnswer } from './events.ts'
import { hasRivals } from './rivals.ts'
import type { SplitBrainSpan } from './split-span.ts'
import type { TimeUnion } from './time-union.ts'

/**
 * What one node is known to be. `refuses`: it takes no sessions now (57P03). `down`: it cannot run a statement, as `by`
 * says. `unknown`: it could not be asked.
 */
export interface Witness {
  readonly state: 'primary' | 'standby' | 'refuses' | 'down' | 'unknown'
  /**
   * How that is known: it said so `itself`; it said so on its own socket, asked through the `engine`; its container has
   * `ended` or is `paused`, by Docker's word; no process of PostgreSQL is left in it (`gone`); null: not known.
   */
  readonly by: 'itself' | 'engine' | 'ended' | 'paused' | 'gone' | null
  /** The first reading that said so, … */
  readonly sinceMs: number
  /** … and the last that said otherwise; null when none did. */
  readonly beforeMs: number | null
  /** What was said proves that it had been so from here on: before it was asked, where the answer says for how long. */
  readonly provenFromMs: number
  /** It `refuses` for good: its pid file says that it is stopping. Another one that is started in its place may not. */
  readonly isStopping?: true
  /** The latest reading through the engine that said so. */
  readonly heardMs: number
  /** While it is not known: what it was before cannot have become a primary and ceased to be one again in less. */
  readonly shutForMs: number
  readonly lastKnown: 'primary' | 'standby' | null
  readonly seq: number
}

/** While another node took writes, one was not asked itself, as one asks any node past the proxy. */
export interface UnwitnessedSpan {
  readonly node: string
  readonly other: string
  /** What the node had been when it was last heard. */
  readonly lastKnown: 'primary' | 'standby' | null
  /**
   * What is known of it all the same: its container had `ended`, or was `paused`; no process of its PostgreSQL was left
   * (`gone`); it answered through the `engine`. `unknown`: it may have taken writes too.
   */
  readonly resolution: 'ended' | 'paused' | 'gone' | 'engine' | 'unknown'
  readonly fromMs: number
  /** Null while it lasts. */
  readonly toMs: number | null
  readonly evidence: readonly number[]
}

export interface Unwitnessed {
  /** Oldest first: all that go on, and the latest hundred that do not. */
  readonly spans: readonly UnwitnessedSpan[]
  /** Of those that have ended and in which two nodes may have taken writes: how many, and all their time. */
  readonly count: number
  readonly times: TimeUnion
}

const noneUnwitnessed: Unwitnessed = { spans: [], count: 0, times: [] }

/** The lab slept, and has not heard every node since: what changed hands meanwhile, nobody saw. */
export interface Slept {
  readonly fromMs: number
  readonly toMs: number
  /** What each node was known to be when it fell asleep. */
  readonly before: Readonly<Record<string, Witness>>
  /** Nodes that did not, and have not said anything since. */
  readonly unheard: readonly string[]
}

/** The probe's acknowledgements passed from one server to another. */
export interface AckSwitch {
  readonly from: string
  readonly to: string
  /** The last acknowledgement by `from` before it. */
  readonly lastMs: number
  /** The first by `to`: sent and answered. */
  readonly sentMs: number
  readonly answeredMs: number
  readonly seq: number
}

/**
 * A node acknowledged a write that was sent after another, the witness, had said that it is out of recovery: both were
 * at that moment, if the witness still is when it is asked after the answer came. So an overlap shows that is shorter
 * than the time between two questions.
 */
export interface Claim {
  readonly node: string
  readonly witness: string
  readonly answer: Pick<ProbeAnswer, 'sentMs' | 'answeredMs'>
  readonly seq: number
}

/** Who acknowledges writes, from the first to the last of those that followed each other closely. */
export interface Acker {
  readonly server: string
  readonly sinceMs: number
  readonly lastMs: number
}

export interface SplitBrain {
  /** Which nodes share one write authority; null: all of them do. */
  readonly groupOf: LabShape['groupOf'] | null
  /** By node: what it is known to be, and since when. */
  readonly nodes: Readonly<Record<string, Witness>>
  /** Oldest first: all that are open, and the latest hundred that are not. */
  readonly spans: readonly SplitBrainSpan[]
  /** How many there were in all. */
  readonly count: number
  readonly unwitnessed: Unwitnessed
  /** The lab slept, and has not heard every node since; null when it has. */
  readonly slept: Slept | null
  /** While two nodes say that they are out of recovery: up to when each certainly was. */
  readonly pairs: readonly RivalPair[]
  /** How the acknowledgements of the probe went from one server to another lately. */
  readonly switches: readonly AckSwitch[]
  /** Acknowledgements by one node after another had said that it is out of recovery, until that one says so again. */
  readonly claims: readonly Claim[]
  /** Who acknowledges the probe's writes, while no node that can be asked says that it would. */
  readonly acker: Acker | null
  /** All the time in which two nodes were witnessed at once, by whatever means; what overlaps counts once. */
  readonly times: TimeUnion
  readonly totalMs: number
  readonly longestMs: number
}

export interface RivalPair {
  readonly nodes: readonly [string, string]
  readonly untilMs: Readonly<Record<string, number>>
}

export const noSplitBrain: SplitBrain = {
  groupOf: null,
  nodes: {},
  pairs: [],
  spans: [],
  count: 0,
  unwitnessed: noneUnwitnessed,
  slept: null,
  switches: [],
  claims: [],
  acker: null,
  times: [],
  totalMs: 0,
  longestMs: 0,
}

/** The span that goes on; null when none does. */
export function openSplitBrain({ spans }: SplitBrain): SplitBrainSpan | null {
  return spans.findLast((span) => span.isOpen) ?? null
}

/** Whether any node has said, itself or through the engine, whether it would take writes, if that is of any matter. */
export function isWatched({ groupOf, nodes }: SplitBrain): boolean {
  if (!hasRivals(groupOf)) return true
  return Object.values(nodes).some(({ by, lastKnown }) => lastKnown !== null || by === 'itself' || by === 'engine')
}
