/**
 * The least that Node can take for as many writes and reads a second: sockets, one timer, and bytes that were made
 * before. With `asks` also the least that it can take to ask every source as often as the observers do: requests over
 * connections that are kept where the other side keeps them, and statements. Nobody looks at anything else.
 *
 *   node bench/bare-node.ts LAB PER_SECOND [asks]     until SIGINT; then it says how many answers came
 */
import { Agent, request } from 'node:http'
import type { Address } from '../dist/model/address.js'
import type { OperationKind } from '../dist/model/events.js'
import { type BareSocket, openBareSocket } from './bare-socket.ts'
import { readPatroniLab } from './patroni-lab.ts'

const CONNECTIONS = 16

const [labFile = '', perSecond = '', asks] = process.argv.slice(2)
const { address, postgres, patroni, etcd, stats } = await readPatroniLab(labFile)
let answers = 0
const open = (kind: OperationKind, to: Address = address[kind]) => {
  const answered = (_: BareSocket, came: number) => {
    answers += came
  }
  return openBareSocket(kind, to, postgres, answered, () => {})
}
const all = (kind: OperationKind): Promise<BareSocket[]> =>
  Promise.all(Array.from({ length: CONNECTIONS }, () => open(kind)))
const writers = await all('write')
const readers = await all('read')
if (asks !== undefined) await askAll()
const startMs = performance.now()
let sent = 0
const send = () => {
  const due = Math.floor(((performance.now() - startMs) / 1_000) * Number(perSecond))
  for (; sent < due; sent++) for (const sockets of [writers, readers]) sockets[sent % CONNECTIONS]?.send()
}
// As far apart as the lab's are due at least.
setInterval(send, Math.max(1_000 / Number(perSecond), 2))
process.once('SIGINT', () => {
  console.log(JSON.stringify({ answersPerSecond: answers / ((performance.now() - startMs) / 1_000) }))
  process.exit()
})

/** Patroni’s nodes and HAProxy twice a second, etcd’s members three times and its leader more, PostgreSQL’s servers four times. */
async function askAll(): Promise<void> {
  const agent = new Agent({ keepAlive: true })
  const ask = (everyMs: number, url: string, body = '') => {
    const options = { agent, method: body === '' ? 'GET' : 'POST' }
    setInterval(() => {
      const asked = request(url, options, (answer) => answer.resume())
      asked.on('error', () => {}).end(body)
    }, everyMs)
  }
  for (const { rest, postgres: at } of patroni.nodes) {
    ask(500, `${rest}/patroni`)
    const socket = await open('read', at)
    setInterval(() => socket.send(), 250)
  }
  ask(1_000, `${patroni.nodes[0]?.rest}/cluster`)
  ask(500, stats)
  const key = JSON.stringify({ key: Buffer.from('/service/').toString('base64') })
  for (const { client } of etcd.members) {
    ask(1_000, `${client}/v3/maintenance/status`, '{}')
    ask(1_000, `${client}/v3/kv/range`, key)
  }
  ask(500, `${etcd.members[0]?.client}/v3/kv/range`, key)
}
