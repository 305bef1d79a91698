import { z } from 'zod'
import type { Container } from '../model/events.ts'
import { type Engine, inspectContainer } from './engine.ts'
import { EngineError } from './engine-error.ts'
import { type ContainerScope, listFilter, serviceOf } from './scope.ts'

/** A container and what it is called within the scope. */
export interface ListedContainer {
  readonly service: string
  readonly container: Container
}

export interface ListedState {
  readonly service: string
  /** As the engine calls it: `running`, `exited`, … */
  readonly state: string
}

const endpointSchema = z.object({
  IPAddress: z.string().nullish(),
  IPAMConfig: z.object({ IPv4Address: z.string().nullish() }).nullish(),
})

const summarySchema = z.array(
  z.object({
    Id: z.string().regex(/^[0-9a-f]{12,}$/),
    Names: z.array(z.string()).nullish(),
    Labels: z.record(z.string(), z.string()).nullish(),
    State: z.string(),
    Status: z.string().default(''),
    Created: z.number().default(0),
    NetworkSettings: z.object({ Networks: z.record(z.string(), endpointSchema).nullish() }).nullish(),
  }),
)
type Summary = z.output<typeof summarySchema>[number]

const inspectSchema = z.object({
  State: z.object({
    Status: z.string(),
    ExitCode: z.number().nullish(),
    StartedAt: z.string().nullish(),
    Health: z.object({ Status: z.string() }).nullish(),
  }),
})

/** An inspection waits for whatever the engine is doing to that container; the list does not. */
const INSPECT_DEADLINE_MS = 1_000

/**
 * The scope's containers, running or not, without one-off runs; by service, and where a service has several the
 * running one first, then the newest. `health` is null unless the container runs or is paused, `exitCode` unless it
 * has ended. When the engine does not answer for one container in time, that one is told from the list alone
 * (`startedAt` is then null).
 * @throws {EngineError}
 */
export async function listContainers(
  engine: Engine,
  scope: ContainerScope,
  signal?: AbortSignal,
  looks?: Looks,
): Promise<readonly ListedContainer[]> {
  const found = await findInScope(engine, scope, signal)
  const read = found.map(async ({ service, summary }) => {
    const container = await lookAt(engine, summary, looks, signal)
    return container === null ? [] : [{ service, container }]
  })
  return (await Promise.all(read)).flat()
}

/**
 * What was found at the last look at each, by its id: one of which the list says the very same, with how long it has
 * been running, is not looked at again. Not for a list right after an event: the engine may tell of that before it lists it.
 */
export interface Looks {
  /** A monotonic clock. */
  readonly nowMs: () => number
  readonly found: Map<string, Look>
}

interface Look {
  readonly listed: string
  readonly container: Container
  readonly atMs: number
}

/** Whatever was started anew since then is not listed as running for so long. */
const LOOK_LASTS_MS = 10_000

async function lookAt(
  engine: Engine,
  summary: Summary,
  looks: Looks | undefined,
  signal?: AbortSignal,
): Promise<Container | null> {
  if (looks === undefined) return readContainer(engine, summary, signal)
  const { nowMs, found } = looks
  const [listed, atMs] = [JSON.stringify(summary), nowMs()]
  const last = found.get(summary.Id)
  const isSame = last?.listed === listed && atMs - last.atMs < LOOK_LASTS_MS && AGED.test(summary.Status)
  const container = isSame ? last.container : await readContainer(engine, summary, signal)
  if (container === null || container.startedAt === null) found.delete(summary.Id)
  else found.set(summary.Id, { listed, container, atMs })
  return container
}

/** Its age is told in minutes at least: in these ten seconds nothing can have become as old. */
const AGED = /^Up (about )?(an?|\d+) (minute|hour|day|week|month|year)/i

/**
 * The same, from the engine's list alone: one question, whereas {@link listContainers} looks at each.
 * @throws {EngineError}
 */
export async function listStates(
  engine: Engine,
  scope: ContainerScope,
  signal?: AbortSignal,
): Promise<readonly ListedState[]> {
  const found = await findInScope(engine, scope, signal)
  return found.map(({ service, summary }) => ({ service, state: summary.State }))
}

const variablesSchema = z.object({ Config: z.object({ Env: z.array(z.string()).nullish() }) })

