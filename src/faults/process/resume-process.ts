import { z } from 'zod'
import { containerName } from '../container/container-name.ts'
import { factsIfThere } from '../facts-if-there.ts'
import { FaultError, type UndoKind } from '../fault.ts'
import { signalProcess, stateOfProcess } from './processes.ts'

const schema = z.strictObject({
  service: containerName,
  /** The container's own name. */
  container: containerName,
  pid: z.int().positive(),
  startTicks: z.string().regex(/^\d+$/),
  /** What it is, for people. */
  what: z.string(),
})

/** Lets a stopped process go on. What has ended, alone or with its container, needs nothing. */
export const resumeProcess: UndoKind<z.output<typeof schema>> = {
  type: 'resume-process',
  schema,
  async perform({ service, ...process }, world, signal) {
    const state = (await factsIfThere(service, world, signal))?.state
    // No process can be reached in there; nor would it go on.
    if (state === 'paused') throw new FaultError(`${service} is paused: unpause it first`)
    if (state === 'running') await signalProcess(service, process, 'CONT', world, signal)
  },
  async remains({ service, what, ...process }, world, signal) {
    const state = (await factsIfThere(service, world, signal))?.state
    if (state === 'paused') return `${service} is paused: whether its ${what} is stopped cannot be told`
    if (state !== 'running') return null
    const now = await stateOfProcess(service, process, world, signal)
    return now === 'T' ? `the ${what} on ${service} (process ${process.pid}) is still stopped` : null
  },
  byHand: ({ container, pid }) => `docker exec -u root ${container} sh -c 'kill -CONT ${pid}'`,
}
