import type { Part, Role } from '../../faults/part.ts'
import type { State } from '../../model/state.ts'
import { leaderOf, standbysOf } from './health.ts'

/** The field's names for the two, and those of a cluster of more. */
export const roles = [
  { name: 'leader', kind: 'node' },
  { name: 'primary', kind: 'node' },
  { name: 'replica', kind: 'node' },
  { name: 'standby', kind: 'node' },
  { name: 'nodes', kind: 'node' },
] as const satisfies readonly Role[]

/** The parts that are in a role at this moment, best first; none when nobody is. */
export function inRole(role: string, parts: readonly Part[], state: State): readonly string[] {
  switch (role as (typeof roles)[number]['name']) {
    case 'leader':
    case 'primary': {
      const leader = leaderOf(state)
      return leader === null ? [] : [leader]
    }
    case 'replica':
    case 'standby':
      return standbysOf(state).slice(0, 1)
    case 'nodes':
      return parts.filter((part) => part.kind === 'node').map((part) => part.name)
  }
}
