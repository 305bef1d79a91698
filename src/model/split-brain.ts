import { ackerAfter, confirmed, trackAcks, trackTicks, withClaims, withClaimsOfLoad } from './ack-witness.ts'
import type { LabEvent } from './events.ts'
import { partOf } from './part-of.ts'
import { areRivals } from './rivals.ts'
import { fallenAsleep, heardAgain } from './slept.ts'
import type { RivalPair, SplitBrain, Witness } from './split-brain-state.ts'
import { keepSpans, type SplitBrainSpan } from './split-span.ts'
import type { State } from './state.ts'
import { longestMsOf, totalMsOf, withInterval } from './time-union.ts'
import { withUnwitnessed } from './unwitnessed.ts'
import { afterAppointment, afterContainer, afterInside, afterReading, afterSilence } from './witness.ts'

/**
 * Takes in one event, given the states around it. What it does not touch keeps its identity.
 * @param appointed the node that the event says was given the write authority, by the system's own word; null for none
 */
export function trackSplitBrain(before: State, event: LabEvent, after: State, appointed: string | null): SplitBrain {
  const known =
    appointed === null
      ? before.splitBrain
      : turnAll(before.splitBrain, event, (was, node) => (node === appointed ? afterAppointment(was, event) : was))
  switch (event.type) {
    case 'run.started':
      return event.lab.groupOf === undefined ? known : { ...known, groupOf: event.lab.groupOf }
    case 'postgres.node': {
      const { node, reading } = event
      const turned = heard(turn(known, node, afterReading(known.nodes[node], event, before), event), event)
      if (!reading.ok || reading.value.isInRecovery) return turned
      return outOfRecovery(turned, node, before.nodes[node]?.postgres.checkedAtMs ?? Number.NEGATIVE_INFINITY, event)
    }
    case 'postgres.inside': {
      const turned = turn(known, event.node, afterInside(known.nodes[event.node], event), event)
      const { state, by } = turned.nodes[event.node] ?? {}
      return state === 'primary' && by === 'engine' ? outOfRecovery(turned, event.node, event.askedMs, event) : turned
    }
    case 'docker.event':
    case 'docker.container': {
      const node = partOf(after.lab, event.service)
      if (node === null || after.lab?.nodes.includes(node) !== true) return known
      return turn(known, node, afterContainer(known.nodes[node], event, before), event)
    }
    case 'lab.asleep':
      return asleep(known, event)
    case 'docker.engine':
      if (event.reading.ok) return known
      return turnAll(known, event, (was, node) => {
        return after.lab?.hostOf?.[node] === event.host ? afterSilence(was, event, before) : was
      })
    case 'probe':
      return event.kind === 'write' ? onAcks(known, before, event, after) : known
    case 'traffic.tick':
      return withSpans(withLoad(known, event, after), trackTicks(known.spans, event.seq, after))
    default:
      return known
  }
}

function onAcks(known: SplitBrain, before: State, event: LabEvent & { type: 'probe' }, after: State): SplitBrain {
  const { switches, spans } = trackAcks(known, before, event, after)
  const found = switches === known.switches ? known : withSpans({ ...known, switches }, spans)
  const claims = withClaims(found, event, after)
  const acker = ackerAfter(found, event)
  if (claims === found.claims && acker === found.acker) return found
  const next = { ...found, claims, acker }
  if (acker?.server === found.acker?.server) return next
  return { ...next, unwitnessed: withUnwitnessed(next.unwitnessed, { ...next, ...timeOf(event) }, next.nodes) }
}

function withLoad(known: SplitBrain, event: LabEvent & { type: 'traffic.tick' }, after: State): SplitBrain {
  const claims = withClaimsOfLoad(known, event, after)
  return claims === known.claims ? known : { ...known, claims }
}

function asleep(known: SplitBrain, event: LabEvent & { type: 'lab.asleep' }): SplitBrain {
  const slept = fallenAsleep(known.nodes, event)
  // Asleep again before it had heard every node: it is one sleep.
  const fromMs = Math.min(known.slept?.fromMs ?? Number.POSITIVE_INFINITY, event.fromMs)
  return slept === null ? known : { ...known, slept: { ...slept, fromMs } }
}

/** The first word of a node since the lab slept. */
function heard(known: SplitBrain, { node, reading, seq }: LabEvent & { type: 'postgres.node' }): SplitBrain {
  const { slept, unwitnessed, groupOf } = known
  if (slept === null || !reading.ok) return known
  return { ...known, ...heardAgain({ slept, unwitnessed, groupOf }, node, !reading.value.isInRecovery, seq) }
}

