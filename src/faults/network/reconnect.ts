import { z } from 'zod'
import { containerName } from '../container/container-name.ts'
import { factsIfThere } from '../facts-if-there.ts'
import type { UndoKind } from '../fault.ts'
import type { World } from '../world.ts'
import { lookForTable } from './nft-table.ts'
import { endSides, lookInside, QUEUE, takeBackCommand, whichSideRemains } from './side.ts'
import { hasNetwork } from './spot.ts'

const schema = z.strictObject({
  faultId: z.string().regex(/^[0-9a-f]{1,32}$/),
  isShaped: z.boolean(),
  /** Where something was changed, with the names of the container and of the one beside it. */
  at: z.array(z.strictObject({ service: containerName, container: containerName, side: containerName })),
})
type Params = z.output<typeof schema>

/**
 * Ends the side containers of a fault, each of which takes its change back, and makes sure of it from other ones. A
 * change goes with the network that it was made in: there is nothing to do for a container that does not run.
 */
export const reconnect: UndoKind<Params> = {
  type: 'reconnect',
  schema,
  async perform(params, world, signal) {
    const sides = await endSides(params, world, signal)
    // Those that ran have done it themselves.
    const hasRun = new Set(sides.filter((side) => side.isRunning).map((side) => side.name))
    const others = params.at.filter(({ side }) => !hasRun.has(side))
    const command = takeBackCommand(params.faultId, params.isShaped)
    await Promise.all(others.map(({ service }) => inNetwork(service, command, world, signal)))
  },
  async remains(params, world, signal) {
    const side = await whichSideRemains(params, world, signal)
    if (side !== null) return side
    const look = lookCommand(params)
    const found = await Promise.all(
      params.at.map(async ({ container, service }) => ({
        container,
        left: (await inNetwork(service, look, world, signal)) ?? '',
      })),
    )
    const changed = found.find(({ left }) => left !== '')
    if (changed === undefined) return null
    return `the network of ${changed.container} is still changed (${changed.left.split('\n')[0]})`
  },
  byHand({ faultId, isShaped, at }, world) {
    const image = world.toolsImage ?? 'IMAGE'
    const command = takeBackCommand(faultId, isShaped).replaceAll(/["$\\]/g, '\\$&')
    const run = `run --rm --user root --cap-add NET_ADMIN --network container:$name --entrypoint bash ${image}`
    const hosts = Map.groupBy(at, ({ service }) => world.containers.cliFor(service))
    return [...hosts]
      .map(([docker, own]) => {
        const sides = own.map(({ side }) => side).join(' ')
        const containers = own.map(({ container }) => container).join(' ')
        return `${docker} rm -f ${sides}; for name in ${containers}; do ${docker} ${run} -c "${command}"; done`
      })
      .join('; ')
  },
}

/** Null without a network. */
async function inNetwork(service: string, command: string, world: World, signal: AbortSignal): Promise<string | null> {
  const isUp = async () => hasNetwork((await factsIfThere(service, world, signal))?.state)
  if (!(await isUp())) return null
  try {
    return await lookInside(service, command, world, signal)
  } catch (error) {
    // It may have ended meanwhile.
    if (signal.aborted || (await isUp())) throw error
    return null
  }
}

/** Prints what is left, and nothing when nothing is. */
function lookCommand({ faultId, isShaped }: Params): string {
  const tables = lookForTable(faultId)
  return isShaped ? `${tables}; tc qdisc show | { grep -F ' ${QUEUE} ' || true; }` : tables
}
