import type { LabEvent, ProbeAnswer } from './events.ts'
import type { SplitBrain, SplitBrainSpan } from './split-brain.ts'
import type { State } from './state.ts'

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

/** Leadership cannot pass to another member and back in less: the old leader has to be demoted and promoted. */
const RETURN_WITHIN_MS = 1_000
/** Two findings no further apart are one span. */
const JOIN_MS = 1_000
const SWITCHES_KEPT = 8

/**
 * Tells from the probe's answers that two servers acknowledged writes at once: one did, then the other, then the first
 * again, each operation sent after the one before was answered, and all within a second. One failover is none, nor
 * are two of them in turn.
 */
export function trackAcks(
  known: SplitBrain,
  before: State,
  event: LabEvent & { type: 'probe' },
  { lab }: State,
): SplitBrain {
  const { recovery, lastAckMs, lastServer } = before.probes.write
  let last =
    recovery === null
      ? { server: lastServer, answeredMs: lastAckMs }
      : { server: recovery.server, answeredMs: recovery.lastAckMs }
  let switches = known.switches
  let spans = known.spans
  for (const answer of event.answers.toSorted((a, b) => a.answeredMs - b.answeredMs)) {
    const server = answer.server
    // A server that has not said its name goes by its address: it may be any of the nodes.
    if (answer.outcome !== 'ok' || server === undefined || !lab?.nodes.includes(server)) continue
    const current = switches.at(-1)?.to ?? last.server
    if (current !== null && current !== server && last.answeredMs !== null && lab.nodes.includes(current)) {
      const to: AckSwitch = { from: current, to: server, lastMs: last.answeredMs, ...times(answer), seq: event.seq }
      spans = withReturn(spans, switches.at(-1), to)
      switches = [...switches, to].slice(-SWITCHES_KEPT)
    }
    last = { server, answeredMs: answer.answeredMs }
  }
  return switches === known.switches ? known : { ...known, switches, spans }
}

function times({ sentMs, answeredMs }: ProbeAnswer) {
  return { sentMs, answeredMs }
}

function withReturn(
  spans: readonly SplitBrainSpan[],
  away: AckSwitch | undefined,
  back: AckSwitch,
): readonly SplitBrainSpan[] {
  if (away === undefined || away.from !== back.to || away.to !== back.from) return spans
  const isInTurn = away.sentMs >= away.lastMs && back.sentMs >= away.answeredMs
  if (!isInTurn || back.answeredMs - away.lastMs > RETURN_WITHIN_MS) return spans
  return join(spans, {
    nodes: [away.from, away.to].sort() as [string, string],
    basis: 'probe',
    fromMs: away.answeredMs,
    toMs: back.sentMs,
    earliestMs: away.lastMs,
    latestMs: back.answeredMs,
    isOpen: false,
    evidence: [away.seq, back.seq],
  })
}

/**
 * Tells the same from the load, which is summed up by windows: two windows in a row in which both servers acknowledged
 * writes. In one window alone it can be a failover.
 */
export function trackTicks(known: SplitBrain, seq: number, { traffic, lab }: State): SplitBrain {
  const [earlier, later] = traffic.ticks.slice(-2)
  if (earlier === undefined || later === undefined) return known
  if (later.atMs - later.windowMs - earlier.atMs > later.windowMs / 2) return known
  const both = (lab?.nodes ?? []).filter((name) => acks(earlier, name) > 0 && acks(later, name) > 0)
  const pairs = both.flatMap((a, index) => both.slice(index + 1).map((b) => [a, b].sort() as [string, string]))
  if (pairs.length === 0) return known
  const spans = pairs.reduce<readonly SplitBrainSpan[]>(
    (all, nodes) =>
      join(all, {
        nodes,
        basis: 'traffic',
        fromMs: earlier.atMs,
        toMs: later.atMs - later.windowMs,
        earliestMs: earlier.atMs - earlier.windowMs,
        latestMs: later.atMs,
        isOpen: false,
        evidence: [seq],
      }),
    known.spans,
  )
  return { ...known, spans }
}

function acks(tick: State['traffic']['ticks'][number], server: string): number {
  return Object.hasOwn(tick.write.byServer, server) ? (tick.write.byServer[server] ?? 0) : 0
}

/** Findings of one kind that follow each other closely are one span. */
function join(spans: readonly SplitBrainSpan[], found: SplitBrainSpan): readonly SplitBrainSpan[] {
  const toMs = Math.max(found.fromMs, found.toMs)
  const index = spans.findLastIndex((span) => span.basis === found.basis && span.nodes.join() === found.nodes.join())
  const last = spans[index]
  if (last === undefined || found.fromMs - last.toMs > JOIN_MS) return [...spans, { ...found, toMs }].slice(-KEPT)
  const evidence = [last.evidence[0] ?? 0, found.evidence.at(-1) ?? 0]
  return spans.with(index, { ...last, toMs: Math.max(last.toMs, toMs), latestMs: found.latestMs, evidence })
}

const KEPT = 100
