import { createServer, type Server, type Socket } from 'node:net'
import type { Address } from '../../src/model/address.ts'
import { freePort, untilRefused } from '../free-port.ts'
import { column, cstring, int16, int32, letIn, message, ready } from '../wire-bytes.ts'

/** What the server does with a statement. */
export type Reaction =
  | {
      readonly type: 'ok'
      readonly tag?: string
      readonly notice?: Fields
      readonly rows?: readonly Record<string, number | string>[]
    }
  | { readonly type: 'error'; readonly sqlState: string; readonly severity?: string; readonly notice?: Fields }
  | { readonly type: 'hang' }
  | { readonly type: 'close'; readonly notice?: Fields }
  | { readonly type: 'reset' }

/** What a notice carries. */
interface Fields {
  readonly sqlState: string
  readonly routine?: string
}

/** What the server does with a new connection. */
export type Welcome = 'accept' | 'close' | 'hang' | { readonly sqlState: string }

export interface Asked {
  readonly text: string
  readonly values: readonly string[]
  readonly connection: number
}

/** As much of PostgreSQL's wire protocol, version 3.0, as the sessions need; every answer can be chosen. */
export class FakePostgres {
  welcome: Welcome = 'accept'
  /** Takes no notice of anybody who leaves, as a frozen server does. */
  isFrozen = false
  /** Once set, nobody is told that a statement is over before what is kept here is called. */
  held: (() => void)[] | null = null
  react: (asked: Asked) => Reaction = () => ({ type: 'ok' })
  /** What `inet_server_addr()` says. */
  serverAddress = '10.0.0.1'
  /** What `transaction_read_only` is: on in recovery. */
  isReadOnly = false
  readonly asked: Asked[] = []
  /** The questions with which sessions began. */
  readonly introductions: string[] = []
  connections = 0
  readonly open = new Set<Socket>()

  private constructor(
    private readonly server: Server,
    /** Where it listens, or listened. */
    readonly address: Address,
  ) {
    server.on('connection', (socket) => this.#onConnection(socket))
  }

  static async listen(wanted?: number): Promise<FakePostgres> {
    const port = wanted ?? (await freePort())
    const server = createServer({ noDelay: true, allowHalfOpen: true })
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    return new FakePostgres(server, { host: '127.0.0.1', port })
  }

  /** Hangs up on everybody. */
  cutAll(): void {
    for (const socket of this.open) socket.destroy()
  }

  async close(): Promise<void> {
    this.cutAll()
    await new Promise((resolve) => this.server.close(resolve))
    await untilRefused(this.address.port)
  }

  #onConnection(socket: Socket): void {
    const connection = ++this.connections
    this.open.add(socket)
    socket.on('close', () => this.open.delete(socket))
    socket.on('error', () => {})
    socket.on('end', () => {
      if (!this.isFrozen) socket.end()
      // To somebody who is really gone it cannot be said.
      else setTimeout(() => socket.write('?', () => socket.write('?')), 5)
    })
    if (this.welcome === 'close') {
      socket.resume().end()
      return
    }
    const backend = new Backend(this, socket, connection)
    let rest: Buffer = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      rest = backend.take(Buffer.concat([rest, chunk]))
    })
  }
}

class Backend {
  #isStarted = false
  #isHung = false
  #isFailed = false
  readonly #texts = new Map<string, string>()
  #text = ''
  #values: string[] = []

  constructor(
    private readonly fake: FakePostgres,
    private readonly socket: Socket,
    private readonly connection: number,
  ) {}

  /** Acts on every whole message, and returns what is left over. */
  take(bytes: Buffer): Buffer {
    let rest = bytes
    for (;;) {
      const head = this.#isStarted ? 1 : 0
      if (rest.length < head + 4) return rest
      const length = head + rest.readInt32BE(head)
      if (rest.length < length) return rest
      const body = rest.subarray(head + 4, length)
      if (this.#isStarted) this.#onMessage(String.fromCharCode(rest[0] ?? 0), body)
      else this.#onStartup()
      rest = rest.subarray(length)
    }
  }

  #onStartup(): void {
    this.#isStarted = true
    const { welcome } = this.fake
    if (welcome === 'hang') return
    if (typeof welcome === 'object') {
      this.socket.end(fields('E', 'FATAL', welcome))
      return
    }
    this.socket.write(Buffer.concat([letIn, ready]))
  }

