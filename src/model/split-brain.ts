import { type AckSwitch, trackAcks, trackTicks } from './ack-witness.ts'
import type { LabEvent, Reading } from './events.ts'
import type { Seen } from './seen.ts'
import type { State } from './state.ts'
import { type UnwitnessedSpan, withUnwitnessed } from './unwitnessed.ts'

/** Two nodes that would both take writes, or did: certainly from `fromMs` to `toMs`, both included. */
export interface SplitBrainSpan {
  readonly nodes: readonly [string, string]
  /**
   * - `recovery`: each, asked itself, said that it is out of recovery.
   * - `probe`, `traffic`: both acknowledged writes, each after the other had.
   */
  readonly basis: 'recovery' | 'probe' | 'traffic'
  readonly fromMs: number
  readonly toMs: number
  /** It cannot have begun before, or ended after; null where nothing that was read says so. */
  readonly earliestMs: number | null
  readonly latestMs: number | null
  /** Nothing has shown its end yet. */
  readonly isOpen: boolean
  /** The events that prove its begin and its latest moment. */
  readonly evidence: readonly number[]
}

export interface SplitBrain {
  /** By node: what it said last, and since when. */
  readonly nodes: Readonly<Record<string, Witness>>
  /** Oldest first, the latest hundred. */
  readonly spans: readonly SplitBrainSpan[]
  readonly unwitnessed: readonly UnwitnessedSpan[]
  /** While two nodes say that they are out of recovery: up to when each certainly was. */
  readonly pairs: readonly Pair[]
  /** How the acknowledgements of the probe went from one server to another lately. */
  readonly switches: readonly AckSwitch[]
  /** All the time in which two nodes were witnessed at once, by whatever means; what overlaps counts once. */
  readonly totalMs: number
  readonly longestMs: number
}

/**
 * `refuses`: it answered that it takes no sessions now (57P03). `down`: Docker says that its container does not run,
 * or is paused. `unknown`: it could not be asked.
 */
export interface Witness {
  readonly state: 'primary' | 'standby' | 'refuses' | 'down' | 'unknown'
  /** The first reading that said so, … */
  readonly sinceMs: number
  /** … and the last that said otherwise; null when none did. */
  readonly beforeMs: number | null
  readonly lastKnown: 'primary' | 'standby' | null
  readonly seq: number
}

interface Pair {
  readonly nodes: readonly [string, string]
  readonly untilMs: Readonly<Record<string, number>>
}

export const noSplitBrain: SplitBrain = {
  nodes: {},
  pairs: [],
  spans: [],
  unwitnessed: [],
  switches: [],
  totalMs: 0,
  longestMs: 0,
}

/** The span that goes on; null when none does. */
export function openSplitBrain({ spans }: SplitBrain): SplitBrainSpan | null {
  return spans.findLast((span) => span.isOpen) ?? null
}

/** Takes in one event, given the states around it. What it does not touch keeps its identity. */
export function trackSplitBrain(before: State, event: LabEvent, after: State): SplitBrain {
  const known = before.splitBrain
  switch (event.type) {
    case 'postgres.node':
      return onReading(known, event, before)
    case 'docker.event':
    case 'docker.container':
      return onContainer(known, event, after)
    case 'probe': {
      const found = event.kind === 'write' ? trackAcks(known, before, event, after) : known
      return found === known ? known : totalled(found)
    }
    case 'traffic.tick': {
      const found = trackTicks(known, event.seq, after)
      return found === known ? known : totalled(found)
    }
    default:
      return known
  }
}

function onReading(
  known: SplitBrain,
  { node, reading, atMs, seq }: LabEvent & { type: 'postgres.node' },
  before: State,
): SplitBrain {
  const state = stateOf(reading)
  const was = known.nodes[node]
  // A container that does not run cannot be asked: that it is down is the better knowledge.
  if (state === 'unknown' && was?.state === 'down') return known
  const isSame = was?.state === state
  const entry: Witness = isSame
    ? was
    : {
        state,
        sinceMs: state === 'unknown' ? (before.nodes[node]?.postgres.checkedAtMs ?? atMs) : atMs,
        beforeMs: disproof(was, before.nodes[node]?.postgres, state),
        lastKnown: state === 'primary' || state === 'standby' ? state : (was?.lastKnown ?? null),
        seq,
      }
  const turned = isSame ? known : turn(known, node, entry, { atMs, seq })
  return state === 'primary' ? withOverlaps(turned, node, seq, before) : turned
}

/** The last reading that said otherwise; a node that could not be asked said nothing. */
function disproof(was: Witness | undefined, seen: Seen<unknown> | undefined, state: Witness['state']): number | null {
  if (was === undefined || seen === undefined) return null
  if (was.state !== 'unknown') return seen.checkedAtMs
  return was.lastKnown === state ? null : seen.seenAtMs
}

/** PostgreSQL that is starting or shutting down takes no new session (ERRCODE_CANNOT_CONNECT_NOW). */
const REFUSES = '57P03'

function stateOf(reading: Reading<{ readonly isInRecovery: boolean }>): Witness['state'] {
  if (reading.ok) return reading.value.isInRecovery ? 'standby' : 'primary'
  return reading.error === REFUSES ? 'refuses' : 'unknown'
}

