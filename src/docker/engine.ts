import type { Agent } from 'node:http'
import type { Readable } from 'node:stream'
import { inspect } from 'node:util'
import type Docker from 'dockerode'
import { askAgain } from './ask-again.ts'
import { Dockerode } from './dockerode.ts'
import { type Endpoint, findEndpoint } from './endpoint.ts'
import { EngineError, toEngineError } from './engine-error.ts'
import { jsonLines } from './json-lines.ts'
import { http, https } from './node-http.ts'
import { sshAgent } from './ssh-agent.ts'

/** A Docker engine, whether it answers or not. Only `src/docker/` looks inside `docker`. */
export interface Engine {
  /** As in DOCKER_HOST, e.g. `unix:///var/run/docker.sock`. */
  readonly address: string
  /** Why this address, for people: `DOCKER_HOST`, `the default socket`, … */
  readonly chosenBy: string
  /**
   * One request with one answer. Rejects with an {@link EngineError}, by `deadlineMs` at the latest (default 5 s;
   * null: as long as it takes), or with the signal's reason as soon as that aborts.
   */
  call<T>(request: (docker: Docker, abortSignal: AbortSignal) => Promise<T>, options?: CallOptions): Promise<T>
  /**
   * Opens a stream of JSON lines; resolves once the engine has accepted it, bounded like `call`. The stream is closed
   * by leaving the loop over it or by the signal. See {@link jsonLines} for how it ends.
   */
  stream(
    request: (docker: Docker, abortSignal: AbortSignal) => Promise<NodeJS.ReadableStream>,
    options?: CallOptions & { readonly silenceMs?: number | null },
  ): Promise<AsyncGenerator<unknown, void>>
  /** Ends idle connections. */
  close(): void
}

/** One that has answered once. */
export interface AnsweringEngine extends Engine {
  /** The version that it gave when it was found. */
  readonly version: string
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  readonly deadlineMs?: number | null
}

const CALL_DEADLINE_MS = 5_000

/**
 * Finds the engine as the docker CLI would (see {@link findEndpoint}) and asks it once.
 * @param environment where DOCKER_HOST, DOCKER_CONTEXT, DOCKER_CONFIG and the TLS settings are read
 * @throws {EngineError} in one line: which address, why that one, and what to do.
 */
export async function connectEngine(
  environment: NodeJS.ProcessEnv = process.env,
  options: CallOptions = {},
): Promise<AnsweringEngine> {
  const engine = openEngine(environment)
  try {
    return { ...engine, version: await engine.call(readVersion, options) }
  } catch (error) {
    engine.close()
    if (error instanceof EngineError) throw explain(error, engine)
    throw error
  }
}

/**
 * The same without asking it anything: nobody need answer there.
 * @throws {EngineError} `endpoint`, as {@link findEndpoint}
 */
export function openEngine(environment: NodeJS.ProcessEnv = process.env): Engine {
  const endpoint = findEndpoint(environment)
  const { docker, agent } = openDocker(endpoint, environment)
  return {
    address: endpoint.address,
    chosenBy: endpoint.chosenBy,
    call: (request, callOptions) => bounded((abort) => request(docker, abort), callOptions),
    stream: (request, streamOptions) => openStream((abort) => request(docker, abort), streamOptions),
    close: () => agent.destroy(),
  }
}

/** Asks the engine for its version: the cheapest question that only an engine can answer. */
export async function readVersion(docker: Docker, abortSignal: AbortSignal): Promise<string> {
  // The types know no options here; dockerode has them (lib/docker.js).
  const { version } = docker as unknown as { version(options: object): Promise<{ Version?: unknown }> }
  const answer = await version.call(docker, { abortSignal })
  if (typeof answer?.Version !== 'string') throw new EngineError('unexpected', 'it does not give its version')
  return answer.Version
}

/** The option by which dockerode drops a request: it takes it everywhere, its types know it in few places. */
export function cancellable(abortSignal: AbortSignal): object {
  return { abortSignal }
}

/** What the engine says of a container, as its API has it. @throws {EngineError} */
export function inspectContainer(engine: Engine, id: string, options: CallOptions): Promise<unknown> {
  return engine.call((docker, abortSignal) => docker.getContainer(id).inspect({ abortSignal }), options)
}

