import type { Part, Role } from '../../faults/part.ts'
import type { State } from '../../model/state.ts'
import { shardsOf, vectorsOf } from './known.ts'
import { vectorsIn } from './shape.ts'

export const roles = [
  { name: 'leader', kind: 'app' },
  { name: 'replica', kind: 'app' },
  { name: 'gateway', kind: 'proxy' },
  { name: 'store', kind: 'node' },
  { name: 'nodes', kind: 'app' },
] as const satisfies readonly Role[]

/**
 * The parts that are in a role at this moment: `leader` leads the first shard, `replica` holds a copy of it and leads
 * the fewest of all, `nodes` hold copies, `store` is what the leader keeps its copies in.
 */
export function inRole(role: string, _parts: readonly Part[], state: State): readonly string[] {
  const shape = vectorsIn(state.lab)
  const [first] = shardsOf(state)
  switch (role as (typeof roles)[number]['name']) {
    case 'leader':
      return first?.leader ? [first.leader] : []
    case 'replica':
      return holders(state)
        .filter((node) => node !== first?.leader)
        .toSorted((a, b) => ledBy(state, a) - ledBy(state, b))
        .slice(0, 1)
    case 'gateway':
      return (shape?.gateways ?? []).slice(0, 1)
    case 'nodes':
      return holders(state)
    case 'store': {
      const at = shape?.vectorNodes.indexOf(first?.leader ?? '') ?? -1
      return (shape?.nodes ?? []).slice(at, at + 1)
    }
  }
}

function holders(state: State): readonly string[] {
  const held = new Set(shardsOf(state).flatMap(({ members }) => members.map(({ node }) => node)))
  return Object.keys(vectorsOf(state).nodes).filter((node) => held.has(node))
}

function ledBy(state: State, node: string): number {
  return shardsOf(state).filter(({ leader }) => leader === node).length
}
