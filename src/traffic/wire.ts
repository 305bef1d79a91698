import type { Writable } from 'node:stream'
import pg from 'pg'

/*
 * PostgreSQL's wire protocol, version 3.0, as far as a session needs it once it is logged in (PostgreSQL 17,
 * "Frontend/Backend Protocol", "Message Flow" and "Message Formats"). Every message is a byte for its type, an int32 for
 * its length, which counts itself and not the type, and its fields. Numbers are big-endian, texts end in a zero byte.
 */

/** The types of messages from the server that a session reads. */
export const FROM_SERVER = {
  parseComplete: code('1'),
  rowDescription: code('T'),
  dataRow: code('D'),
  commandComplete: code('C'),
  error: code('E'),
  notice: code('N'),
  readyForQuery: code('Z'),
} as const

/** Told of a message; what is in it is at `from` to `to` of the bytes, which are only lent. */
export type OnMessage = (type: number, bytes: Buffer, from: number, to: number) => void

/** The type and the length. */
export const HEAD_BYTES = 5

/** Tells messages apart, however the bytes are cut. */
export class Incoming {
  /** Of a message that is not whole yet. */
  #held: Buffer[] = []
  #heldBytes = 0
  #wantedBytes = 0

  /** Takes what arrived, which it keeps nothing of. False when this is not the protocol. */
  take(arrived: Buffer, length: number, onMessage: OnMessage): boolean {
    let bytes = arrived
    let end = length
    if (this.#heldBytes > 0) {
      this.#hold(arrived.subarray(0, length))
      if (this.#heldBytes < this.#wantedBytes) return true
      bytes = Buffer.concat(this.#held)
      end = bytes.length
      this.#held = []
      this.#heldBytes = 0
    }
    let at = 0
    this.#wantedBytes = HEAD_BYTES
    while (end - at >= HEAD_BYTES) {
      const size = 1 + bytes.readUInt32BE(at + 1)
      if (size < HEAD_BYTES) return false
      this.#wantedBytes = size
      if (end - at < size) break
      onMessage(bytes[at] as number, bytes, at + HEAD_BYTES, at + size)
      at += size
      this.#wantedBytes = HEAD_BYTES
    }
    if (at < end) this.#hold(bytes.subarray(at, end))
    return true
  }

  #hold(bytes: Buffer): void {
    this.#held.push(Buffer.from(bytes))
    this.#heldBytes += bytes.length
  }
}

const FIRST_BYTES = 1_024
const LONGEST_CHARACTER = 3
const LAST_ASCII = 0x7f
const LAST_OF_TWO_BYTES = 0x7ff
/** No format codes for the results: all are text. Then Execute of the unnamed portal for all rows, and Sync. */
const REST_OF_BIND = Buffer.from('\0\0E\0\0\0\x09\0\0\0\0\0S\0\0\0\x04', 'latin1')

/** Messages to the server, gathered in one buffer that is used again and again. */
export class Outgoing {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES)
  /** Of the bytes from the first on, by how many. */
  #views: Buffer[] = []
  #at = 0
  #startedAt = 0

  /** Simple query: any number of statements, answered one by one, with one ReadyForQuery at the end. */
  query(text: string): void {
    this.#begin('Q', text.length)
    this.#text(text)
    this.#end()
  }

  /** Parse with the types left to the server, and Describe: what rows the statement will return. */
  parse(name: string, text: string): void {
    this.#begin('P', name.length + text.length)
    this.#text(name)
    this.#text(text)
    this.#int16(0)
    this.#end()
    this.#begin('D', name.length)
    this.#bytes[this.#at++] = code('S')
    this.#text(name)
    this.#end()
  }

  /** Bind to the unnamed portal, Execute, and a Sync, which ends the statement's own transaction. */
  execute(name: string, values: readonly string[]): void {
    let characters = name.length
    for (const value of values) characters += value.length + 2
    this.#begin('B', characters)
    this.#text('')
    this.#text(name)
    this.#int16(0)
    this.#int16(values.length)
    for (const value of values) {
      const lengthAt = this.#at
      this.#at += 4
      this.#characters(value)
      this.#int32(this.#at - lengthAt - 4, lengthAt)
    }
    this.#end(2)
    for (let n = 0; n < REST_OF_BIND.length; n++) this.#bytes[this.#at - 2 + n] = REST_OF_BIND[n] as number
    this.#at += REST_OF_BIND.length - 2
  }

  /** One write for all that was gathered. */
  flush(socket: Writable): void {
    this.#views[this.#at] ??= this.#bytes.subarray(0, this.#at)
    socket.write(this.#views[this.#at])
    this.#at = 0
    // What the kernel did not take at once will still be read from these bytes.
    if (socket.writableLength > 0) this.#use(Buffer.allocUnsafe(FIRST_BYTES))
  }

  #use(bytes: Buffer<ArrayBuffer>): void {
    this.#bytes = bytes
    this.#views = []
  }

  #begin(type: string, characters: number): void {
    const needed = this.#at + LONGEST_CHARACTER * characters + FIRST_BYTES / 8
    if (needed > this.#bytes.length) this.#use(Buffer.concat([this.#bytes], 2 * needed))
    this.#bytes[this.#at] = code(type)
    this.#startedAt = this.#at + 1
    this.#at += HEAD_BYTES
  }

