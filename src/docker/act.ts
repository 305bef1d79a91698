import { z } from 'zod'
import { findInScope, nameOf } from './containers.ts'
import { cancellable, type Engine, inspectContainer } from './engine.ts'
import { EngineError } from './engine-error.ts'
import { type ContainerScope, describeScope, isName } from './scope.ts'

/** What can be done to a container. */
export type Verb = 'stop' | 'start' | 'restart' | 'kill' | 'pause' | 'unpause'

/**
 * - `outside-scope`: no such service in the scope; nothing was sent to any container.
 * - `ambiguous`: the service has several containers, and the lab acts on exactly one.
 * - `wrong-state`: there is nothing to do, e.g. stopping what is not running.
 */
export type ContainerErrorCode = 'outside-scope' | 'ambiguous' | 'wrong-state'

/** A refusal that a person can act on; match on `code`. */
export class ContainerError extends Error {
  override readonly name = 'ContainerError'
  readonly code: ContainerErrorCode

  constructor(code: ContainerErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.code = code
  }
}

/** The container that was acted on. */
export interface Acted {
  readonly id: string
  readonly name: string
}

const stateSchema = z.object({ State: z.object({ Status: z.string() }) })
const patienceSchema = z.object({ Config: z.object({ StopTimeout: z.number().nullish() }) })

const ACT_DEADLINE_MS = 30_000
const DEFAULT_STOP_TIMEOUT_SECONDS = 10

/**
 * Does one thing to the one container that stands behind `service`, and resolves when the engine says that it is done.
 * A stop leaves the container all the time that its own stop_grace_period gives, as `docker stop` does. A paused
 * container can be stopped, killed or restarted as it is: the engine resumes it once the signal is sent.
 * Giving up by `signal` does not undo what the engine has already begun.
 * @throws {ContainerError} outside the scope, ambiguous, or nothing to do in the present state
 * @throws {EngineError} the engine refused or did not answer; after `timeout` it may still be done
 */
export async function act(
  engine: Engine,
  scope: ContainerScope,
  verb: Verb,
  service: string,
  signal?: AbortSignal,
): Promise<Acted> {
  const target = await findTarget(engine, scope, service, signal)
  const deadlineMs =
    verb === 'stop' || verb === 'restart' ? await stopDeadlineMs(engine, target, signal) : ACT_DEADLINE_MS
  try {
    await actInTries(engine, target, verb, deadlineMs, signal)
    return target
  } catch (error) {
    if (error instanceof EngineError) throw await explain(error, engine, target, verb, service, signal)
    throw error
  }
}

/**
 * runc's freezer of cgroup v1 gives up on a container that forks a good deal just then ("unable to freeze"), and the
 * engine says 500; the next try mostly does it. Everything else is tried once.
 */
const PAUSE_TRIES = 5
const REFUSED = 500

async function actInTries(
  engine: Engine,
  target: Acted,
  verb: Verb,
  deadlineMs: number | null,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let left = verb === 'pause' ? PAUSE_TRIES : 1; ; left--) {
    try {
      await engine.call(
        (docker, abortSignal) => {
          const container: Record<Verb, (options: object) => Promise<unknown>> = docker.getContainer(target.id)
          return container[verb](cancellable(abortSignal))
        },
        { signal, deadlineMs },
      )
      return
    } catch (error) {
      const isRefused = error instanceof EngineError && error.statusCode === REFUSED
      if (left === 1 || !isRefused || (await stateOf(engine, target, signal)) !== 'running') throw error
    }
  }
}

/** The one container behind a service. Names that cannot be, and names that a list of names does not hold, are refused without asking the engine. */
export async function findTarget(
  engine: Engine,
  scope: ContainerScope,
  service: string,
  signal: AbortSignal | undefined,
): Promise<Acted> {
  const outside = () =>
    new ContainerError('outside-scope', `${JSON.stringify(service)} is not in ${describeScope(scope)}: left alone`)
  if (!isName(service)) throw outside()
  if ('containers' in scope && !scope.containers.includes(service)) throw outside()
  const [first, ...others] = (await findInScope(engine, scope, signal)).filter((each) => each.service === service)
  if (first === undefined) throw outside()
  if (others.length > 0) {
    const names = [first, ...others].map((each) => nameOf(each.summary)).join(', ')
    throw new ContainerError('ambiguous', `${service} has ${others.length + 1} containers (${names}): left alone`)
  }
  return { id: first.summary.Id, name: nameOf(first.summary) }
}

/** How long the engine may take to stop it: the container's own patience, then the kill. Null: for ever. */
async function stopDeadlineMs(engine: Engine, { id }: Acted, signal: AbortSignal | undefined): Promise<number | null> {
  const answer = await inspectContainer(engine, id, { signal })
  const seconds = patienceSchema.safeParse(answer).data?.Config.StopTimeout ?? DEFAULT_STOP_TIMEOUT_SECONDS
  return seconds < 0 ? null : seconds * 1_000 + ACT_DEADLINE_MS
}

/** The answers of an engine that found nothing to do: 304 and 409, and 500 for unpausing what is not paused. */
const NOTHING_TO_DO = [304, 409, 500]

async function explain(
  error: EngineError,
  engine: Engine,
  target: Acted,
  verb: Verb,
  service: string,
  signal: AbortSignal | undefined,
): Promise<Error> {
  const { statusCode } = error
  const because = { cause: error }
  if (statusCode === 404) return new ContainerError('outside-scope', `${service} has been removed`, because)
  if (statusCode !== null && NOTHING_TO_DO.includes(statusCode)) {
    const state = await stateOf(engine, target, signal)
    const refusal = state === null ? null : refusalIn(state, verb, service)
    if (refusal !== null) return new ContainerError('wrong-state', refusal, because)
  }
  const message = `cannot ${verb} ${service}: ${error.message}`
  return new EngineError(error.code, message, { ...because, ...(statusCode === null ? {} : { statusCode }) })
}

async function stateOf(engine: Engine, { id }: Acted, signal: AbortSignal | undefined): Promise<string | null> {
  try {
    return stateSchema.parse(await inspectContainer(engine, id, { signal })).State.Status
  } catch {
    return null
  }
}

/** Why the verb makes no sense in this state, for people; null when it does. */
function refusalIn(state: string, verb: Verb, service: string): string | null {
  const isAlive = state === 'running' || state === 'paused'
  switch (verb) {
    case 'start':
      if (state === 'paused') return `${service} is paused: unpause it instead`
      return state === 'running' ? `${service} is already running` : null
    case 'pause':
      if (state === 'paused') return `${service} is already paused`
      return isAlive ? null : `${service} is not running`
    case 'unpause':
      return state === 'paused' ? null : `${service} is not paused`
    case 'stop':
    case 'kill':
      return isAlive ? null : `${service} is not running`
    case 'restart':
      return null
  }
}

/** The command that does the same by hand, e.g. `docker stop hw3_patroni1_1`. */
export function dockerCommand(verb: Verb, containerName: string): string {
  return `docker ${verb} ${containerName}`
}
