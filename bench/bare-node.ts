/**
 * The least that Node can take for as many writes and reads a second: sockets, one timer, and bytes that were made
 * before. Nobody looks at anything else.
 *
 *   node bench/bare-node.ts LAB PER_SECOND     until SIGINT; then it says how many answers came
 */
import type { OperationKind } from '../dist/model/events.js'
import { type BareSocket, openBareSocket } from './bare-socket.ts'
import { readPatroniLab } from './patroni-lab.ts'

const CONNECTIONS = 16

const [labFile = '', perSecond = ''] = process.argv.slice(2)
const { address, postgres } = await readPatroniLab(labFile)
let answers = 0
const open = (kind: OperationKind) =>
  openBareSocket(
    kind,
    address[kind],
    postgres,
    (_, came) => {
      answers += came
    },
    () => {},
  )
const all = (kind: OperationKind): Promise<BareSocket[]> =>
  Promise.all(Array.from({ length: CONNECTIONS }, () => open(kind)))
const writers = await all('write')
const readers = await all('read')
const startMs = performance.now()
let sent = 0
const send = () => {
  const due = Math.floor(((performance.now() - startMs) / 1_000) * Number(perSecond))
  for (; sent < due; sent++) for (const sockets of [writers, readers]) sockets[sent % CONNECTIONS]?.send()
}
setInterval(send, Math.max(1_000 / Number(perSecond), 1))
process.once('SIGINT', () => {
  console.log(JSON.stringify({ answersPerSecond: answers / ((performance.now() - startMs) / 1_000) }))
  process.exit()
})
