import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Acted } from './act.ts'
import { cancellable, type Engine } from './engine.ts'
import { EngineError } from './engine-error.ts'

/** How a command ended. Output is cut at 64 KiB each. */
export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface ExecOptions {
  readonly user?: string
  /** Default 10 s. */
  readonly deadlineMs?: number
}

const DEADLINE_MS = 10_000

/**
 * Runs a command in a running container, as `docker exec` does. The command gets no input; a deadline ends the waiting,
 * not the command.
 * @throws {EngineError} the container does not run, the command is not in it, or no answer in time
 */
export function execIn(
  engine: Engine,
  { id }: Acted,
  command: readonly string[],
  { user = '', deadlineMs = DEADLINE_MS }: ExecOptions,
  signal?: AbortSignal,
): Promise<Outcome> {
  return engine.call(
    async (docker, abortSignal) => {
      const exec = await docker.getContainer(id).exec({
        Cmd: [...command],
        AttachStdout: true,
        AttachStderr: true,
        User: user,
        abortSignal,
      })
      const stream = await exec.start({ hijack: false, stdin: false, abortSignal })
      const output = demultiplex(await readAll(stream))
      const { ExitCode: code } = await exec.inspect({ abortSignal })
      if (code === null || code === undefined) throw new EngineError('unexpected', `${command[0]} gave no exit code`)
      return { ...output, code }
    },
    { signal, deadlineMs },
  )
}

/** A container of the lab's own beside one of the scope's, in that one's network. */
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

/**
 * Starts a container in the network namespace of a running container, with the right to change that network;
 * the target needs neither rights nor tools, and the host's own network is not touched.
 * @returns its id
 * @throws {EngineError} the target does not run, there is no such image, …
 */
export function startBeside(
  engine: Engine,
  { id }: Acted,
  options: SideOptions,
  signal?: AbortSignal,
): Promise<string> {
  return startSide(engine, `container:${id}`, options, signal)
}

function startSide(
  engine: Engine,
  network: string,
  { image, name, labels, command, vanishes = false, seesProcesses = false }: SideOptions,
  signal?: AbortSignal,
  more: HostSettings = {},
): Promise<string> {
  return engine.call(
    async (docker, abortSignal) => {
      const container = await docker.createContainer({
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
        abortSignal,
      })
      try {
        await container.start({ abortSignal })
      } catch (error) {
        await container.remove({ force: true }).catch(() => {})
        throw error
      }
      return container.id
    },
    { signal, deadlineMs: DEADLINE_MS },
  )
}

/**
 * The same in the network of the engine's own machine.
 * @throws {EngineError} there is no such image, …
 */
export function startOnHost(engine: Engine, options: SideOptions, signal?: AbortSignal): Promise<string> {
  return startSide(engine, 'host', options, signal)
}

/** The same there, for a command that ends. @throws {EngineError} as {@link startOnHost}, or it does not end within 10 s */
export async function runOnHost(
  engine: Engine,
  options: Omit<SideOptions, 'name'>,
  signal?: AbortSignal,
): Promise<Outcome> {
  return outcomeOf(engine, await startOnHost(engine, { ...options, name: nameOnce() }, signal), signal)
}

/**
 * The same for a command that ends: waits for it, and takes the container away whatever happens.
 * @throws as {@link startBeside}, or when it does not end within 10 s
 */
export async function runBeside(
  engine: Engine,
  target: Acted,
  options: Omit<SideOptions, 'name'>,
  signal?: AbortSignal,
): Promise<Outcome> {
  const id = await startBeside(engine, target, { ...options, name: nameOnce() }, signal)
  return outcomeOf(engine, id, signal)
}

/** What else the engine gives a side container: the volumes of others, folders of its host. */
export interface HostSettings {
  readonly VolumesFrom?: string[]
  readonly Mounts?: { readonly Type: 'bind'; readonly Source: string; readonly Target: string }[]
}

/**
 * The same in a network of its own with nothing in it, to find out what the engine's kernel can do.
 * @throws {EngineError} there is no such image, or it does not end within 10 s
 */
export async function runAlone(
  engine: Engine,
  options: Omit<SideOptions, 'name'>,
  signal?: AbortSignal,
  more: HostSettings = {},
): Promise<Outcome> {
  const id = await startSide(engine, 'none', { ...options, name: nameOnce() }, signal, more)
  return outcomeOf(engine, id, signal)
}

function nameOnce(): string {
  return `chaoslab-once-${randomBytes(6).toString('hex')}`
}

/** Waits for the end of a side container, and takes it away whatever happens. */
async function outcomeOf(engine: Engine, id: string, signal?: AbortSignal): Promise<Outcome> {
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

/** What a side container has printed up to now. */
export async function readLogs(engine: Engine, id: string): Promise<Omit<Outcome, 'code'>> {
  const answer = await engine.call((docker, abortSignal) =>
    docker.getContainer(id).logs({ stdout: true, stderr: true, follow: false, abortSignal }),
  )
  return demultiplex(Buffer.isBuffer(answer) ? answer : await readAll(answer as unknown as NodeJS.ReadableStream))
}

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

async function removeSide(engine: Engine, id: string): Promise<void> {
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

const KEPT_BYTES = 64 * 1024

/** All that a stream gives. */
export async function readAll(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/**
 * Output without a terminal comes in frames: the stream's number (1 stdout, 2 stderr), three zeros, the length as four
 * bytes, then so many bytes (Docker Engine API, "Attach to a container", stream format).
 */
export function demultiplex(bytes: Buffer, mostBytes = KEPT_BYTES): { stdout: string; stderr: string } {
  const parts: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] }
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at + 4)
    parts[bytes[at] === 2 ? 'stderr' : 'stdout'].push(bytes.subarray(at + 8, at + 8 + length))
    at += 8 + length
  }
  const text = (chunks: Buffer[]) => Buffer.concat(chunks).subarray(0, mostBytes).toString('utf8')
  return { stdout: text(parts.stdout), stderr: text(parts.stderr) }
}
