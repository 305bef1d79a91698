import { connect, type Socket } from 'node:net'
import { fatal, readFirstPacket } from './messages.ts'
import { SessionWatch } from './session-watch.ts'
import type { Trouble } from './trouble.ts'

export interface Node {
  readonly name: string
  readonly host: string
  readonly port: number
}

/** What a relay needs to know of the rest of the proxy. */
export interface RelayOptions {
  /** Who leads, once it is settled: nobody is led anywhere while a promotion is under way. */
  readonly leader: () => Promise<Node>
  readonly connectTimeoutMs: number
  readonly report: (trouble: Trouble, node: Node) => void
  /** The server has let a client in. */
  readonly served: (node: Node) => void
}

/** Carries the sessions of clients to whoever leads. */
export class Relay {
  readonly #sessions = new Map<Socket, { readonly node: Node; readonly server: Socket }>()
  total = 0

  constructor(private readonly options: RelayOptions) {}

  get open(): number {
    return this.#sessions.size
  }

  /** Takes a client in; it is led on when it has said what it wants. */
  accept(client: Socket): void {
    let bytes: Buffer = Buffer.alloc(0)
    client.setNoDelay(true)
    client.on('error', () => {})
    const onData = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      try {
        const packet = readFirstPacket(bytes)
        if (packet === null) return
        bytes = packet.rest
        if (packet.kind === 'encryption') {
          client.write('N')
          if (bytes.length > 0) onData(Buffer.alloc(0))
          return
        }
        client.pause()
        client.off('data', onData)
        const start = packet.kind === 'cancel' ? this.#cancel : this.#lead
        start.call(this, client, Buffer.concat([packet.bytes, packet.rest])).catch(() => client.destroy())
      } catch {
        client.destroy()
      }
    }
    client.on('data', onData)
  }

  /** Ends the sessions of every node but this one. */
  dropAllBut(node: Node): void {
    for (const [client, session] of this.#sessions) {
      if (session.node.name === node.name) continue
      this.#sessions.delete(client)
      session.server.destroy()
      client.destroy()
    }
  }

  dropAll(): void {
    this.dropAllBut({ name: '', host: '', port: 0 })
  }

  async #cancel(client: Socket, packet: Buffer): Promise<void> {
    const node = await this.options.leader()
    const server = connect({ host: node.host, port: node.port, timeout: this.options.connectTimeoutMs })
    server.on('error', () => {})
    server.on('timeout', () => server.destroy())
    server.on('close', () => client.destroy())
    server.end(packet)
  }

  async #lead(client: Socket, startup: Buffer): Promise<void> {
    const node = await this.options.leader()
    if (client.destroyed) return
    const server = connect({ host: node.host, port: node.port, noDelay: true })
    this.#sessions.set(client, { node, server })
    this.total++
    const watch = new SessionWatch(
      (trouble) => this.options.report(trouble, node),
      () => this.options.served(node),
    )
    this.#watchEnds(client, server, watch, node)
    server.on('data', (chunk) => watch.fromServer(chunk))
    server.pipe(client, { end: false })
    server.write(startup)
    client.on('data', (chunk: Buffer) => watch.fromClient(chunk))
    client.pipe(server, { end: false })
  }

  /** Whoever goes first takes the other along, and only the first to go says anything. */
  #watchEnds(client: Socket, server: Socket, watch: SessionWatch, node: Node): void {
    let code: string | null = null
    let isConnected = false
    const timer = setTimeout(() => server.destroy(timeout()), this.options.connectTimeoutMs)
    server.on('connect', () => {
      isConnected = true
      clearTimeout(timer)
    })
    server.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code ?? error.message
    })
    server.on('close', () => {
      clearTimeout(timer)
      if (!this.#sessions.delete(client)) return
      client.end(isConnected ? '' : fatal('57P03', `the proxy cannot reach ${node.name}: ${code}`))
      client.destroySoon()
      watch.serverGone(code)
    })
    const onClientGone = () => {
      if (!this.#sessions.delete(client)) return
      watch.clientGone()
      server.destroySoon()
    }
    client.on('end', onClientGone)
    client.on('close', onClientGone)
  }
}

function timeout(): NodeJS.ErrnoException {
  return Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })
}
