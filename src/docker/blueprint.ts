import { z } from 'zod'
import { ContainerError, findTarget } from './act.ts'
import { findInScope } from './containers.ts'
import { cancellable, type Engine, inspectContainer } from './engine.ts'
import { EngineError } from './engine-error.ts'
import { toMemoryLimit } from './limits.ts'
import { type ContainerScope, describeScope, isName, serviceOf } from './scope.ts'

const object = z.record(z.string(), z.unknown())

/** All that it takes to recreate a container, as plain JSON: names and shapes are the engine's own. */
export const blueprintSchema = z.strictObject({
  service: z.string(),
  name: z.string().refine(isName),
  /** `Config` of an inspection, with the image by a name that still means the same image, or else by its id. */
  config: object,
  hostConfig: object,
  /** By name, the one that the container was made in first: aliases, fixed address, links. */
  networks: z.array(z.tuple([z.string(), object])),
})
export type Blueprint = z.output<typeof blueprintSchema>

const inspectSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  Image: z.string(),
  Config: z.looseObject({
    Image: z.string(),
    Hostname: z.string().default(''),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
  HostConfig: z.looseObject({
    NetworkMode: z.string(),
    Memory: z.number().default(0),
    MemorySwap: z.number().default(0),
    CpuQuota: z.number().default(0),
  }),
  NetworkSettings: z.object({
    Networks: z
      .record(
        z.string(),
        z.object({
          IPAMConfig: object.nullish(),
          Links: z.array(z.string()).nullish(),
          Aliases: z.array(z.string()).nullish(),
          DriverOpts: object.nullish(),
        }),
      )
      .nullish(),
  }),
})

/**
 * Reads what a service's container was made from. Volumes with a name and mounts of the host stay the same ones;
 * volumes without a name are not part of it.
 * @throws {ContainerError} outside the scope
 * @throws {EngineError}
 */
export async function readBlueprint(
  engine: Engine,
  scope: ContainerScope,
  service: string,
  signal?: AbortSignal,
): Promise<Blueprint> {
  const target = await findTarget(engine, scope, service, signal)
  const parsed = inspectSchema.safeParse(await inspectContainer(engine, target.id, { signal }))
  if (!parsed.success) {
    throw new EngineError('unexpected', `what the engine says of ${service} is not as its API has it`)
  }
  const { Id, Name, Image, Config, HostConfig, NetworkSettings } = parsed.data
  const { memoryBytes, memorySwapBytes } = toMemoryLimit(HostConfig.Memory, HostConfig.MemorySwap)
  const first = HostConfig.NetworkMode
  const networks = Object.entries(NetworkSettings.Networks ?? {}).map(([network, settings]): [string, object] => {
    const { Aliases, IPAMConfig, Links, DriverOpts } = settings
    // The engine adds the container's own id, which will be another.
    const aliases = (Aliases ?? []).filter((alias) => !Id.startsWith(alias))
    return [
      network,
      { Aliases: aliases, IPAMConfig: IPAMConfig ?? null, Links: Links ?? null, DriverOpts: DriverOpts ?? null },
    ]
  })
  return blueprintSchema.parse({
    service,
    name: Name.replace(/^\//, ''),
    config: {
      ...Config,
      Image: (await imageId(engine, Config.Image, signal)) === Image ? Config.Image : Image,
      // Made from the id when nobody gave one.
      ...(Id.startsWith(Config.Hostname) && { Hostname: '' }),
    },
    hostConfig: {
      ...HostConfig,
      Memory: memoryBytes,
      MemorySwap: memorySwapBytes,
      CpuQuota: Math.max(0, HostConfig.CpuQuota),
    },
    networks: networks.toSorted(([a], [b]) => Number(b === first) - Number(a === first)),
  })
}

/**
 * Removes a service's container by force, and its volumes without a name with it.
 * @throws {ContainerError} outside the scope
 * @throws {EngineError}
 */
export async function removeContainer(
  engine: Engine,
  scope: ContainerScope,
  service: string,
  signal?: AbortSignal,
): Promise<void> {
  const target = await findTarget(engine, scope, service, signal)
  await engine.call(
    (docker, abortSignal) =>
      docker.getContainer(target.id).remove({ force: true, v: true, ...cancellable(abortSignal) }),
    { signal, deadlineMs: DEADLINE_MS },
  )
}

/**
 * Makes a container where there is none, joins the networks that it is not in, and starts it if it does not run: what
 * was done half is done to its end.
 * @throws {ContainerError} the blueprint is of no container of the scope
 * @throws {EngineError}
 */
export async function buildContainer(
  engine: Engine,
  scope: ContainerScope,
  blueprint: Blueprint,
  signal?: AbortSignal,
): Promise<void> {
  const { service, name, config, networks } = blueprint
  const labels = z.record(z.string(), z.string()).catch({}).parse(config.Labels)
  if (!isName(service) || serviceOf(scope, name, labels) !== service) {
    throw new ContainerError('outside-scope', `${JSON.stringify(name)} would not be in ${describeScope(scope)}`)
  }
  const existing = (await findInScope(engine, scope, signal)).find((each) => each.service === service)
  const id = existing?.summary.Id ?? (await create(engine, blueprint, signal))
  const { Networks } = inspectSchema.parse(await inspectContainer(engine, id, { signal })).NetworkSettings
  for (const [network, settings] of networks) {
    if (Networks?.[network] !== undefined) continue
    const connection = { Container: id, EndpointConfig: settings }
    await engine.call(
      (docker, abortSignal) => docker.getNetwork(network).connect({ ...connection, ...cancellable(abortSignal) }),
      { signal },
    )
  }
  await start(engine, id, signal)
}

/** The request that makes it, as `POST /containers/create?name=NAME` takes it. */
export function creationRequest({ config, hostConfig, networks }: Blueprint): Readonly<Record<string, unknown>> {
  // Engines before 25 take one network here, and the others only by connecting.
  const EndpointsConfig = Object.fromEntries(networks.slice(0, 1))
  return { ...config, HostConfig: hostConfig, NetworkingConfig: { EndpointsConfig } }
}

const DEADLINE_MS = 30_000

async function create(engine: Engine, blueprint: Blueprint, signal: AbortSignal | undefined): Promise<string> {
  const { id } = await engine.call(
    (docker, abortSignal) =>
      docker.createContainer({ name: blueprint.name, ...creationRequest(blueprint), ...cancellable(abortSignal) }),
    { signal, deadlineMs: DEADLINE_MS },
  )
  return id
}

async function start(engine: Engine, id: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await engine.call((docker, abortSignal) => docker.getContainer(id).start({ abortSignal }), {
      signal,
      deadlineMs: DEADLINE_MS,
    })
  } catch (error) {
    // It runs already.
    if (!(error instanceof EngineError && error.statusCode === 304)) throw error
  }
}

/** What a name stands for now; null when nothing. */
async function imageId(engine: Engine, name: string, signal: AbortSignal | undefined): Promise<string | null> {
  try {
    const answer = await engine.call(
      (docker, abortSignal) =>
        (docker.getImage(name) as unknown as { inspect(options: object): Promise<unknown> }).inspect(
          cancellable(abortSignal),
        ),
      { signal },
    )
    return z.object({ Id: z.string() }).parse(answer).Id
  } catch (error) {
    if (error instanceof EngineError && error.statusCode === 404) return null
    throw error
  }
}
