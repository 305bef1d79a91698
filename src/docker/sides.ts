import { z } from 'zod'
import { cancellable, type Engine } from './engine.ts'
import { EngineError } from './engine-error.ts'
import { demultiplex, type Outcome, readAll } from './output.ts'

const sideSchema = z.array(
  z.object({ Id: z.string(), Names: z.array(z.string()), Labels: z.record(z.string(), z.string()), State: z.string() }),
)

/** A side container, by the labels that it was started with. */
export interface Side {
  readonly id: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly isRunning: boolean
}

/** The side containers that bear all these labels (`name=value`), running or not. @throws {EngineError} */
export async function listSides(engine: Engine, labels: readonly string[], signal?: AbortSignal): Promise<Side[]> {
  const answer = await engine.call(
    (docker, abortSignal) => docker.listContainers({ all: true, filters: { label: [...labels] }, abortSignal }),
    { signal },
  )
  return sideSchema.parse(answer).map(({ Id: id, Names, Labels, State }) => ({
    id,
    name: Names[0]?.slice(1) ?? id,
    labels: Labels,
    isRunning: State === 'running',
  }))
}

/** What a side container has printed up to now. */
export async function readLogs(engine: Engine, id: string): Promise<Omit<Outcome, 'code'>> {
  const answer = await engine.call((docker, abortSignal) =>
    docker.getContainer(id).logs({ stdout: true, stderr: true, follow: false, abortSignal }),
  )
  return demultiplex(Buffer.isBuffer(answer) ? answer : await readAll(answer as unknown as NodeJS.ReadableStream))
}

/** Sends a signal to a side container's own process; false when it does not run any more. */
export async function signalSide(engine: Engine, id: string, name: string, signal?: AbortSignal): Promise<boolean> {
  try {
    await engine.call(
      (docker, abortSignal) => docker.getContainer(id).kill({ signal: name, ...cancellable(abortSignal) }),
      { signal },
    )
    return true
  } catch (error) {
    if (isGone(error)) return false
    throw error
  }
}

const DEADLINE_MS = 10_000

/** Asks a side container to end, which lets it clean up, and waits until it has; one that is gone has. */
export async function endSide(engine: Engine, id: string, signal?: AbortSignal): Promise<void> {
  try {
    await engine.call((docker, abortSignal) => docker.getContainer(id).stop({ t: 5, abortSignal }), {
      signal,
      deadlineMs: DEADLINE_MS,
    })
  } catch (error) {
    if (!isGone(error)) throw error
  }
  await removeSide(engine, id)
}

/** Takes one away, whether it runs or not. @throws {EngineError} */
export async function removeSide(engine: Engine, id: string): Promise<void> {
  try {
    await engine.call((docker) => docker.getContainer(id).remove({ force: true }), { deadlineMs: DEADLINE_MS })
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

/** There is no such container, it does not run, or it is being removed already. */
function isGone(error: unknown): boolean {
  return error instanceof EngineError && [304, 404, 409].includes(error.statusCode ?? 0)
}
