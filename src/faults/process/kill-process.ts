import { FaultError } from '../fault.ts'
import type { Part } from '../part.ts'
import type { World } from '../world.ts'
import { type Process, signalProcess, stateOfProcess } from './processes.ts'

/** Kills one process (SIGKILL) and waits until it is gone. @throws {FaultError} it had ended, or did not end */
export async function killProcess(part: Part, process: Process, world: World, signal: AbortSignal): Promise<void> {
  const { service, name } = part
  if (!(await signalProcess(service, process, 'KILL', world, signal))) {
    throw new FaultError(`process ${process.pid} on ${name} ended just now, by itself`)
  }
  for (let poll = 0; poll < POLLS; poll++) {
    if ((await stateOfProcess(service, process, world, signal)) === null) return
    await world.clock.sleep(POLL_MS, signal)
  }
  throw new FaultError(`process ${process.pid} on ${name} was sent SIGKILL, and is still there`)
}

const POLL_MS = 50
const POLLS = 40
