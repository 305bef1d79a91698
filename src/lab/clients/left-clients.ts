import type { World } from '../../faults/world.ts'
import { CLIENTS_LABEL } from './client-program.ts'

/** A container that clients of a site run in, or were to run in. */
interface FoundClients {
  readonly text: string
  readonly byHand: null
  readonly goesByItself: boolean
}

/** Those on this lab's hosts, of whichever of its systems. @throws {EngineError} */
export async function scanClients(world: World, signal: AbortSignal): Promise<FoundClients[]> {
  return (await listClients(world, signal)).map(({ name, isRunning }) => ({
    text: `the container ${name} ${isRunning ? RUNS : 'was never started'}`,
    byHand: null,
    goesByItself: isRunning,
  }))
}

const RUNS = 'runs: clients of a run that goes on, or was killed'

/** Takes those away that never began: the lab was killed while it made them. @returns their names */
export async function removeUnbegunClients(world: World, signal: AbortSignal): Promise<string[]> {
  const unbegun = (await listClients(world, signal)).filter(({ isRunning }) => !isRunning)
  await Promise.all(unbegun.map(({ id }) => world.containers.sides.end(id, signal)))
  return unbegun.map(({ name }) => name)
}

/** In a lab of several systems those of one bear its name after the lab's mark. */
async function listClients({ containers, mark }: World, signal: AbortSignal) {
  const found = await containers.sides.list([CLIENTS_LABEL], signal)
  return found.filter(({ labels }) => `${labels[CLIENTS_LABEL]}-`.startsWith(`${mark}-`))
}
