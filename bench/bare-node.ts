/**
 * The least that Node can take for as many writes and reads a second: sockets, one timer, and bytes that were made
 * before. Nothing is read of an answer, nothing is kept, and nobody looks at anything else.
 *
 *   node bench/bare-node.ts LAB PER_SECOND     until SIGINT; then it says how many answers came
 */
import { Socket } from 'node:net'
import pg from 'pg'
import type { Address } from '../dist/model/address.js'
import { eventStatements } from '../dist/workloads/events/statements.js'
import { readPatroniLab } from './patroni-lab.ts'

const CONNECTIONS = 16
const READ_BYTES = 16_384
/** Bind without values to the unnamed portal, Execute, Sync. */
const RUN = Buffer.from('B\0\0\0\x0d\0b\0\0\0\0\0\0\0E\0\0\0\x09\0\0\0\0\0S\0\0\0\x04', 'latin1')

const [labFile = '', perSecond = ''] = process.argv.slice(2)
const { address, postgres } = await readPatroniLab(labFile)
const { statement, values } = eventStatements('bare').write(1)
const write = values.reduce((text, value, at) => text.replaceAll(`$${at + 1}`, `'${value}'`), statement.text)
const read = eventStatements('bare').read(1).statement.text
const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
let answers = 0

async function open(to: Address, text: string): Promise<Socket> {
  let isLoggedIn = false
  const callback = (length: number, bytes: Uint8Array) => {
    if (isLoggedIn) answers++
    else socket.emit('data', Buffer.from(bytes.subarray(0, length)))
    return true
  }
  const socket = new Socket({ onread: { buffer, callback } })
  const client = new pg.Client({ ...to, ...postgres, ssl: false, stream: () => socket })
  await client.connect()
  await client.query({ name: 'b', text })
  isLoggedIn = true
  return socket
}

const all = (to: Address, text: string) => Promise.all(Array.from({ length: CONNECTIONS }, () => open(to, text)))
const writers = await all(address.write, write)
const readers = await all(address.read, read)
const startMs = performance.now()
let sent = 0
const send = () => {
  const due = Math.floor(((performance.now() - startMs) / 1_000) * Number(perSecond))
  for (; sent < due; sent++) for (const sockets of [writers, readers]) sockets[sent % CONNECTIONS]?.write(RUN)
}
setInterval(send, Math.max(1_000 / Number(perSecond), 1))
process.once('SIGINT', () => {
  console.log(JSON.stringify({ answersPerSecond: answers / ((performance.now() - startMs) / 1_000) }))
  process.exit()
})
