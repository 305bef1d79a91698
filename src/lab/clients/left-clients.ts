import type { World } from '../../faults/world.ts'
import { CLIENTS_LABEL } from './client-program.ts'

/** The containers on this lab's hosts that clients of sites run in, or were to run in, a line each. @throws {EngineError} */
export async function scanClients({ containers, mark }: World, signal: AbortSignal): Promise<string[]> {
  const found = await containers.sides.list([`${CLIENTS_LABEL}=${mark}`], signal)
  return found.map(({ name, isRunning }) => `the container ${name} ${isRunning ? RUNS : 'was never started'}`)
}

const RUNS =
  'runs: clients of a run that goes on, or was killed; three minutes after its last word it is gone by itself'

/** Takes those away that never began: the lab was killed while it made them. @returns their names */
export async function removeUnbegunClients({ containers, mark }: World, signal: AbortSignal): Promise<string[]> {
  const found = await containers.sides.list([`${CLIENTS_LABEL}=${mark}`], signal)
  const unbegun = found.filter(({ isRunning }) => !isRunning)
  await Promise.all(unbegun.map(({ id }) => containers.sides.end(id, signal)))
  return unbegun.map(({ name }) => name)
}
