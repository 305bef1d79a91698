import type { Part, Role } from '../../faults/part.ts'
import type { State } from '../../model/state.ts'
import { shapeOf } from './known.ts'

export const roles = [
  { name: 'shards', kind: 'node' },
  { name: 'nodes', kind: 'node' },
  { name: 'apps', kind: 'app' },
] as const satisfies readonly Role[]

/** The parts that are in a role; nobody's role ever changes. */
export function inRole(role: string, parts: readonly Part[], state: State): readonly string[] {
  const { shards, apps } = shapeOf(state.lab)
  switch (role as (typeof roles)[number]['name']) {
    case 'shards':
      return shards
    case 'apps':
      return apps
    case 'nodes':
      return parts.filter((part) => part.kind === 'node').map((part) => part.name)
  }
}

export function roleOfPart(part: string, { lab }: Pick<State, 'lab'>): string | null {
  const { master, shards, apps } = shapeOf(lab)
  if (part === master) return 'master'
  if (shards.includes(part)) return 'shard'
  return apps.includes(part) ? 'application' : null
}
