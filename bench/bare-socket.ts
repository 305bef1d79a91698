import { Socket } from 'node:net'
import pg from 'pg'
import type { Address, Credentials } from '../dist/model/address.js'
import type { OperationKind } from '../dist/model/events.js'
import { eventStatements } from '../dist/workloads/events/statements.js'

const READ_BYTES = 16_384
const HEAD_BYTES = 5
const READY_FOR_QUERY = 'Z'.charCodeAt(0)
/** Bind without values to the unnamed portal, Execute, Sync. */
const RUN = Buffer.from('B\0\0\0\x0d\0b\0\0\0\0\0\0\0E\0\0\0\x09\0\0\0\0\0S\0\0\0\x04', 'latin1')
/** By how many. */
const RUNS = Array.from({ length: 5 }, (_, times) => Buffer.concat(Array.from({ length: times }, () => RUN)))

/** A session that can do nothing but send one prepared statement again. */
export interface BareSocket {
  /** So many of them in one write, at most four; default 1. */
  send(times?: number): void
  close(): void
}

/**
 * The least that Node can do: a statement's bytes are made before, nothing is kept, and of an answer only its end is
 * looked for.
 *
 * @param answered told how many answers have come at once
 * @param lost called when the connection ends
 */
export async function openBareSocket(
  kind: OperationKind,
  to: Address,
  credentials: Credentials,
  answered: (socket: BareSocket, answers: number) => void,
  lost: () => void,
): Promise<BareSocket> {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
  let isLoggedIn = false
  let at = 0
  const callback = (length: number) => {
    if (!isLoggedIn) return socket.emit('data', Buffer.from(buffer.subarray(0, length)))
    let answers = 0
    for (; at + HEAD_BYTES <= length; at += 1 + buffer.readUInt32BE(at + 1)) {
      if (buffer[at] === READY_FOR_QUERY) answers++
    }
    // A head that is cut in two has not been seen, and is not read here.
    if (at < length) return socket.destroy() !== null
    at -= length
    if (answers > 0) answered(bare, answers)
    return true
  }
  const socket = new Socket({ onread: { buffer, callback } })
  const bare = { send: (times = 1) => void socket.write(RUNS[times] as Buffer), close: () => void socket.destroy() }
  const client = new pg.Client({ ...to, ...credentials, ssl: false, stream: () => socket })
  client.on('error', () => {})
  await client.connect()
  await client.query({ name: 'b', text: textOf(kind) })
  isLoggedIn = true
  socket.once('close', lost)
  return bare
}

/** The statement with its values written into it. */
function textOf(kind: OperationKind): string {
  const { statement, values } = eventStatements('bare')[kind](1)
  return values.reduce<string>((text, value, at) => text.replaceAll(`$${at + 1}`, `'${value}'`), statement.text)
}
