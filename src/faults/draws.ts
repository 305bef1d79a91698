import { pick, type Rng } from '../model/rng.ts'

/** One way to break something, as chance may draw it. */
export interface Draw {
  readonly inject: string
  /** Roles of the system. */
  readonly targets: readonly string[]
  /** How often it is drawn, compared with the others. */
  readonly weight: number
  readonly settings?: (rng: Rng) => Record<string, unknown>
}

const NODES = ['leader', 'replica']

/** What any PostgreSQL can suffer again and again without a hand. */
const general: readonly Draw[] = [
  { inject: 'kill', targets: NODES, weight: 4 },
  { inject: 'stop', targets: NODES, weight: 3 },
  { inject: 'pause', targets: NODES, weight: 3 },
  { inject: 'isolate', targets: NODES, weight: 4 },
  { inject: 'loss', targets: NODES, weight: 2, settings: (rng) => ({ percent: pick(rng, [5, 20, 40]) }) },
  { inject: 'kill-postmaster', targets: NODES, weight: 2 },
]

interface Drawing {
  readonly draws?: readonly Draw[]
  readonly roles: readonly { readonly name: string }[]
}

/** What chance may draw of a system: what it says itself, or what its servers can suffer in the roles that it has. */
export function drawsOf({ draws, roles }: Drawing): readonly Draw[] {
  if (draws !== undefined) return draws
  const named = new Set(roles.map(({ name }) => name))
  return general.flatMap((draw) => {
    const targets = draw.targets.filter((target) => named.has(target))
    return targets.length === 0 ? [] : [{ ...draw, targets }]
  })
}
