import { z } from 'zod'
import { containerName } from '../container/container-name.ts'
import { FaultError, type UndoKind } from '../fault.ts'
import type { Part } from '../part.ts'
import type { World } from '../world.ts'
import { lookForTable } from './nft-table.ts'
import { endSides, SIDE_LABEL, takeBackCommand, toolsImage, whichSideRemains } from './side.ts'

const schema = z.strictObject({
  faultId: z.string().regex(/^[0-9a-f]{1,32}$/),
  /** The hosts, each with a service that tells which it is, and the container that made the cut there. */
  at: z.array(z.strictObject({ service: containerName, host: containerName, side: containerName })),
})
type Params = z.output<typeof schema>

/** Names the side container in the network of a part's host. */
export function hostSideName(faultId: string, { service }: Pick<Part, 'service'>): string {
  return `chaoslab-${faultId}-host-of-${service}`
}

/** Ends what cuts a host off, and makes sure that nothing of it is left in the host's own network. */
export const rejoinHost: UndoKind<Params> = {
  type: 'rejoin-host',
  schema,
  async perform(params, world, signal) {
    await endSides(params, world, signal)
    const command = takeBackCommand(params.faultId, false)
    await Promise.all(params.at.map(({ service }) => onHost(service, command, world, signal)))
  },
  async remains(params, world, signal) {
    const side = await whichSideRemains(params, world, signal)
    if (side !== null) return side
    const look = lookForTable(params.faultId)
    const found = await Promise.all(
      params.at.map(async ({ host, service }) => ({ host, left: await onHost(service, look, world, signal) })),
    )
    const changed = found.find(({ left }) => left !== '')
    return changed === undefined ? null : `the network of ${changed.host} is still changed (${changed.left})`
  },
  byHand({ faultId, at }, world) {
    const image = world.toolsImage ?? 'IMAGE'
    const command = takeBackCommand(faultId, false).replaceAll(/["$\\]/g, '\\$&')
    return at
      .map(({ service, side }) => {
        const docker = world.containers.cliFor(service)
        const run = `${docker} run --rm --user root --cap-add NET_ADMIN --network host --entrypoint bash ${image}`
        return `${docker} rm -f ${side}; ${run} -c "${command}"`
      })
      .join('; ')
  },
}

/** Runs commands once in the network of the host that has this service. */
export async function onHost(service: string, command: string, world: World, signal: AbortSignal): Promise<string> {
  const options = { image: toolsImage(world), labels: { [SIDE_LABEL]: world.mark }, command: ['bash', '-c', command] }
  const { code, stdout, stderr } = await world.containers.runOnHost(service, options, signal)
  if (code !== 0) throw new FaultError(`on the host of ${service}: ${stderr.trim() || `exit code ${code}`}`)
  return stdout.trim()
}
