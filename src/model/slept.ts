import type { LabAsleep, LabShape } from './events.ts'
import { areRivals } from './rivals.ts'
import type { Slept, Unwitnessed, Witness } from './split-brain-state.ts'
import { withDoubt } from './unwitnessed.ts'

/** Null when no node can have taken over from another. */
export function fallenAsleep(nodes: Readonly<Record<string, Witness>>, { fromMs, toMs }: LabAsleep): Slept | null {
  const unheard = Object.keys(nodes).filter((name) => nodes[name]?.state !== 'primary')
  if (unheard.length === 0 || !Object.values(nodes).some(mayTakeWrites)) return null
  // A machine that was suspended had its clock suspended too: no time has passed, and yet nobody looked.
  return { fromMs, toMs: Math.max(toMs, fromMs + 1), before: nodes, unheard }
}

/** A node has said what it is: a primary that was none before became one while the old one may still have been. */
export function heardAgain(
  {
    slept,
    unwitnessed,
    groupOf,
  }: { readonly slept: Slept; readonly unwitnessed: Unwitnessed; readonly groupOf: LabShape['groupOf'] | null },
  node: string,
  isPrimary: boolean,
  seq: number,
): { readonly slept: Slept | null; readonly unwitnessed: Unwitnessed } {
  if (!slept.unheard.includes(node)) return { slept, unwitnessed }
  const unheard = slept.unheard.filter((each) => each !== node)
  const { fromMs, toMs, before } = slept
  const suspects = isPrimary
    ? Object.entries(before).filter(([each]) => each !== node && areRivals(groupOf, each, node))
    : []
  // Of two that had never been heard, nothing is known to have changed hands.
  const doubts = suspects.filter(
    ([, was]) => mayTakeWrites(was) && (was.lastKnown ?? before[node]?.lastKnown ?? null) !== null,
  )
  return {
    slept: unheard.length === 0 ? null : { ...slept, unheard },
    unwitnessed: doubts.reduce((all, [suspect, { lastKnown }]) => {
      const span = { node: suspect, other: node, lastKnown, resolution: 'unknown' as const }
      return withDoubt(all, { ...span, fromMs, toMs, evidence: [seq] })
    }, unwitnessed),
  }
}

function mayTakeWrites({ state, lastKnown }: Witness): boolean {
  return state === 'primary' || (state === 'unknown' && lastKnown !== 'standby')
}
