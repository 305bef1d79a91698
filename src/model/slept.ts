import type { LabAsleep, LabShape } from './events.ts'
import { areRivals } from './rivals.ts'
import type { Unwitnessed } from './unwitnessed.ts'
import { withDoubt } from './unwitnessed.ts'
import type { Witness } from './witness.ts'

/** The lab slept, and has not heard every node since: what changed hands meanwhile, nobody saw. */
export interface Slept {
  readonly fromMs: number
  readonly toMs: number
  /** Nodes that took writes when it fell asleep, or may have. */
  readonly suspects: readonly string[]
  /** Nodes that did not, and have not said anything since. */
  readonly unheard: readonly string[]
}

/** Null when no node can have taken over from another. */
export function fallenAsleep(nodes: Readonly<Record<string, Witness>>, { fromMs, toMs }: LabAsleep): Slept | null {
  const names = Object.keys(nodes)
  const suspects = names.filter((name) => {
    const { state, lastKnown } = nodes[name] as Witness
    return state === 'primary' || (state === 'unknown' && lastKnown !== 'standby')
  })
  const unheard = names.filter((name) => nodes[name]?.state !== 'primary')
  if (suspects.length === 0 || unheard.length === 0) return null
  // A machine that was suspended had its clock suspended too: no time has passed, and yet nobody looked.
  return { fromMs, toMs: Math.max(toMs, fromMs + 1), suspects, unheard }
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
  const { fromMs, toMs } = slept
  const doubts = isPrimary ? slept.suspects.filter((each) => each !== node && areRivals(groupOf, each, node)) : []
  return {
    slept: unheard.length === 0 ? null : { ...slept, unheard },
    unwitnessed: doubts.reduce((all, suspect) => {
      const resolution = 'unknown'
      return withDoubt(all, {
        node: suspect,
        other: node,
        lastKnown: 'primary',
        resolution,
        fromMs,
        toMs,
        evidence: [seq],
      })
    }, unwitnessed),
  }
}
