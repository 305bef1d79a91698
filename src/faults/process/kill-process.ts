import { FaultError } from '../fault.ts'
import type { Part } from '../part.ts'
import type { World } from '../world.ts'
import { type Process, signalProcess, untilInState } from './processes.ts'

/** Kills one process (SIGKILL) and waits until it is gone. @throws {FaultError} it had ended, or did not end */
export async function killProcess(part: Part, process: Process, world: World, signal: AbortSignal): Promise<void> {
  const { service, name } = part
  if (!(await signalProcess(service, process, 'KILL', world, signal))) {
    throw new FaultError(`process ${process.pid} on ${name} ended just now, by itself`)
  }
  if ((await untilInState(null, service, process, world, signal)) !== null) {
    throw new FaultError(`process ${process.pid} on ${name} was sent SIGKILL, and is still there`)
  }
}