/**
 * The environment that a service's container was made with; empty when there is no such container.
 * @throws {EngineError}
 */
export async function containerVariables(
  engine: Engine,
  scope: ContainerScope,
  service: string,
  signal?: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const found = (await findInScope(engine, scope, signal)).find((each) => each.service === service)
  if (found === undefined) return {}
  const answer = await inspectContainer(engine, found.summary.Id, { signal })
  const lines = variablesSchema.parse(answer).Config.Env ?? []
  return Object.fromEntries(lines.map((line) => [line.split('=', 1)[0], line.slice(line.indexOf('=') + 1)]))
}

/** The scope's containers as the engine lists them, in the order of {@link listContainers}. */
export async function findInScope(
  engine: Engine,
  scope: ContainerScope,
  signal?: AbortSignal,
): Promise<readonly { readonly service: string; readonly summary: Summary }[]> {
  const answer = await engine.call(
    (docker, abortSignal) => docker.listContainers({ all: true, filters: listFilter(scope), abortSignal }),
    { signal },
  )
  const parsed = summarySchema.safeParse(answer)
  if (!parsed.success) throw new EngineError('unexpected', 'the list of containers is not as the Docker API has it')
  return parsed.data
    .flatMap((summary) => {
      const service = serviceOf(scope, nameOf(summary), summary.Labels ?? {})
      return service === null ? [] : [{ service, summary }]
    })
    .sort(byServiceThenLife)
}

export function nameOf({ Id, Names }: Summary): string {
  // Links add names with a second slash: the container's own has one.
  const own = Names?.find((name) => name.lastIndexOf('/') === 0)
  return own?.slice(1) ?? Id.slice(0, 12)
}

/** One container as it is now; null when it has gone. */
async function readContainer(engine: Engine, summary: Summary, signal?: AbortSignal): Promise<Container | null> {
  try {
    const answer = await inspectContainer(engine, summary.Id, { signal, deadlineMs: INSPECT_DEADLINE_MS })
    const { State: state } = inspectSchema.parse(answer)
    return {
      ...partsOf(summary),
      state: state.Status,
      health: isAlive(state.Status) ? healthOf(state.Health?.Status) : null,
      exitCode: hasEnded(state.Status) ? (state.ExitCode ?? null) : null,
      startedAt: state.StartedAt && !state.StartedAt.startsWith('0001-') ? state.StartedAt : null,
    }
  } catch (error) {
    if (signal?.aborted) throw error
    if (error instanceof EngineError && error.statusCode === 404) return null
    return fromSummary(summary)
  }
}

/** Status texts: docker/docker, container/state.go (`Up 2 minutes (unhealthy)`, `Exited (137) 2 seconds ago`). */
function fromSummary(summary: Summary): Container {
  const health = /\((?:health: )?(healthy|unhealthy|starting)\)/.exec(summary.Status)?.[1]
  const exitCode = /^Exited \((\d+)\)/.exec(summary.Status)?.[1]
  return {
    ...partsOf(summary),
    state: summary.State,
    health: isAlive(summary.State) ? healthOf(health) : null,
    exitCode: exitCode === undefined ? null : Number(exitCode),
    startedAt: null,
  }
}

function partsOf(summary: Summary): Pick<Container, 'id' | 'name' | 'addresses'> {
  const addresses = Object.values(summary.NetworkSettings?.Networks ?? {})
    .map(({ IPAddress, IPAMConfig }) => IPAddress || IPAMConfig?.IPv4Address || '')
    .filter((address) => address !== '')
  return { id: summary.Id, name: nameOf(summary), ...(addresses.length > 0 && { addresses }) }
}

function healthOf(status: string | undefined): string | null {
  return status === undefined || status === '' || status === 'none' ? null : status
}

function isAlive(state: string): boolean {
  return state === 'running' || state === 'paused'
}

function hasEnded(state: string): boolean {
  return state === 'exited' || state === 'dead'
}

function byServiceThenLife(a: { service: string; summary: Summary }, b: { service: string; summary: Summary }): number {
  if (a.service !== b.service) return a.service < b.service ? -1 : 1
  const alive = Number(isAlive(b.summary.State)) - Number(isAlive(a.summary.State))
  return alive || b.summary.Created - a.summary.Created
}
