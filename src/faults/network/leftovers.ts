import { type Leftover, orUntold } from '../leftover.ts'
import type { World } from '../world.ts'
import { onHost } from './rejoin-host.ts'
import { FAULT_LABEL, lookInside, SIDE_LABEL } from './side.ts'
import { findSpots, hasNetwork } from './spot.ts'

/**
 * What network faults have left, or have in force: side containers of this lab, and changes in the network of every
 * part that runs, a line each. Nothing is changed. Says so too where it cannot be told.
 * @throws {EngineError} Docker does not answer
 */
export async function scanNetwork(world: World, signal: AbortSignal): Promise<(string | Leftover)[]> {
  const sides = await world.containers.sides.list([`${SIDE_LABEL}=${world.mark}`], signal)
  const containers = sides.map(({ name, isRunning }) => `the container ${name} ${isRunning ? 'runs' : 'is there'}`)
  if (world.toolsImage === null) return containers
  const spots = await findSpots(world.parts, world, signal)
  const running = spots.filter(({ facts }) => hasNetwork(facts?.state))
  const changes = await Promise.all(
    running.map(({ part }) =>
      linesOf(`the network of ${part.name}`, signal, () => lookInside(part.service, LOOK, world, signal)),
    ),
  )
  return [...containers, ...changes.flat(), ...(await scanHosts(world, signal))]
}

/**
 * Takes away the side containers that are no fault's and do not run: whoever started one to look at something was killed
 * meanwhile. A host that does not answer keeps its own.
 * @returns their names
 */
export async function removeStrays({ containers, mark }: World, signal: AbortSignal): Promise<readonly string[]> {
  const sides = await containers.sides.list([`${SIDE_LABEL}=${mark}`], signal)
  const strays = sides.filter(({ labels, isRunning }) => !isRunning && labels[FAULT_LABEL] === undefined)
  await Promise.all(strays.map(({ id }) => containers.sides.end(id, signal)))
  return strays.map(({ name }) => name)
}

/** The networks of the hosts themselves, in a lab that names its hosts. */
async function scanHosts(world: World, signal: AbortSignal): Promise<(string | Leftover)[]> {
  const hosts = new Map(world.parts.flatMap(({ host, service }) => (host === undefined ? [] : [[host, service]])))
  const found = [...hosts].map(([host, service]) =>
    linesOf(`the network of the host ${host}`, signal, () => onHost(service, LOOK_FOR_TABLES, world, signal)),
  )
  return (await Promise.all(found)).flat()
}

function linesOf(network: string, signal: AbortSignal, look: () => Promise<string>) {
  return orUntold(`${network} could not be looked into`, signal, async () =>
    (await look()).split('\n').flatMap((line) => (line === '' ? [] : [`in ${network}: ${line}`])),
  )
}

const LOOK_FOR_TABLES = 'nft list tables | { grep -F chaoslab_ || true; }'
const LOOK = `${LOOK_FOR_TABLES}; tc qdisc show | { grep -E '^qdisc (tbf|netem) ' || true; }`
