import { Socket } from 'node:net'
import path from 'node:path'
import pg from 'pg'
import type { ProxyOptions } from '../../../labs/pair/proxy/options.ts'
import { type RunningProxy, startProxy } from '../../../labs/pair/proxy/proxy.ts'
import type { Node } from '../../../labs/pair/proxy/relay.ts'
import type { Hearing, Promoted, Servers } from '../../../labs/pair/proxy/servers.ts'
import type { Status } from '../../../labs/pair/proxy/status.ts'
import { newFolder } from '../../new-folder.ts'
import { FakePostgres } from '../../traffic/fake-postgres.ts'

/** Two fake servers, what the proxy hears of them, and a proxy before them. */
export class Pair {
  proxy!: RunningProxy
  readonly promoted: string[] = []
  readonly log: string[] = []
  /** What a check of the leader comes to. */
  isPrimary: () => Promise<boolean> = async () => true
  hearing: () => Promise<Hearing> = async () => streaming(10)
  promote: (node: Node) => Promise<Promoted> = async () => ({ timeline: 2, fork: '0/3000148' })
  readonly stateFile = path.join(newFolder(), 'state.json')
  readonly #clients: pg.Client[] = []

  private constructor(
    readonly primary: FakePostgres,
    readonly standby: FakePostgres,
  ) {}

  static async start(options: Partial<ProxyOptions> = {}): Promise<Pair> {
    const pair = new Pair(await FakePostgres.listen(), await FakePostgres.listen())
    await pair.startProxy(options)
    return pair
  }

  async startProxy(options: Partial<ProxyOptions> = {}): Promise<void> {
    const servers: Servers = {
      isPrimary: () => this.isPrimary(),
      hearing: () => this.hearing(),
      promote: (node) => {
        this.promoted.push(node.name)
        return this.promote(node)
      },
    }
    const all: ProxyOptions = {
      nodes: [
        { name: 'my_primary', ...this.primary.address },
        { name: 'my_standby', ...this.standby.address },
      ],
      listenPort: 0,
      httpPort: 0,
      stateFile: this.stateFile,
      isFenced: false,
      user: 'postgres',
      password: '',
      connectTimeoutMs: 60_000,
      promoteTimeoutMs: 60_000,
      checkEveryMs: 5,
      checkTimeoutMs: 60_000,
      settings: { fall: 3, overMs: 1, hearsWithinMs: 3000 },
      ...options,
    }
    this.proxy = await startProxy(all, { servers, log: (line) => this.log.push(line) })
  }

  /** A session through the proxy; its socket is at hand, to leave without a goodbye. */
  async connect(): Promise<{ readonly client: pg.Client; readonly leave: () => void }> {
    const socket = new Socket()
    const client = this.#client(socket)
    await client.connect()
    return { client, leave: () => socket.destroy() }
  }

  /** One that is not connected yet. */
  begin(): { readonly connected: Promise<void>; readonly leave: () => void } {
    const socket = new Socket()
    const connected = this.#client(socket)
      .connect()
      .then(() => {})
    connected.catch(() => {})
    return { connected, leave: () => socket.destroy() }
  }

  async get(url: string): Promise<Response> {
    return await fetch(`http://127.0.0.1:${this.proxy.httpPort}${url}`)
  }

  async post(url: string, body: unknown): Promise<Response> {
    return await fetch(`http://127.0.0.1:${this.proxy.httpPort}${url}`, { method: 'POST', body: JSON.stringify(body) })
  }

  async status(): Promise<Status> {
    return (await (await this.get('/status')).json()) as Status
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.end().catch(() => {})
    await this.proxy.close()
    await this.primary.close()
    await this.standby.close()
  }

  #client(socket: Socket): pg.Client {
    const { port } = this.proxy
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'app', database: 'app', stream: () => socket })
    client.on('error', () => {})
    this.#clients.push(client)
    return client
  }
}

export function streaming(heardMsAgo: number): Hearing {
  return { isInRecovery: true, receiver: 'streaming', heardMsAgo }
}

export const deaf: Hearing = { isInRecovery: true, receiver: null, heardMsAgo: null }
