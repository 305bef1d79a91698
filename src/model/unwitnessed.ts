import type { LabShape } from './events.ts'
import { areRivals } from './rivals.ts'
import type { Unwitnessed, UnwitnessedSpan, Witness } from './split-brain-state.ts'
import { withInterval } from './time-union.ts'

/**
 * Whether two nodes may have taken writes in it. A standby that cannot be asked is promoted by nobody before it has
 * taken the leader key, and from then on it counts as one whose role is not known.
 */
export function isInDoubt({ resolution, lastKnown }: Pick<UnwitnessedSpan, 'resolution' | 'lastKnown'>): boolean {
  return resolution === 'unknown' && lastKnown !== 'standby'
}

interface Now {
  readonly nodes: Readonly<Record<string, Witness>>
  /** Who acknowledged a write within the last second, and since when. */
  readonly acker: { readonly server: string; readonly sinceMs: number } | null
  readonly groupOf: LabShape['groupOf'] | null
  readonly atMs: number
  readonly seq: number
}

/** The spans up to now, given what each node is known to be, and what was before. */
export function withUnwitnessed(known: Unwitnessed, now: Now, was: Readonly<Record<string, Witness>>): Unwitnessed {
  return Object.keys(now.nodes).reduce((all, node) => withNode(all, node, now, was[node]), known)
}

function withNode(known: Unwitnessed, node: string, now: Now, was: Witness | undefined): Unwitnessed {
  const entry = now.nodes[node] as Witness
  const index = known.spans.findIndex((span) => span.node === node && span.toMs === null)
  const open = known.spans[index]
  const resolution = entry.state === 'unknown' ? 'unknown' : entry.by
  const takers = takersBut(node, now)
  const taker = takers.find(({ name }) => name === open?.other) ?? takers[0]
  const isOver = resolution === null || resolution === 'itself' || taker === undefined
  if (open === undefined && isOver) return known
  const lastKnown = (entry.state === 'unknown' ? entry : (was ?? entry)).lastKnown
  if (open !== undefined) {
    const isSame = open.resolution === resolution && (resolution !== 'unknown' || open.lastKnown === lastKnown)
    if (!isOver && isSame && taker.name === open.other) return known
  }
  // What ends it, or only its doubt, may prove more than the moment at which it was told.
  const boundaryMs = open?.resolution === resolution ? now.atMs : Math.min(now.atMs, entry.provenFromMs)
  const ended = open === undefined ? known : close(known, index, Math.max(open.fromMs, boundaryMs), now.seq)
  if (isOver) return ended
  const fromMs = Math.max(open?.fromMs ?? 0, boundaryOf(open, entry, boundaryMs), taker.sinceMs)
  const span: UnwitnessedSpan = {
    node,
    other: taker.name,
    lastKnown,
    resolution,
    fromMs,
    toMs: null,
    evidence: [now.seq],
  }
  return { ...ended, spans: keep([...ended.spans, span]) }
}

function boundaryOf(open: UnwitnessedSpan | undefined, entry: Witness, boundaryMs: number): number {
  return open === undefined ? entry.provenFromMs : boundaryMs
}

/** Nodes that are out of recovery, and whoever acknowledges. */
function takersBut(
  node: string,
  { nodes, acker, groupOf }: Now,
): { readonly name: string; readonly sinceMs: number }[] {
  const primaries = Object.entries(nodes)
    .filter(([name, { state }]) => name !== node && state === 'primary' && areRivals(groupOf, name, node))
    .map(([name, { sinceMs }]) => ({ name, sinceMs }))
  if (
    acker === null ||
    !areRivals(groupOf, acker.server, node) ||
    acker.server === node ||
    nodes[acker.server]?.state === 'primary'
  )
    return primaries
  return [...primaries, { name: acker.server, sinceMs: acker.sinceMs }]
}

function close(known: Unwitnessed, index: number, toMs: number, seq: number): Unwitnessed {
  const span = known.spans[index] as UnwitnessedSpan
  if (toMs <= span.fromMs) return { ...known, spans: known.spans.toSpliced(index, 1) }
  const spans = known.spans.with(index, { ...span, toMs, evidence: [...span.evidence, seq] })
  if (!isInDoubt(span)) return { ...known, spans }
  return { spans, count: known.count + 1, times: withInterval(known.times, { fromMs: span.fromMs, toMs }) }
}

/** With a span that is over already. */
export function withDoubt(known: Unwitnessed, span: UnwitnessedSpan & { readonly toMs: number }): Unwitnessed {
  const { fromMs, toMs } = span
  const times = withInterval(known.times, { fromMs, toMs })
  return { spans: keep([...known.spans, span]), count: known.count + 1, times }
}

const KEPT = 100

function keep(spans: readonly UnwitnessedSpan[]): readonly UnwitnessedSpan[] {
  const oldest = spans.findIndex(({ toMs }) => toMs !== null)
  return spans.length > KEPT && oldest !== -1 ? spans.toSpliced(oldest, 1) : spans
}
