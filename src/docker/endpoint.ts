import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { EngineError } from './engine-error.ts'

/** Where the engine is, and why there. */
export interface Endpoint {
  /** As in DOCKER_HOST, e.g. `unix:///var/run/docker.sock`. */
  readonly address: string
  /** For people: `DOCKER_HOST`, `the context desktop-linux of DOCKER_CONTEXT`, `the default socket`. */
  readonly chosenBy: string
  readonly transport: Transport
}

type Transport =
  | { readonly type: 'socket'; readonly path: string }
  | { readonly type: 'tcp'; readonly host: string; readonly port: number; readonly tls: Tls | null }
  | { readonly type: 'ssh'; readonly host: string; readonly port: number | null; readonly user: string | null }

interface Tls {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
  readonly rejectUnauthorized: boolean
}

const DEFAULT_ADDRESS = process.platform === 'win32' ? 'npipe:////./pipe/docker_engine' : 'unix:///var/run/docker.sock'

/**
 * The engine that the docker CLI would talk to: DOCKER_HOST, else the context named by DOCKER_CONTEXT, else the
 * `currentContext` of config.json, else the default socket. TLS files as the CLI finds them.
 * Order and file layout: docker/cli, cli/command/cli.go (resolveContextName) and cli/context/store.
 * @throws {EngineError} `endpoint` when the settings name something that is not there or not understood.
 */
export function findEndpoint(environment: NodeJS.ProcessEnv): Endpoint {
  const folder = environment.DOCKER_CONFIG || path.join(homeOf(environment), '.docker')
  if (environment.DOCKER_HOST) {
    const isVerified = Boolean(environment.DOCKER_TLS_VERIFY)
    const usesTls = isVerified || Boolean(environment.DOCKER_TLS)
    const tls = usesTls ? readTls(environment.DOCKER_CERT_PATH || folder, isVerified) : null
    return parseAddress(environment.DOCKER_HOST, 'DOCKER_HOST', tls)
  }
  if (environment.DOCKER_CONTEXT) return fromContext(folder, environment.DOCKER_CONTEXT, 'DOCKER_CONTEXT')
  const config = path.join(folder, 'config.json')
  const current = currentContext(config)
  if (current.name !== null) return fromContext(folder, current.name, config)
  return parseAddress(DEFAULT_ADDRESS, `the default socket${current.remark}`, null)
}

function homeOf(environment: NodeJS.ProcessEnv): string {
  return (process.platform === 'win32' ? environment.USERPROFILE : environment.HOME) || os.homedir()
}

/** The CLI warns of a config.json that it cannot read and goes on without it; so does this, in the remark. */
function currentContext(file: string): { name: string | null; remark: string } {
  const text = readIfThere(file)
  if (text === null) return { name: null, remark: '' }
  try {
    const { currentContext: name } = JSON.parse(text.toString()) as { currentContext?: unknown }
    return { name: typeof name === 'string' && name !== '' ? name : null, remark: '' }
  } catch {
    return { name: null, remark: `, as ${file} is not valid JSON` }
  }
}

function fromContext(folder: string, name: string, namedBy: string): Endpoint {
  const chosenBy = `the context ${name} of ${namedBy}`
  if (name === 'default') return parseAddress(DEFAULT_ADDRESS, chosenBy, null)
  const id = createHash('sha256').update(name).digest('hex')
  const file = path.join(folder, 'contexts', 'meta', id, 'meta.json')
  const text = readIfThere(file)
  if (text === null) {
    throw new EngineError(
      'endpoint',
      `${namedBy} names the Docker context ${name}, which does not exist: see docker context ls`,
    )
  }
  const docker = dockerEndpoint(text.toString())
  if (docker === null) {
    throw new EngineError('endpoint', `the Docker context ${name} names no engine (endpoints.docker.Host in ${file})`)
  }
  const tlsFolder = path.join(folder, 'contexts', 'tls', id, 'docker')
  const tls = readTls(tlsFolder, !docker.skipsVerify)
  const usesTls = docker.skipsVerify || tls.ca !== undefined || tls.cert !== undefined
  return parseAddress(docker.host, chosenBy, usesTls ? tls : null)
}

function dockerEndpoint(text: string): { host: string; skipsVerify: boolean } | null {
  try {
    const { Endpoints } = JSON.parse(text) as { Endpoints?: { docker?: { Host?: unknown; SkipTLSVerify?: unknown } } }
    const { Host, SkipTLSVerify } = Endpoints?.docker ?? {}
    return typeof Host === 'string' && Host !== '' ? { host: Host, skipsVerify: SkipTLSVerify === true } : null
  } catch {
    return null
  }
}

function readTls(folder: string, rejectUnauthorized: boolean): Tls {
  const files = { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem' }
  const found = Object.entries(files).map(([name, file]) => [name, readIfThere(path.join(folder, file))] as const)
  return { ...Object.fromEntries(found.filter(([, pem]) => pem !== null)), rejectUnauthorized }
}

function parseAddress(address: string, chosenBy: string, tls: Tls | null): Endpoint {
  const [scheme = '', rest = ''] = address.includes('://') ? splitOnce(address, '://') : ['tcp', address]
  if (scheme === 'unix' || scheme === 'npipe') {
    const socket = rest || DEFAULT_ADDRESS.replace(/^\w+:\/\//, '')
    return { address: `${scheme}://${socket}`, chosenBy, transport: { type: 'socket', path: socket } }
  }
  const url = URL.canParse(`tcp://${rest}`) ? new URL(`tcp://${rest}`) : null
  if (url === null || url.hostname === '' || !['tcp', 'http', 'https', 'ssh'].includes(scheme)) {
    const expected = 'unix:///path, tcp://host:port, ssh://user@host or npipe:////./pipe/name'
    throw new EngineError('endpoint', `${chosenBy} says ${address}: no address of an engine, expected ${expected}`)
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (scheme === 'ssh') {
    const port = url.port === '' ? null : Number(url.port)
    const user = url.username === '' ? null : decodeURIComponent(url.username)
    return { address, chosenBy, transport: { type: 'ssh', host, port, user } }
  }
  const secured = tls ?? (scheme === 'https' ? { rejectUnauthorized: true } : null)
  const port = Number(url.port) || (secured ? 2376 : 2375)
  return {
    address: `${scheme}://${url.hostname}:${port}`,
    chosenBy,
    transport: { type: 'tcp', host, port, tls: secured },
  }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return [text.slice(0, at), text.slice(at + separator.length)]
}

function readIfThere(file: string): Buffer | null {
  try {
    return readFileSync(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw new EngineError('endpoint', `${file} cannot be read (${code})`, { cause: error })
  }
}