interface At {
  readonly atMs: number
  readonly seq: number
}

function timeOf({ atMs, seq }: At): At {
  return { atMs, seq }
}

function turnAll(known: SplitBrain, at: At, change: (was: Witness, node: string) => Witness): SplitBrain {
  return Object.entries(known.nodes).reduce((all, [node, was]) => turn(all, node, change(was, node), at), known)
}

/** More is known of a node now: that may end what it was part of, and may leave it unwitnessed. */
function turn(known: SplitBrain, node: string, entry: Witness | undefined, at: At): SplitBrain {
  const was = known.nodes[node]
  if (entry === undefined || entry === was) return known
  const nodes = { ...known.nodes, [node]: entry }
  if (was?.state === entry.state && was.by === entry.by && was.lastKnown === entry.lastKnown) return { ...known, nodes }
  const latestMs = entry.state === 'unknown' ? null : at.atMs
  const isPrimary = entry.state === 'primary'
  const spans = known.spans.map((span) =>
    span.isOpen && span.basis === 'recovery' && span.nodes.includes(node) && !isPrimary
      ? { ...span, isOpen: false, latestMs }
      : span,
  )
  const pairs = known.pairs.filter((pair) => !pair.nodes.includes(node))
  const claims = isPrimary ? known.claims : known.claims.filter(({ witness }) => witness !== node)
  const now = { nodes, acker: known.acker, groupOf: known.groupOf, ...timeOf(at) }
  return { ...known, nodes, pairs, spans, claims, unwitnessed: withUnwitnessed(known.unwitnessed, now, known.nodes) }
}

/** A node has said that it is out of recovery, asked after `askedMs`. */
function outOfRecovery(known: SplitBrain, node: string, askedMs: number, { seq }: At): SplitBrain {
  const { spans, claims } = confirmed(known, node, askedMs, seq)
  const acknowledged = claims === known.claims ? known : withSpans({ ...known, claims }, spans)
  return withOverlaps(acknowledged, node, askedMs, seq)
}

/**
 * Two nodes are proven to overlap only once each was found out of recovery after the other had said so. An answer can
 * be late by as long as a question may take: what it says was so, certainly, when the node's previous answer had come.
 */
function withOverlaps(known: SplitBrain, node: string, untilMs: number, seq: number): SplitBrain {
  const others = Object.keys(known.nodes).filter((name) => name !== node && known.nodes[name]?.state === 'primary')
  return others.reduce((all, name) => withPair(all, node, name, untilMs, seq), known)
}

function withPair(known: SplitBrain, node: string, other: string, untilMs: number, seq: number): SplitBrain {
  const nodes = [node, other].sort() as [string, string]
  const pair = known.pairs.find((each) => isPair(each, nodes)) ?? { nodes, untilMs: {} }
  const updated: RivalPair = { nodes, untilMs: { ...pair.untilMs, [node]: untilMs } }
  const pairs = [...known.pairs.filter((each) => each !== pair), updated]
  const [a, b] = nodes.map((name) => known.nodes[name]) as [Witness, Witness]
  const fromMs = Math.max(a.sinceMs, b.sinceMs)
  const toMs = Math.min(...nodes.map((name) => updated.untilMs[name] ?? Number.NEGATIVE_INFINITY))
  if (toMs < fromMs) return { ...known, pairs }
  const index = known.spans.findLastIndex((span) => span.isOpen && span.basis === 'recovery' && isPair(span, nodes))
  const open = known.spans[index]
  if (open !== undefined) {
    const evidence = [...open.evidence.slice(0, 2), seq]
    return withSpans({ ...known, pairs }, known.spans.with(index, { ...open, toMs, evidence }))
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
  return withSpans({ ...known, pairs }, [...known.spans, span])
}

function isPair(span: { readonly nodes: readonly [string, string] }, nodes: readonly [string, string]): boolean {
  return span.nodes[0] === nodes[0] && span.nodes[1] === nodes[1]
}

function later(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b)
}

/** With spans that are new, or have grown: of those that are kept no longer, number and time stay. */
function withSpans(known: SplitBrain, found: readonly SplitBrainSpan[]): SplitBrain {
  if (found === known.spans) return known
  const spans = found.filter(({ nodes: [a, b] }) => areRivals(known.groupOf, a, b))
  const news = spans.filter((span) => !known.spans.includes(span))
  const times = news.reduce(withInterval, known.times)
  const count = known.count + Math.max(0, spans.length - known.spans.length)
  return { ...known, spans: keepSpans(spans), count, times, totalMs: totalMsOf(times), longestMs: longestMsOf(times) }
}
