import type { LabEvent, ProbeAnswer } from './events.ts'
import type { Acker, AckSwitch, Claim, SplitBrain, Witness } from './split-brain-state.ts'
import { joinSpan, type SplitBrainSpan } from './split-span.ts'
import type { State } from './state.ts'

/** Leadership cannot pass to another member and back in less: the old leader has to be demoted and promoted. */
const RETURN_WITHIN_MS = 1_000
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
): Pick<SplitBrain, 'switches' | 'spans'> {
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
  return { switches, spans }
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
  return joinSpan(spans, {
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
export function trackTicks(
  known: readonly SplitBrainSpan[],
  seq: number,
  { traffic, lab }: State,
): readonly SplitBrainSpan[] {
  const [earlier, later] = traffic.ticks.slice(-2)
  if (earlier === undefined || later === undefined) return known
  if (later.atMs - later.windowMs - earlier.atMs > later.windowMs / 2) return known
  const both = (lab?.nodes ?? []).filter((name) => acks(earlier, name) > 0 && acks(later, name) > 0)
  const pairs = both.flatMap((a, index) => both.slice(index + 1).map((b) => [a, b].sort() as [string, string]))
  if (pairs.length === 0) return known
  return pairs.reduce<readonly SplitBrainSpan[]>(
    (all, nodes) =>
      joinSpan(all, {
        nodes,
        basis: 'traffic',
        fromMs: earlier.atMs,
        toMs: later.atMs - later.windowMs,
        earliestMs: earlier.atMs - earlier.windowMs,
        latestMs: later.atMs,
        isOpen: false,
        evidence: [seq],
      }),
    known,
  )
}

function acks(tick: State['traffic']['ticks'][number], server: string): number {
  return Object.hasOwn(tick.write.byServer, server) ? (tick.write.byServer[server] ?? 0) : 0
}

/** While a node that can be asked takes all writes, there is nothing to claim. */
export function withClaims(
  { nodes, claims }: SplitBrain,
  { answers, seq }: LabEvent & { type: 'probe' },
  { lab }: State,
): readonly Claim[] {
  const primaries = Object.entries(nodes).filter(([, { state }]) => state === 'primary')
  if (primaries.length === 0) return claims
  const found = answers.flatMap((answer) => {
    const { server, sentMs, answeredMs } = answer
    if (answer.outcome !== 'ok' || server === undefined || !lab?.nodes.includes(server)) return []
    return primaries
      .filter(([name, { sinceMs }]) => name !== server && sinceMs <= sentMs)
      .map(([witness]): Claim => {
        return { node: server, witness, answer: { sentMs, answeredMs }, seq }
      })
  })
  return found.length === 0 ? claims : [...claims, ...found].slice(-CLAIMS_KEPT)
}

/** The same of the load: whatever was answered in a window was sent no earlier than the slowest of it says. */
export function withClaimsOfLoad(
  { nodes, claims }: SplitBrain,
  { write: { byServer, latencyMs }, windowMs, atMs, seq }: LabEvent & { type: 'traffic.tick' },
  { lab }: State,
): readonly Claim[] {
  if (latencyMs === null) return claims
  const sentMs = atMs - windowMs - latencyMs.max
  const witnesses = Object.keys(nodes).filter((name) => {
    const { state, sinceMs } = nodes[name] as Witness
    return state === 'primary' && sinceMs <= sentMs
  })
  const found = (lab?.nodes ?? [])
    .filter((node) => Object.hasOwn(byServer, node) && (byServer[node] ?? 0) > 0)
    .flatMap((node) =>
      witnesses
        .filter((witness) => witness !== node)
        .map((witness): Claim => ({ node, witness, answer: { sentMs, answeredMs: atMs }, seq })),
    )
  return found.length === 0 ? claims : [...claims, ...found].slice(-CLAIMS_KEPT)
}

/** Far more than the probe sends while one question may take. */
const CLAIMS_KEPT = 1_000

/** The witness says again that it is out of recovery, asked after `askedMs`. */
export function confirmed(
  { claims, spans }: SplitBrain,
  witness: string,
  askedMs: number,
  seq: number,
): Pick<SplitBrain, 'claims' | 'spans'> {
  const proven = claims.filter((claim) => claim.witness === witness && claim.answer.answeredMs <= askedMs)
  if (proven.length === 0) return { claims, spans }
  const nodes = [...new Set(proven.map(({ node }) => node))]
  const found = nodes.map((node): SplitBrainSpan => {
    const own = proven.filter((claim) => claim.node === node)
    return {
      nodes: [node, witness].sort() as [string, string],
      basis: 'acknowledged',
      fromMs: Math.min(...own.map(({ answer }) => answer.answeredMs)),
      toMs: Math.max(...own.map(({ answer }) => answer.sentMs)),
      earliestMs: Math.min(...own.map(({ answer }) => answer.sentMs)),
      latestMs: Math.max(...own.map(({ answer }) => answer.answeredMs)),
      isOpen: false,
      evidence: [own[0]?.seq ?? seq, seq],
    }
  })
  return { claims: claims.filter((claim) => !proven.includes(claim)), spans: found.reduce(joinSpan, spans) }
}

const ACKS_WITHIN_MS = 1_000

/** Null while nobody does, and while it is a node that says itself that it takes writes. */
export function ackerAfter(
  { nodes, acker }: SplitBrain,
  { answers, atMs }: LabEvent & { type: 'probe' },
): Acker | null {
  const last = answers.findLast(({ outcome, server }) => outcome === 'ok' && server !== undefined)
  if (last?.server === undefined) return acker !== null && atMs - acker.lastMs > ACKS_WITHIN_MS ? null : acker
  const { server, answeredMs } = last
  if (nodes[server]?.state === 'primary') return null
  const isOn = acker?.server === server && answeredMs - acker.lastMs <= ACKS_WITHIN_MS
  return { server, sinceMs: isOn ? acker.sinceMs : answeredMs, lastMs: answeredMs }
}
