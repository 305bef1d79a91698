import type { FaultScope } from '../fault.ts'
import { watchSides } from './keep.ts'
import {
  type Changed,
  type ChangeOptions,
  makeAll,
  type NetworkChange,
  sideName,
  startAll,
  toolsImage,
} from './side.ts'
import type { SideSaid } from './side-script.ts'

/**
 * Makes changes in the networks of containers, all at the same moment, from a side container beside each, which stays
 * there to take its change back: when it is stopped, or when the lab gives no sign of life. The undo of all of them is
 * deferred first. A change in the network of a container that is not a target is made again when that is restarted.
 * @returns what each saw before and afterwards
 * @throws {FaultError} the lab has no image for side containers, or the commands failed: with what they said
 */
export async function changeNetworks(
  changes: readonly NetworkChange[],
  scope: FaultScope,
  options: ChangeOptions,
  signal: AbortSignal,
): Promise<readonly Changed[]> {
  const { world, id } = scope
  toolsImage(world)
  const at = changes.map(({ at: { part, facts } }) => ({
    service: part.service,
    container: facts?.name ?? part.service,
    side: sideName(id, part),
  }))
  await scope.defer({ type: 'reconnect', params: { faultId: id, isShaped: options.isShaped === true, at } })
  const sides = await startAll(changes, scope, options)
  signal.throwIfAborted()
  const said = await makeAll(sides, world, signal)
  watchSides(changes, sides, scope, options)
  return changes.map((change, index) => ({ ...change, said: said[index] as SideSaid }))
}