function openDocker(endpoint: Endpoint, environment: NodeJS.ProcessEnv): { docker: Docker; agent: Agent } {
  const { transport } = endpoint
  // Connections are not reused: an engine that restarts closes idle ones, and the next call would fail for no reason.
  const plain = { keepAlive: false }
  const agent =
    transport.type === 'ssh'
      ? sshAgent(transport, environment)
      : transport.type === 'tcp' && transport.tls
        ? new (https().Agent)({ ...plain, ...transport.tls })
        : new http.Agent(plain)
  const protocol = transport.type === 'tcp' && transport.tls ? 'https' : 'http'
  const host = transport.type === 'ssh' ? 'docker' : transport.type === 'tcp' ? transport.host : undefined
  // Every option is set, because dockerode fills the missing ones from its own reading of the environment.
  const options = {
    protocol,
    socketPath: transport.type === 'socket' ? transport.path : undefined,
    host: host && `${protocol}://${host.includes(':') ? `[${host}]` : host}`,
    port: transport.type === 'tcp' ? transport.port : undefined,
    pathPrefix: '/',
    username: undefined,
    ca: undefined,
    cert: undefined,
    key: undefined,
    timeout: undefined,
    agent: opaque(agent),
  }
  try {
    const docker = new Dockerode(options as Docker.DockerOptions)
    if (transport.type === 'ssh') askAgain(docker.modem, agent)
    return { docker, agent }
  } catch (error) {
    throw new EngineError('endpoint', `${endpoint.chosenBy}: ${(error as Error).message}`, { cause: error })
  }
}

/**
 * docker-modem formats each request in full for a debug line that nobody reads, and the agent and the signal in it
 * hold the whole of Node's sockets: 10 ms a request without this.
 */
function opaque<T extends object>(part: T): T {
  return Object.defineProperty(part, inspect.custom, { value: () => part.constructor.name, enumerable: false })
}

/** Runs one request against a deadline of its own: a hung engine, or a body cut in half, would never settle it. */
function bounded<T>(
  run: (abort: AbortSignal) => Promise<T>,
  { signal, deadlineMs = CALL_DEADLINE_MS }: CallOptions = {},
  abort = new AbortController(),
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const giveUp = (reason: unknown) => {
      settle()
      abort.abort()
      reject(reason)
    }
    const onAbort = () => giveUp(signal?.reason)
    const onDeadline = () =>
      giveUp(new EngineError('timeout', `the engine did not answer within ${(deadlineMs ?? 0) / 1000} s`))
    const timer = deadlineMs === null ? undefined : setTimeout(onDeadline, deadlineMs)
    const settle = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    // Inside an async function, so that a request that throws at once settles the deadline too.
    ;(async () => run(opaque(abort.signal)))().then(
      (value) => {
        settle()
        resolve(value)
      },
      (error) => {
        settle()
        reject(toEngineError(error))
      },
    )
  })
}

async function openStream(
  open: (abort: AbortSignal) => Promise<NodeJS.ReadableStream>,
  { signal, deadlineMs = CALL_DEADLINE_MS, silenceMs = null }: CallOptions & { silenceMs?: number | null } = {},
): Promise<AsyncGenerator<unknown, void>> {
  const abort = new AbortController()
  const stream = (await bounded(open, { signal, deadlineMs }, abort)) as Readable
  const close = () => abort.abort()
  // A stream that breaks while nobody reads it must not become an uncaught error.
  stream.on('error', () => {})
  signal?.addEventListener('abort', close, { once: true })
  stream.once('close', () => signal?.removeEventListener('abort', close))
  if (signal?.aborted) close()
  return jsonLines(stream, { silenceMs, signal })
}

/** Says at which address nobody answered, why that one was tried, and what to do about it. */
function explain(error: EngineError, { address, chosenBy }: Pick<Endpoint, 'address' | 'chosenBy'>): EngineError {
  const { code: errno } = (error.cause ?? {}) as NodeJS.ErrnoException
  const where = `${address} (${chosenBy})`
  const message =
    error.code === 'forbidden'
      ? `this user may not open the Docker engine at ${where}: join the group docker, or run as root`
      : error.code === 'timeout'
        ? `the Docker engine at ${where} accepts the call but ${error.message.replace(/^the engine /, '')}: restart it`
        : errno === 'ESSH'
          ? `no Docker engine answers at ${where}: ${error.message.replace(/^.*?: (?=ssh says)/, '')}`
          : error.code === 'unreachable'
            ? `no Docker engine answers at ${where}: ${errno ?? ''}; start Docker, or point DOCKER_HOST or docker context use at an engine that runs`
            : `what answers at ${where} is no Docker engine: ${error.message}`
  return new EngineError(error.code, message, {
    cause: error,
    ...(error.statusCode === null ? {} : { statusCode: error.statusCode }),
  })
}
