/** What travels in PostgreSQL's protocol, version 3: a type and the beginning of the body. */
export interface Message {
  readonly type: string
  readonly head: Buffer
}

/** A client's first packet; it has no type. `rest` is what came after it. */
export interface FirstPacket {
  readonly kind: 'startup' | 'cancel' | 'encryption'
  readonly bytes: Buffer
  readonly rest: Buffer
}

/** Enough for names and SQLSTATEs, and for the first words of a statement. */
const HEAD_BYTES = 512
const MAX_FIRST_PACKET = 10_000
const KINDS: Readonly<Record<number, FirstPacket['kind']>> = {
  80877102: 'cancel',
  80877103: 'encryption',
  80877104: 'encryption',
}

/** The first packet when it has arrived whole, null until then; throws on what is not PostgreSQL's protocol. */
export function readFirstPacket(bytes: Buffer): FirstPacket | null {
  if (bytes.length < 8) return null
  const length = bytes.readInt32BE(0)
  if (length < 8 || length > MAX_FIRST_PACKET) throw new Error("this is not PostgreSQL's protocol")
  if (bytes.length < length) return null
  const kind = KINDS[bytes.readInt32BE(4)] ?? 'startup'
  return { kind, bytes: bytes.subarray(0, length), rest: bytes.subarray(length) }
}

/** Cuts a stream into messages, however it was cut on its way; of a large body only the beginning is kept. */
export class MessageReader {
  #header: Buffer = Buffer.alloc(0)
  #head: Buffer = Buffer.alloc(0)
  #left = 0

  constructor(private readonly onMessage: (message: Message) => void) {}

  take(chunk: Buffer): void {
    let rest = chunk
    while (rest.length > 0) rest = this.#header.length < 5 ? this.#takeHeader(rest) : this.#takeBody(rest)
  }

  #takeHeader(bytes: Buffer): Buffer {
    const missing = 5 - this.#header.length
    this.#header = Buffer.concat([this.#header, bytes.subarray(0, missing)])
    if (this.#header.length === 5) {
      this.#left = this.#header.readInt32BE(1) - 4
      if (this.#left <= 0) this.#emit()
    }
    return bytes.subarray(missing)
  }

  #takeBody(bytes: Buffer): Buffer {
    const body = bytes.subarray(0, this.#left)
    if (this.#head.length < HEAD_BYTES) {
      this.#head = Buffer.concat([this.#head, body.subarray(0, HEAD_BYTES - this.#head.length)])
    }
    this.#left -= body.length
    if (this.#left === 0) this.#emit()
    return bytes.subarray(body.length)
  }

  #emit(): void {
    const message = { type: String.fromCharCode(this.#header[0] as number), head: this.#head }
    this.#header = Buffer.alloc(0)
    this.#head = Buffer.alloc(0)
    this.onMessage(message)
  }
}

/** The zero-terminated strings with which a body begins. */
export function strings(head: Buffer): string[] {
  return head.toString('utf8').split('\0')
}

/** The SQLSTATE of an ErrorResponse. */
export function sqlStateOf(head: Buffer): string {
  const field = strings(head).find((text) => text.startsWith('C'))
  return field?.slice(1) ?? 'XX000'
}

/** An ErrorResponse of the proxy's own, after which the session ends. */
export function fatal(sqlState: string, text: string): Buffer {
  const body = Buffer.from(`${['SFATAL', 'VFATAL', `C${sqlState}`, `M${text}`, ''].join('\0')}\0`)
  const header = Buffer.alloc(5)
  header.write('E')
  header.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([header, body])
}