function onContainer(
  known: SplitBrain,
  event: LabEvent & { type: 'docker.event' | 'docker.container' },
  { lab }: State,
): SplitBrain {
  const node = lab?.nodes.find((name) => lab.containerOf[name] === event.service)
  const isRunning = node === undefined ? null : runs(event)
  if (node === undefined || isRunning === null) return known
  const was = known.nodes[node]
  if (isRunning === (was?.state !== 'down')) return known
  const state = isRunning ? 'unknown' : 'down'
  const { atMs, seq } = event
  const lastKnown = was?.lastKnown ?? null
  return turn(known, node, { state, sinceMs: atMs, beforeMs: was?.sinceMs ?? null, lastKnown, seq }, { atMs, seq })
}

/** Null when the event does not say. */
function runs(event: LabEvent & { type: 'docker.event' | 'docker.container' }): boolean | null {
  if (event.type === 'docker.container') return event.container?.state === 'running'
  if (event.action === 'die' || event.action === 'pause' || event.action === 'destroy') return false
  return event.action === 'start' || event.action === 'unpause' ? true : null
}

interface At {
  readonly atMs: number
  readonly seq: number
}

/** A node is in another state now: that ends what it was part of, and may leave it unwitnessed. */
function turn(known: SplitBrain, node: string, entry: Witness, at: At): SplitBrain {
  const nodes = { ...known.nodes, [node]: entry }
  const latestMs = entry.state === 'unknown' ? null : at.atMs
  const spans = known.spans.map((span) =>
    span.isOpen && span.basis === 'recovery' && span.nodes.includes(node) && entry.state !== 'primary'
      ? { ...span, isOpen: false, latestMs }
      : span,
  )
  const pairs = known.pairs.filter((pair) => !pair.nodes.includes(node))
  return { ...known, nodes, pairs, spans, unwitnessed: keep(withUnwitnessed(known.unwitnessed, nodes, at)) }
}

/**
 * Two nodes are proven to overlap only once each was found out of recovery after the other had said so. An answer can
 * be late by as long as a question may take: what it says was so, certainly, when the node's previous answer had come.
 */
function withOverlaps(known: SplitBrain, node: string, seq: number, before: State): SplitBrain {
  const others = Object.keys(known.nodes).filter((name) => name !== node && known.nodes[name]?.state === 'primary')
  const untilMs = before.nodes[node]?.postgres.checkedAtMs ?? Number.NEGATIVE_INFINITY
  return others.reduce((all, name) => withPair(all, node, name, untilMs, seq), known)
}

function withPair(known: SplitBrain, node: string, other: string, untilMs: number, seq: number): SplitBrain {
  const nodes = [node, other].sort() as [string, string]
  const pair = known.pairs.find((each) => isPair(each, nodes)) ?? { nodes, untilMs: {} }
  const updated: Pair = { nodes, untilMs: { ...pair.untilMs, [node]: untilMs } }
  const pairs = [...known.pairs.filter((each) => each !== pair), updated]
  const [a, b] = nodes.map((name) => known.nodes[name]) as [Witness, Witness]
  const fromMs = Math.max(a.sinceMs, b.sinceMs)
  const toMs = Math.min(...nodes.map((name) => updated.untilMs[name] ?? Number.NEGATIVE_INFINITY))
  if (toMs < fromMs) return { ...known, pairs }
  const index = known.spans.findLastIndex((span) => span.isOpen && span.basis === 'recovery' && isPair(span, nodes))
  const open = known.spans[index]
  if (open !== undefined) {
    const evidence = [...open.evidence.slice(0, 2), seq]
    return totalled({ ...known, pairs, spans: known.spans.with(index, { ...open, toMs, evidence }) })
  }
  const earliestMs = later(a.beforeMs, b.beforeMs)
  const span: SplitBrainSpan = {
    nodes,
    basis: 'recovery',
    fromMs,
    toMs,
    earliestMs,
    latestMs: null,
    isOpen: true,
    evidence: [a.seq, b.seq, seq],
  }
  return totalled({ ...known, pairs, spans: keep([...known.spans, span]) })
}

function isPair(span: { readonly nodes: readonly [string, string] }, nodes: readonly [string, string]): boolean {
  return span.nodes[0] === nodes[0] && span.nodes[1] === nodes[1]
}

function later(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b)
}

/** What overlaps counts once. */
function totalled(known: SplitBrain): SplitBrain {
  const merged: { fromMs: number; toMs: number }[] = []
  for (const { fromMs, toMs } of known.spans.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = merged.at(-1)
    if (last !== undefined && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs)
    else merged.push({ fromMs, toMs })
  }
  const lengths = merged.map(({ fromMs, toMs }) => toMs - fromMs)
  return { ...known, totalMs: lengths.reduce((sum, ms) => sum + ms, 0), longestMs: Math.max(0, ...lengths) }
}

const KEPT = 100

function keep<T>(items: readonly T[]): readonly T[] {
  return items.length > KEPT ? items.slice(-KEPT) : items
}