  #onMessage(type: string, body: Buffer): void {
    if (this.#isHung || (this.#isFailed && type !== 'S')) return
    switch (type) {
      case 'P': {
        const [name, text] = strings(body)
        this.#texts.set(name ?? '', text ?? '')
        this.socket.write(message('1'))
        break
      }
      case 'B':
        this.#onBind(body)
        break
      case 'D':
        this.socket.write(message('n'))
        break
      case 'E':
        this.#execute(this.#text, this.#values)
        break
      case 'Q':
        this.#onQuery(strings(body)[0] ?? '')
        break
      case 'S':
        this.#isFailed = false
        if (this.fake.held === null) this.socket.write(ready)
        else this.fake.held.push(() => void this.socket.write(ready))
        break
      case 'X':
        if (!this.fake.isFrozen) this.socket.end()
    }
  }

  #onBind(body: Buffer): void {
    const [portal = '', name = ''] = strings(body)
    let at = Buffer.byteLength(portal) + Buffer.byteLength(name) + 2
    at += 2 + 2 * body.readInt16BE(at)
    const count = body.readInt16BE(at)
    at += 2
    this.#text = this.#texts.get(name) ?? ''
    this.#values = []
    for (let n = 0; n < count; n++) {
      const length = body.readInt32BE(at)
      this.#values.push(body.toString('utf8', at + 4, at + 4 + length))
      at += 4 + length
    }
    this.socket.write(message('2'))
  }

  #onQuery(text: string): void {
    if (text.includes('inet_server_addr')) {
      this.fake.introductions.push(text)
      const isReadOnly = this.fake.isReadOnly ? 'on' : 'off'
      const more = text.includes('transaction_read_only') ? { read_only: isReadOnly } : {}
      this.socket.write(rows([{ address: this.fake.serverAddress, ...more }]))
      this.socket.write(Buffer.concat([message('C', cstring('SELECT 1')), ready]))
      return
    }
    this.#execute(text, [])
    if (!this.#isHung && !this.socket.destroyed) this.socket.write(ready)
    this.#isFailed = false
  }

  #execute(text: string, values: readonly string[]): void {
    const asked = { text, values, connection: this.connection }
    this.fake.asked.push(asked)
    const reaction = this.fake.react(asked)
    if ('notice' in reaction && reaction.notice) this.socket.write(fields('N', 'WARNING', reaction.notice))
    switch (reaction.type) {
      case 'ok':
        if (reaction.rows) this.socket.write(rows(reaction.rows))
        this.socket.write(message('C', cstring(reaction.tag ?? 'INSERT 0 1')))
        break
      case 'error': {
        const isFatal = reaction.severity === 'FATAL'
        const bytes = fields('E', reaction.severity ?? 'ERROR', reaction)
        this.#isFailed = true
        this.#isHung = isFatal
        if (isFatal) this.socket.end(bytes)
        else this.socket.write(bytes)
        break
      }
      case 'hang':
        this.#isHung = true
        break
      case 'close':
        this.#isHung = true
        this.socket.end()
        break
      case 'reset':
        this.#isHung = true
        this.socket.resetAndDestroy()
    }
  }
}

function fields(type: 'E' | 'N', severity: string, { sqlState, routine }: Fields): Buffer {
  const parts = [`S${severity}`, `C${sqlState}`, `Mtold to say ${sqlState}`, ...(routine ? [`R${routine}`] : [])]
  return message(type, ...parts.map(cstring), Buffer.from([0]))
}

/** Numbers go as float8, the rest as text. */
function rows(rows: readonly Record<string, number | string>[]): Buffer {
  const columns = Object.entries(rows[0] ?? {}).map(([name, value]) => {
    const type = typeof value === 'number' ? 701 : 25
    return column(name, type)
  })
  const data = rows.map((row) => {
    const values = Object.values(row).map((value) => Buffer.from(String(value)))
    return message('D', int16(values.length), ...values.flatMap((value) => [int32(value.length), value]))
  })
  return Buffer.concat([message('T', int16(columns.length), ...columns), ...data])
}

function strings(body: Buffer): string[] {
  return body.toString('utf8').split('\0')
}
