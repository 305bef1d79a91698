import type { SplitBrain } from './split-brain.ts'

/** One node could not be asked while another was out of recovery: whether both were is not known. */
export interface UnwitnessedSpan {
  readonly node: string
  readonly other: string
  /** What the node had said last. */
  readonly lastKnown: 'primary' | 'standby' | null
  readonly fromMs: number
  /** Null while it lasts. */
  readonly toMs: number | null
  readonly evidence: readonly number[]
}

/** The spans up to now, given what each node is known to be; `at` is the event by which it changed. */
export function withUnwitnessed(
  spans: readonly UnwitnessedSpan[],
  nodes: SplitBrain['nodes'],
  { atMs, seq }: { readonly atMs: number; readonly seq: number },
): readonly UnwitnessedSpan[] {
  const otherOf = (node: string) =>
    Object.entries(nodes).find(([name, { state }]) => name !== node && state === 'primary')
  const closed = spans.map((span) => {
    if (span.toMs !== null) return span
    const isOpen = nodes[span.node]?.state === 'unknown' && nodes[span.other]?.state === 'primary'
    return isOpen ? span : { ...span, toMs: atMs, evidence: [...span.evidence, seq] }
  })
  const begun = Object.entries(nodes).flatMap(([node, { state, sinceMs, lastKnown }]): UnwitnessedSpan[] => {
    const [other, witness] = otherOf(node) ?? []
    if (state !== 'unknown' || other === undefined || witness === undefined) return []
    if (closed.some((span) => span.node === node && span.toMs === null)) return []
    const fromMs = Math.max(sinceMs, witness.sinceMs)
    return [{ node, other, lastKnown, fromMs, toMs: null, evidence: [seq] }]
  })
  return [...closed, ...begun]
}
