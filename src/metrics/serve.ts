import { once } from 'node:events'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'
import { http } from '../docker/node-http.ts'
import type { Address } from '../model/address.ts'
import type { Metrics } from './metrics.ts'

export interface ServedMetrics {
  /** Where it listens, `host:port`. */
  readonly address: string
  /** Why the gateway was asked for and is not served, for people; null when it is, or was not asked for. */
  readonly problem: string | null
  close(): Promise<void>
}

export interface ServeOptions {
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 9464; 0 takes a free one. */
  readonly port?: number
  /** How many ports after it are tried when it is in use; default none. */
  readonly orNext?: number
  /** The first parts of the compose network's addresses, e.g. `172.30.77`; left out, only `host` is listened on. */
  readonly subnet?: string
}

export const defaultListen: Address = { host: '127.0.0.1', port: 9464 }

/**
 * Serves /metrics over HTTP, and nothing else; `address` says at which port. That the gateway cannot be had is told and borne: a Prometheus in its
 * container then sees no lab, and everything else works.
 * @throws an error of one line that names the option to change, when `host` and `port` cannot be listened on
 */
export async function serveMetrics(
  metrics: Pick<Metrics, 'text' | 'contentType'>,
  { host = defaultListen.host, port = defaultListen.port, orNext = 0, subnet }: ServeOptions = {},
): Promise<ServedMetrics> {
  const answer = answerWith(metrics)
  const server = await listenAtOrAfter(answer, { host, port }, orNext)
  const actual = { host, port: (server.address() as AddressInfo).port }
  const wanted = subnet === undefined || ANYWHERE.includes(host) ? null : gatewayIn(subnet)
  const besides = wanted === null || wanted === host ? null : await listenBesides(answer, { ...actual, host: wanted })
  const servers = [server, ...(besides?.server ? [besides.server] : [])]
  return {
    address: hostPort(actual),
    problem: besides?.problem ?? (wanted === null ? missing(subnet, host) : null),
    close: async () => {
      await Promise.all(servers.map(close))
    },
  }
}

const ANYWHERE = ['0.0.0.0', '::']

function missing(subnet: string | undefined, host: string): string | null {
  if (subnet === undefined || ANYWHERE.includes(host)) return null
  return `this machine has no address in ${subnet}.0/24: a Prometheus in a container cannot reach the lab's metrics`
}

/** Reads `HOST:PORT`, an IPv6 host in brackets; null when it is none. */
export function parseListen(text: string): Address | null {
  const [, host, port] = /^(\[[0-9A-Fa-f:.]+\]|[^\s:/[\]]+):(\d{1,5})$/.exec(text.trim()) ?? []
  if (host === undefined || Number(port) > 65_535) return null
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
}

function answerWith({ text, contentType }: Pick<Metrics, 'text' | 'contentType'>): RequestListener {
  return (request, response) => {
    // A client that hangs up is no news.
    response.on('error', () => {})
    const say = (status: number, body: string, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers })
      response.end(request.method === 'HEAD' ? undefined : body)
    }
    if (request.url?.split('?', 1)[0] !== '/metrics') return say(404, 'only /metrics is here\n')
    if (request.method !== 'GET' && request.method !== 'HEAD') return say(405, 'only GET\n', { allow: 'GET, HEAD' })
    text().then(
      (body) => say(200, body, { 'content-type': contentType }),
      (error: unknown) => say(500, `the metrics could not be told: ${String(error)}\n`),
    )
  }
}

async function listen(answer: RequestListener, address: Address): Promise<Server> {
  const server = http.createServer(answer)
  server.listen({ ...address, exclusive: true })
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw new Error(`${whyNot(address, cause as NodeJS.ErrnoException)}: ${REMEDY}`, { cause })
  }
  // From now on an error is of one connection it could not take; the lab goes on.
  server.on('error', () => {})
  // A run that has ended is not kept alive by it.
  server.unref()
  return server
}

/** @throws what the first port was refused for, when all of them are in use */
async function listenAtOrAfter(answer: RequestListener, address: Address, orNext: number): Promise<Server> {
  try {
    return await listen(answer, address)
  } catch (error) {
    const { code } = (error as Error).cause as NodeJS.ErrnoException
    if (code !== 'EADDRINUSE' || orNext === 0) throw error
    return listenAtOrAfter(answer, { ...address, port: address.port + 1 }, orNext - 1).catch(() => {
      throw error
    })
  }
}

const REMEDY = 'serve the metrics elsewhere with --metrics-listen HOST:PORT, or not at all with --no-metrics'

function whyNot(address: Address, { code }: NodeJS.ErrnoException): string {
  const at = hostPort(address)
  if (code === 'EADDRINUSE') return `${at} is in use by another program`
  if (code === 'EACCES') return `${at} may not be listened on`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `${address.host} is no address of this machine`
  return `${at} cannot be listened on (${code})`
}

async function listenBesides(
  answer: RequestListener,
  address: Address,
): Promise<{ readonly server: Server | null; readonly problem: string | null }> {
  try {
    return { server: await listen(answer, address), problem: null }
  } catch (error) {
    const { cause } = error as Error
    const why = whyNot(address, cause as NodeJS.ErrnoException)
    return { server: null, problem: `${why}: a Prometheus in a container cannot reach the lab's metrics` }
  }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

function hostPort({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

type Interfaces = Readonly<Record<string, readonly Pick<NetworkInterfaceInfo, 'address' | 'family'>[] | undefined>>

/**
 * This machine's own address in a network of Docker, which its containers reach the machine by: the address of an
 * interface that begins with `prefix`, e.g. `172.30.77`. Null when there is none: the network is not up, or the engine
 * runs elsewhere (in a virtual machine, on another host).
 */
export function gatewayIn(prefix: string, interfaces: Interfaces = networkInterfaces()): string | null {
  const all = Object.values(interfaces).flatMap((each) => each ?? [])
  const found = all.find(({ family, address }) => family === 'IPv4' && address.startsWith(`${prefix}.`))
  return found?.address ?? null
}