  #end(more = 0): void {
    this.#at += more
    this.#int32(this.#at - this.#startedAt, this.#startedAt)
  }

  #text(text: string): void {
    this.#characters(text)
    this.#bytes[this.#at++] = 0
  }

  /** Most are short, and of Latin or Cyrillic letters: a call that leaves JavaScript costs more than they do. */
  #characters(text: string): void {
    const bytes = this.#bytes
    let at = this.#at
    for (let n = 0; n < text.length; n++) {
      const character = text.charCodeAt(n)
      if (character <= LAST_ASCII) {
        bytes[at++] = character
      } else if (character <= LAST_OF_TWO_BYTES) {
        bytes[at++] = 0xc0 | (character >> 6)
        bytes[at++] = 0x80 | (character & 0x3f)
      } else {
        this.#at += bytes.write(text, this.#at)
        return
      }
    }
    this.#at = at
  }

  #int16(value: number): void {
    this.#bytes[this.#at++] = value >> 8
    this.#bytes[this.#at++] = value
  }

  #int32(value: number, at: number): void {
    this.#bytes[at] = value >> 24
    this.#bytes[at + 1] = value >> 16
    this.#bytes[at + 2] = value >> 8
    this.#bytes[at + 3] = value
  }
}

/** What an ErrorResponse or a NoticeResponse says: the SQLSTATE, the text, and the function that raised it. */
export interface Fields {
  readonly code?: string
  readonly message?: string
  readonly routine?: string
}

const FIELDS: Readonly<Record<string, keyof Fields>> = { C: 'code', M: 'message', R: 'routine' }

/** Each field is a byte for its type and a text; a zero byte ends them. */
export function readFields(bytes: Buffer, from: number, to: number): Fields {
  const fields: { -readonly [K in keyof Fields]: Fields[K] } = {}
  for (let at = from; at < to && bytes[at] !== 0; ) {
    const end = bytes.indexOf(0, at)
    const field = FIELDS[String.fromCharCode(bytes[at] as number)]
    if (field !== undefined) fields[field] = bytes.toString('utf8', at + 1, end)
    at = end + 1
  }
  return fields
}

/** Makes a value of the bytes from `from` to `to`, which are only lent. */
export type ReadValue = (bytes: Buffer, from: number, to: number) => unknown

export interface ResultColumn {
  readonly name: string
  readonly read: ReadValue
  readonly isNumber: boolean
}

/** After a column's name: its table, its place there, its type, the type's size and modifier, and the format. */
const COLUMN_BYTES = 18
const TYPE_AT = 6
const { INT2, INT4, FLOAT4, FLOAT8 } = pg.types.builtins
/** What becomes a number. */
const NUMBERS: readonly number[] = [INT2, INT4, FLOAT4, FLOAT8]

/** @param own what is read otherwise than by its type, by name */
export function readColumns(
  bytes: Buffer,
  from: number,
  own?: Readonly<Record<string, ReadValue>>,
): readonly ResultColumn[] {
  let at = from + 2
  return Array.from({ length: bytes.readInt16BE(from) }, () => {
    const end = bytes.indexOf(0, at)
    const name = bytes.toString('utf8', at, end)
    const type = bytes.readUInt32BE(end + 1 + TYPE_AT)
    at = end + 1 + COLUMN_BYTES
    const parse = pg.types.getTypeParser(type, 'text')
    const ownRead = own?.[name]
    const read: ReadValue = ownRead ?? ((bytes, from, to) => parse(bytes.toString('utf8', from, to)))
    return { name, read, isNumber: ownRead === undefined && NUMBERS.includes(type) }
  })
}

/** For each column the length of its text, -1 for a null, and the text. */
export function readRow(
  columns: readonly ResultColumn[],
  bytes: Buffer,
  from: number,
): Readonly<Record<string, unknown>> {
  const row: Record<string, unknown> = {}
  let at = from + 2
  for (const { name, read, isNumber } of columns) {
    const length = bytes.readInt32BE(at)
    at += 4
    const to = at + Math.max(length, 0)
    const whole = isNumber ? wholeNumber(bytes, at, to) : null
    row[name] = length < 0 ? null : (whole ?? read(bytes, at, to))
    at = to
  }
  return row
}

/** All of its digits are exact. */
const MOST_DIGITS = 15

/** Null when it is none, or has more to it than digits and a sign. */
export function wholeNumber(bytes: Buffer, from: number, to: number): number | null {
  const isNegative = bytes[from] === MINUS
  const firstAt = isNegative ? from + 1 : from
  if (to <= firstAt || to > firstAt + MOST_DIGITS) return null
  let number = 0
  for (let at = firstAt; at < to; at++) {
    const digit = (bytes[at] as number) - ZERO
    if (digit < 0 || digit > 9) return null
    number = number * 10 + digit
  }
  return isNegative ? -number : number
}

const ZERO = code('0')
const MINUS = code('-')

function code(type: string): number {
  return type.charCodeAt(0)
}
