import { randomBytes } from 'node:crypto'
import type Docker from 'dockerode'
import type { Engine } from './engine.ts'
import type { Outcome } from './output.ts'
import { readLogs, removeSide } from './sides.ts'

/** A container of the lab's own. */
export interface SideOptions {
  /** Holds all that the command needs. */
  readonly image: string
  /** For people who list the containers. */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly command: readonly string[]
  /** The engine removes it, and what it has printed, as soon as it ends; default false. */
  readonly vanishes?: boolean
  /** It sees the processes of the engine's machine, and may send them signals; default false. */
  readonly seesProcesses?: boolean
}

/** What else the engine gives a side container: the volumes of others, folders of its host. */
export interface HostSettings {
  readonly VolumesFrom?: string[]
  readonly Mounts?: { readonly Type: 'bind'; readonly Source: string; readonly Target: string }[]
}

/** Of a running container, of the engine's own machine, or one of its own with nothing in it. */
export type SideNetwork = `container:${string}` | 'host' | 'none'

const DEADLINE_MS = 10_000

/**
 * As {@link startSide} for a command that ends: waits for it, and takes the container away whatever happens.
 * @throws as that, or when it does not end within 10 s
 */
export async function runSide(
  engine: Engine,
  network: SideNetwork,
  options: Omit<SideOptions, 'name'>,
  signal?: AbortSignal,
  more?: HostSettings,
): Promise<Outcome> {
  const name = `chaoslab-once-${randomBytes(6).toString('hex')}`
  const id = await startSide(engine, network, { ...options, name }, signal, more)
  try {
    return await engine.call(
      async (docker, abortSignal) => {
        const container = docker.getContainer(id)
        const { StatusCode: code } = (await container.wait({ abortSignal })) as { StatusCode: number }
        return { ...(await readLogs(engine, id)), code }
      },
      { signal, deadlineMs: DEADLINE_MS },
    )
  } finally {
    await removeSide(engine, id)
  }
}

/**
 * Starts a container in a network, with the right to change that; a container whose network it is needs neither rights
 * nor tools, and the host's own is then not touched.
 * @returns its id
 * @throws {EngineError} the container whose network it is does not run, there is no such image, …
 */
export function startSide(
  engine: Engine,
  network: SideNetwork,
  options: SideOptions,
  signal?: AbortSignal,
  more: HostSettings = {},
): Promise<string> {
  return startMade(engine, settingsOf(network, options, more), signal)
}

/**
 * Makes a container and starts it; rejects only once nothing is left of one that was made and not started.
 * @param prepare done to it in between
 */
export async function startMade(
  engine: Engine,
  settings: Docker.ContainerCreateOptions,
  signal?: AbortSignal,
  prepare: (id: string) => Promise<void> = async () => {},
): Promise<string> {
  signal?.throwIfAborted()
  // Not broken off: one that is just being made could not be found, and so not be taken away.
  const { id } = await engine.call((docker) => docker.createContainer(settings), { deadlineMs: DEADLINE_MS })
  try {
    await prepare(id)
    await engine.call((docker, abortSignal) => docker.getContainer(id).start({ abortSignal }), {
      signal,
      deadlineMs: DEADLINE_MS,
    })
  } catch (error) {
    await removeSide(engine, id).catch(() => {})
    throw error
  }
  return id
}

function settingsOf(network: SideNetwork, side: SideOptions, more: HostSettings) {
  const { image, name, labels, command, vanishes = false, seesProcesses = false } = side
  return {
    name,
    Image: image,
    Entrypoint: [],
    Cmd: [...command],
    User: 'root',
    Labels: { ...labels },
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      NetworkMode: network,
      AutoRemove: vanishes,
      CapAdd: ['NET_ADMIN'],
      LogConfig: { Type: 'json-file', Config: {} },
      // What keeps containers in by default lets none of them signal a process outside.
      ...(seesProcesses && { PidMode: 'host', SecurityOpt: ['apparmor=unconfined'] }),
      ...more,
    },
  }
}
