import net from 'node:net'
import { urlToHttpOptions } from 'node:url'
import { SourceError } from './poll.ts'

export interface HttpAnswer {
  readonly status: number
  readonly body: string
}

/** One server that is asked over plain HTTP, on connections that are kept where it keeps them. */
export interface PlainHttp {
  /** Any status is an answer. Without a body it is a GET, else a POST. Rejects as httpSource's questions do. */
  ask(signal: AbortSignal, path: string, body: string | null): Promise<HttpAnswer>
  close(): void
}

/**
 * For short answers that are asked for several times a second, all of the time: Node's own client makes streams and a
 * dozen other objects for each, and takes twice as long.
 */
export function plainHttp(base: URL, headers: Readonly<Record<string, string>>): PlainHttp {
  const { hostname, port } = urlToHttpOptions(base)
  const address = { host: String(hostname), port: Number(port || 80) }
  const idle: Connection[] = []
  const all = new Set<Connection>()
  const fields = { host: base.host, connection: 'keep-alive', ...headers }
  const head = Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
  const open = () => {
    const opened = new Connection(net.connect(address), () => {
      all.delete(opened)
      const at = idle.indexOf(opened)
      if (at >= 0) idle.splice(at, 1)
    })
    all.add(opened)
    return opened
  }
  const send = (signal: AbortSignal, request: string, isRetry: boolean) =>
    new Promise<HttpAnswer>((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const kept = idle.pop()
      const connection = kept ?? open()
      const onAbort = () => connection.end(signal.reason)
      signal.addEventListener('abort', onAbort, { once: true })
      connection.ask(request, (answer, error) => {
        signal.removeEventListener('abort', onAbort)
        if (answer !== null) {
          if (answer.isKept) idle.push(connection)
          return resolve({ status: answer.status, body: answer.body })
        }
        // A server may close a kept connection just as it is used again: that says nothing about the server yet.
        const isStale = kept !== undefined && connection.isSilent && !signal.aborted
        if (isStale && !isRetry) resolve(send(signal, request, true))
        else reject(error)
      })
    })
  return {
    ask(signal, path, body) {
      if (body === null) return send(signal, `GET ${path} HTTP/1.1\r\n${head}\r\n`, false)
      const length = Buffer.byteLength(body)
      return send(signal, `POST ${path} HTTP/1.1\r\n${head}content-length: ${length}\r\n\r\n${body}`, true)
    },
    close() {
      for (const connection of all) connection.end(new SourceError('ECONNRESET'))
    },
  }
}

type OnAnswer = (answer: WholeAnswer | null, error: unknown) => void

/** One question at a time. */
class Connection {
  #said: Buffer = NOTHING
  #error: unknown = null
  #onAnswer: OnAnswer | null = null
  readonly #socket: net.Socket

  constructor(socket: net.Socket, onClosed: () => void) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#take(chunk))
    socket.on('error', (error) => {
      this.#error ??= error
    })
    socket.on('close', () => {
      onClosed()
      this.#read(true)
    })
  }

  /** Whether nothing has come since it was asked. */
  get isSilent(): boolean {
    return this.#said.length === 0
  }

  ask(request: string, onAnswer: OnAnswer): void {
    this.#onAnswer = onAnswer
    this.#said = NOTHING
    this.#socket.ref()
    this.#socket.write(request)
  }

  end(why: unknown): void {
    this.#error ??= why
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#said = this.#said.length === 0 ? chunk : Buffer.concat([this.#said, chunk])
    // Nobody has asked for it.
    if (this.#onAnswer === null) this.#socket.destroy()
    else this.#read(false)
  }

  #read(hasEnded: boolean): void {
    if (this.#onAnswer === null) return
    try {
      const answer = this.#error === null ? readAnswer(this.#said, hasEnded) : null
      if (answer !== null) this.#settle(answer, null)
      else if (hasEnded) this.#settle(null, this.#error ?? new SourceError('ECONNRESET'))
    } catch (error) {
      this.#settle(null, error)
    }
  }

  #settle(answer: WholeAnswer | null, error: unknown): void {
    const onAnswer = this.#onAnswer
    this.#onAnswer = null
    // It keeps no process alive by itself.
    if (answer?.isKept === true) this.#socket.unref()
    else this.#socket.destroy()
    onAnswer?.(answer, error)
  }
}

const NOTHING = Buffer.alloc(0)

interface WholeAnswer extends HttpAnswer {
  /** Whether the connection can be asked again. */
  readonly isKept: boolean
}

/**
 * What a server has said so far, by RFC 9112: null while it is not the whole answer.
 * @throws {SourceError} it is no HTTP
 */
export function readAnswer(bytes: Buffer, hasEnded: boolean): WholeAnswer | null {
  const headEnd = bytes.indexOf(HEAD_END)
  if (headEnd < 0 && bytes.length < MOST_OF_HEAD) return null
  const head = bytes.toString('latin1', 0, Math.max(headEnd, 0))
  const [, version, code] = /^HTTP\/1\.([01]) (\d{3})/.exec(head) ?? []
  if (code === undefined) throw new SourceError('not HTTP')
  const from = headEnd + HEAD_END.length
  const status = Number(code)
  if (status < 200) return readAnswer(bytes.subarray(from), hasEnded)
  const connection = field(head, CONNECTION)
  const isKept = version === '1' ? !/\bclose\b/i.test(connection) : /\bkeep-alive\b/i.test(connection)
  if (/\bchunked\b/i.test(field(head, ENCODING))) {
    const body = readChunks(bytes, from)
    return body === null ? null : { status, body, isKept: isKept && !hasEnded }
  }
  const length = status === 204 || status === 304 ? '0' : field(head, LENGTH)
  if (length === '') return hasEnded ? { status, body: bytes.toString('utf8', from), isKept: false } : null
  const to = from + Number(length)
  if (bytes.length < to) return null
  return { status, body: bytes.toString('utf8', from, to), isKept: isKept && !hasEnded && bytes.length === to }
}

const HEAD_END = '\r\n\r\n'
const MOST_OF_HEAD = 65_536
const CONNECTION = /\r\nconnection:[ \t]*([^\r\n]*)/i
const ENCODING = /\r\ntransfer-encoding:[ \t]*([^\r\n]*)/i
const LENGTH = /\r\ncontent-length:[ \t]*(\d+)/i

function field(head: string, name: RegExp): string {
  return name.exec(head)?.[1] ?? ''
}

function readChunks(bytes: Buffer, from: number): string | null {
  const chunks: Buffer[] = []
  for (let at = from; ; ) {
    const end = bytes.indexOf('\r\n', at)
    if (end < 0) return null
    const size = Number.parseInt(bytes.toString('latin1', at, end), 16)
    if (Number.isNaN(size)) throw new SourceError('not HTTP')
    if (size === 0) return bytes.indexOf(HEAD_END, end) < 0 ? null : Buffer.concat(chunks).toString()
    at = end + 2 + size + 2
    if (bytes.length < at) return null
    chunks.push(bytes.subarray(end + 2, end + 2 + size))
  }
}
