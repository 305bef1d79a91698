/*
 * Messages of PostgreSQL's protocol 3.0 (PostgreSQL 17, chapter 53), as its servers send them.
 */

export function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body])
}

export function cstring(text: string): Buffer {
  return Buffer.from(`${text}\0`)
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

/** A column of a row description. */
export function column(name: string, type: number): Buffer {
  return Buffer.concat([cstring(name), int32(0), int16(0), int32(type), int16(-1), int32(-1), int16(0)])
}

export const letIn = message('R', int32(0))
export const ready = message('Z', Buffer.from('I'))
