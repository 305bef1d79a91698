import { z } from 'zod'
import { stateWords } from '../../model/words.ts'
import { containerName } from '../container/container-name.ts'
import { undoInside } from '../container/undo-inside.ts'
import { FaultError, type FaultScope, type UndoKind } from '../fault.ts'
import type { Part } from '../part.ts'
import type { World } from '../world.ts'
import { listProcesses, type Process, signalProcess, stateOfProcess, untilInState } from './processes.ts'

export interface Frozen {
  /** `the postmaster`, for people. */
  readonly what: string
  find(processes: readonly Process[], part: Part): Process | null
}

/**
 * Stops one process of each part (SIGSTOP) until healed. It is over by itself when the process ends.
 * @returns how it was made sure
 * @throws {FaultError} there is no such process, or it was not stopped
 */
export async function freeze(
  parts: readonly Part[],
  frozen: Frozen,
  scope: FaultScope,
  signal: AbortSignal,
): Promise<string> {
  const proofs: string[] = []
  for (const part of parts) proofs.push(await freezeOne(part, frozen, scope, signal))
  return proofs.join('; ')
}

async function freezeOne(part: Part, { what, find }: Frozen, scope: FaultScope, signal: AbortSignal): Promise<string> {
  const { world } = scope
  const { service } = part
  const { name: container } = await world.containers.facts(service, signal)
  const found = find(await listProcesses(service, world, signal), part)
  if (found === null) throw new FaultError(`there is no ${what} on ${part.name} at this moment`)
  const { pid, startTicks } = found
  await scope.defer({ type: 'resume-process', params: { service, container, pid, startTicks, what } })
  if (!(await signalProcess(service, found, 'STOP', world, signal))) {
    throw new FaultError(`the ${what} on ${part.name} ended just now`)
  }
  const state = await untilInState('T', service, found, world, signal)
  if (state !== 'T')
    throw new FaultError(`process ${pid} on ${part.name} was not stopped: it is in state ${state ?? 'gone'}`)
  scope.repeat(WATCH_MS, async (stop) => {
    const why = await endOf(part, found, world, stop)
    if (why !== null) scope.ended(`the ${what} (process ${pid}) ${why}`)
  })
  return `process ${pid} on ${part.name} is in state T (stopped)`
}

const WATCH_MS = 2_000
/** How the fault came to be over; null while it is not, and while nobody can tell. */
async function endOf(part: Part, process: Process, world: World, signal: AbortSignal): Promise<string | null> {
  const { state } = await world.containers.facts(part.service, signal)
  if (state === 'paused') return null
  if (state !== 'running') return `ended with its container, which ${stateWords(state)}`
  const now = await stateOfProcess(part.service, process, world, signal)
  if (now === null) return 'has ended'
  return now === 'T' ? null : 'goes on: somebody has resumed it'
}

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
  ...undoInside<z.output<typeof schema>>({
    what: ({ what }) => `its ${what} is stopped`,
    perform: ({ service, ...process }, world, signal) => signalProcess(service, process, 'CONT', world, signal),
    async remains({ service, what, ...process }, world, signal) {
      const now = await stateOfProcess(service, process, world, signal)
      return now === 'T' ? `the ${what} on ${service} (process ${process.pid}) is still stopped` : null
    },
  }),
  byHand: ({ container, pid }) => `docker exec -u root ${container} sh -c 'kill -CONT ${pid}'`,
}
