import { z } from 'zod'
import { FaultError } from '../../../../faults/fault.ts'
import { resolveTarget } from '../../../../faults/resolve-target.ts'
import { parseTarget } from '../../../../faults/target.ts'
import type { World } from '../../../../faults/world.ts'

/** The name of a node, or a role that one node has: `patroni2`, `replica`, `sync-standby`, `next-candidate`. */
export const candidateSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'expected the name of a node, replica, sync-standby or next-candidate')

/** The node that a candidate stands for at this moment. @throws {FaultError} there is none, or there are several */
export function findCandidate(text: string, world: World): string {
  const target = parseTarget(text)
  if ('error' in target) throw new FaultError(`candidate: ${target.error}`)
  const found = resolveTarget(target, { type: 'a switchover', aims: ['node'] }, world, () => 0)
  if (found.length > 1) throw new FaultError(`candidate: ${text} stands for ${found.length} nodes, and one can lead`)
  return (found[0] as { readonly name: string }).name
}
