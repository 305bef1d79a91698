import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { newFolder } from '../new-folder.ts'

export interface FakeContainer {
  readonly id: string
  readonly name: string
  readonly labels?: Record<string, string>
  /** By its name, or by its id once the name is another's. */
  image?: string
  state?: string
  status?: string
  created?: number
  /** Published on 127.0.0.1, by the port inside. */
  ports?: Readonly<Record<number, number>>
  /** As the list has them, by network. */
  networks?: Readonly<Record<string, object>>
  /** Merged into `State` of the inspection. */
  inspect?: Record<string, unknown>
  stopTimeout?: number
}

export interface FakeEngine extends AsyncDisposable {
  readonly address: string
  readonly environment: NodeJS.ProcessEnv
  readonly containers: FakeContainer[]
  /** Every request as `METHOD /path?query`, decoded. */
  readonly requests: string[]
  /** What to answer instead, by the start of `METHOD /path`: a status, a status with a body (bytes as they are, or JSON), or `hang`, or `half` a body. */
  readonly answers: Map<string, number | { status: number; body: unknown } | 'hang' | 'half'>
  /** How many streams are open now, by path. */
  open(pathname: string): number
  /** Writes a line to every open stream of this path; a string goes out as it is. */
  send(pathname: string, line: unknown): void
  /** Ends every open connection. */
  cut(): void
}

/** An engine that knows only what it was told, on a Unix socket of its own or on 127.0.0.1. */
export async function startFakeEngine(on: 'unix' | 'tcp' = 'unix'): Promise<FakeEngine> {
  const folder = newFolder()
  const streams = new Map<http.ServerResponse, string>()
  const [containers, requests, answers]: [FakeContainer[], string[], FakeEngine['answers']] = [[], [], new Map()]
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://engine')
    const asked = `${request.method} ${decodeURIComponent(request.url ?? '')}`
    requests.push(asked)
    const planted = [...answers].find(([start]) => asked.startsWith(start))?.[1]
    if (planted === 'hang') return
    if (planted === 'half')
      return void response.writeHead(200, { 'content-length': 1000 }).write('{"Ver', () => response.destroy())
    if (typeof planted === 'number') return void response.writeHead(planted).end()
    if (planted) {
      const { status, body } = planted
      return void response.writeHead(status).end(Buffer.isBuffer(body) ? body : JSON.stringify(body))
    }
    if (url.pathname === '/events' || url.pathname.endsWith('/stats')) {
      response.writeHead(200).flushHeaders()
      streams.set(response, url.pathname)
      response.on('close', () => streams.delete(response))
      return
    }
    const { status, body } = answer(request.method ?? '', url.pathname, containers)
    response.writeHead(status).end(body === undefined ? '' : JSON.stringify(body))
  })
  const socket = path.join(folder, 'docker.sock')
  await new Promise<void>((resolve) => {
    if (on === 'unix') server.listen(socket, resolve)
    else server.listen(0, '127.0.0.1', resolve)
  })
  const address = on === 'unix' ? `unix://${socket}` : `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    address,
    environment: { DOCKER_HOST: address },
    containers,
    requests,
    answers,
    open: (pathname) => [...streams.values()].filter((each) => each === pathname).length,
    send(pathname, line) {
      const text = typeof line === 'string' ? line : `${JSON.stringify(line)}\n`
      for (const [response, each] of streams) if (each === pathname) response.write(text)
    },
    cut: () => server.closeAllConnections(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A container of a compose project. */
export function composeContainer(
  service: string,
  more: Partial<FakeContainer> & { project?: string; oneoff?: boolean; hash?: string } = {},
): FakeContainer {
  const { project = 'demo', oneoff = false, hash = '', ...rest } = more
  const labels = {
    'com.docker.compose.config-hash': hash,
    'com.docker.compose.project': project,
    'com.docker.compose.service': service,
    'com.docker.compose.oneoff': oneoff ? 'True' : 'False',
  }
  return { id: idOf(`${project}${service}${oneoff}`), name: `${project}_${service}_1`, labels, ...rest }
}

/** 64 hex digits that differ from name to name. */
export function idOf(name: string): string {
  return Buffer.from(name).toString('hex').padEnd(64, '0').slice(0, 64)
}

/** The event that the engine sends when something happens to this container. */
export function eventOf(container: FakeContainer, action: string, attributes: Record<string, string> = {}): object {
  const { id, name, labels } = container
  return {
    Type: 'container',
    Action: action,
    Actor: { ID: id, Attributes: { name, ...labels, ...attributes } },
    timeNano: 1_795_160_224_000_000_000,
  }
}

function answer(method: string, pathname: string, containers: FakeContainer[]): { status: number; body?: unknown } {
  if (pathname === '/version') return { status: 200, body: { Version: '20.10.24', ApiVersion: '1.41' } }
  if (pathname === '/containers/json') return { status: 200, body: containers.map(summaryOf) }
  const [, id, verb] = /^\/containers\/([^/]+)\/(\w+)$/.exec(pathname) ?? []
  const container = containers.find((each) => each.id === id)
  if (!container) return { status: 404, body: { message: 'No such container' } }
  if (method === 'POST') return { status: 204 }
  return { status: verb === 'json' ? 200 : 404, body: inspectionOf(container) }
}

function summaryOf(container: FakeContainer) {
  const {
    id,
    name,
    labels = {},
    image = 'patroni',
    state = 'running',
    status = 'Up 2 minutes',
    created = 1,
    ports = {},
    networks,
  } = container
  const Ports = Object.entries(ports).map(([inside, on]) => {
    return { IP: '127.0.0.1', PrivatePort: Number(inside), PublicPort: on, Type: 'tcp' }
  })
  const told = {
    Id: id,
    Names: [`/${name}`],
    Image: image,
    Labels: labels,
    State: state,
    Status: status,
    Created: created,
    Ports,
  }
  return networks === undefined ? told : { ...told, NetworkSettings: { Networks: networks } }
}

function inspectionOf({ id, name, state = 'running', inspect = {}, stopTimeout }: FakeContainer) {
  const State = { Status: state, ExitCode: 0, StartedAt: '2026-11-20T07:37:05.117645537Z', ...inspect }
  return { Id: id, Name: `/${name}`, State, Config: stopTimeout === undefined ? {} : { StopTimeout: stopTimeout } }
}
