import { Socket } from 'node:net'
import pg from 'pg'
import type { Address, Credentials } from '../dist/model/address.js'
import type { OperationKind } from '../dist/model/events.js'
import { eventStatements } from '../dist/workloads/events/statements.js'

const READ_BYTES = 16_384
/** Bind without values to the unnamed portal, Execute, Sync. */
const RUN = Buffer.from('B\0\0\0\x0d\0b\0\0\0\0\0\0\0E\0\0\0\x09\0\0\0\0\0S\0\0\0\x04', 'latin1')
const buffer = Buffer.allocUnsafeSlow(READ_BYTES)

/** A session that can do nothing but send one prepared statement again. */
export interface BareSocket {
  send(): void
  close(): void
}

/**
 * The least that Node can do: a statement's bytes are made before, nothing is read of an answer, and nothing is kept.
 *
 * @param answered called once for each answer, which comes in one piece
 * @param lost called when the connection ends
 */
export async function openBareSocket(
  kind: OperationKind,
  to: Address,
  credentials: Credentials,
  answered: (socket: BareSocket) => void,
  lost: () => void,
): Promise<BareSocket> {
  let isLoggedIn = false
  const callback = (length: number, bytes: Uint8Array) => {
    if (isLoggedIn) answered(bare)
    else socket.emit('data', Buffer.from(bytes.subarray(0, length)))
    return true
  }
  const socket = new Socket({ onread: { buffer, callback } })
  const bare = { send: () => void socket.write(RUN), close: () => void socket.destroy() }
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
