import { writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Neighbour } from '../../src/docker/neighbours.ts'
import { type LabDefinition, readLabDefinition } from '../../src/lab/definition.ts'
import { discover } from '../../src/systems/patroni/discover/discover.ts'
import { labText } from '../../src/systems/patroni/discover/lab-text.ts'
import type { PatroniPlace } from '../../src/systems/patroni/place.ts'
import { newFolder } from '../new-folder.ts'

const never = new AbortController().signal
const servers: Server[] = []
// All that is asked here answers or refuses: a busy machine is no port that says nothing.
beforeEach(() => {
  vi.spyOn(AbortSignal, 'timeout').mockReturnValue(never)
})
afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))))
})

async function listen(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const http = (answer: RequestListener) => listen(createServer(answer))

/** A port that counts the connections that it holds. */
async function held() {
  const sockets = new Set<unknown>()
  const port = await listen(
    createTcpServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    }),
  )
  return { port, count: () => sockets.size }
}

const BASE: Neighbour = { name: '', compose: null, networks: ['net'], addresses: [], ports: [] }
const at = (port: number) => ({ host: '127.0.0.1', port })

/**
 * Two nodes, one etcd and a proxy, each "in a container" with an address of its own that nothing listens at and ports
 * that are published elsewhere, as on an engine that runs in a virtual machine.
 */
async function startCluster({
  serverNames = ['s1', 's2'],
  hasAddresses = true,
  compose = null as Neighbour['compose'],
} = {}) {
  const members = ['alpha', 'beta'].map((name, index) => ({
    name,
    role: index === 0 ? 'leader' : 'replica',
    api_url: `http://127.0.9.${index + 1}:8008/patroni`,
    host: `127.0.9.${index + 1}`,
    port: 5432,
  }))
  const rest = await Promise.all(
    members.map(({ name }) =>
      http(({ url }, response) => {
        if (url === '/cluster') response.end(JSON.stringify({ scope: 'billing', members }))
        else if (url === '/patroni') response.end(JSON.stringify({ patroni: { scope: 'billing', name } }))
        else response.writeHead(404).end()
      }),
    ),
  )
  const postgres = await Promise.all(members.map(() => held()))
  const etcd = await http(({ url }, response) => {
    if (url === '/version') response.end('{"etcdserver":"3.5.16"}')
    else if (url === '/v3/cluster/member/list')
      response.end('{"members":[{"name":"kv","clientURLs":["http://127.0.9.11:2379"]}]}')
    else if (url === '/v3/kv/range')
      response.end(JSON.stringify({ kvs: [{ key: Buffer.from('/service/billing/config').toString('base64') }] }))
    else response.writeHead(404).end()
  })
  const [rw, ro] = [await held(), await held()]
  const row = (proxy: string, index: number, isUp: boolean) =>
    `${proxy},${serverNames[index]},0,${isUp ? 'UP' : 'DOWN'},${hasAddresses ? `127.0.9.${index + 1}:5432` : ''}`
  const haproxy = await http(({ url }, response) => {
    if (url !== '/;csv') return void response.writeHead(404).end()
    response.end(
      [
        '# pxname,svname,scur,status,addr',
        'stats,FRONTEND,1,OPEN,',
        `rw,FRONTEND,${rw.count()},OPEN,`,
        row('rw', 0, true),
        row('rw', 1, false),
        `ro,FRONTEND,${ro.count()},OPEN,`,
        row('ro', 0, false),
        row('ro', 1, true),
        '',
      ].join('\n'),
    )
  })
  const own = (service: string) => (compose === null ? null : { ...compose, service })
  const neighbours: Neighbour[] = [
    ...members.map(({ host }, index) => ({
      ...BASE,
      name: `box${index + 1}`,
      compose: own(`node${index + 1}`),
      addresses: [host],
      ports: [
        { inside: 8008, on: at(rest[index] ?? 0) },
        { inside: 5432, on: at(postgres[index]?.port ?? 0) },
      ],
    })),
    { ...BASE, name: 'store', compose: own('kv'), addresses: ['127.0.9.11'], ports: [{ inside: 2379, on: at(etcd) }] },
    {
      ...BASE,
      name: 'lb',
      compose: own('proxy'),
      addresses: ['127.0.9.31'],
      ports: [
        { inside: 5000, on: at(rw.port) },
        { inside: 5001, on: at(ro.port) },
        { inside: 7000, on: at(haproxy) },
      ],
    },
    {
      ...BASE,
      name: 'stranger',
      networks: ['another'],
      addresses: ['127.0.9.99'],
      ports: [{ inside: 2379, on: at(1) }],
    },
  ]
  return { neighbours, rest, postgres, etcd, rw, ro, haproxy }
}

const login = { database: 'app', user: 'app', passwordFrom: 'LAB_PASSWORD' }
async function definitionOf(text: string) {
  const folder = newFolder()
  await writeFile(path.join(folder, 'lab.yaml'), text)
  return await readLabDefinition(path.join(folder, 'lab.yaml'), { LAB_PASSWORD: 'x' })
}

test('from one node all is found, by ways that lead there from here, and the definition is right at once', async () => {
  const found = await startCluster()
  const { text, missing } = labText(await discover(at(found.rest[1] ?? 0), found.neighbours, never), login)
  expect(missing).toEqual([])
  const definition = await definitionOf(text)
  expect(definition).toMatchObject({
    name: 'billing',
    docker: { containers: ['box1', 'box2', 'store', 'lb'] },
  })
  expect(patroniIn(definition)).toMatchObject({
    patroni: {
      scope: 'billing',
      nodes: [
        {
          name: 'alpha',
          container: 'box1',
          rest: `http://127.0.0.1:${found.rest[0]}`,
          postgres: at(found.postgres[0]?.port ?? 0),
        },
        { name: 'beta', container: 'box2', rest: `http://127.0.0.1:${found.rest[1]}` },
      ],
    },
    etcd: {
      prefix: '/service/',
      members: [{ name: 'kv', container: 'store', client: `http://127.0.0.1:${found.etcd}` }],
    },
    proxies: [
      {
        name: 'haproxy',
        container: 'lb',
        stats: `http://127.0.0.1:${found.haproxy}/;csv`,
        leader: { proxy: 'rw', address: at(found.rw.port) },
        replicas: { proxy: 'ro', address: at(found.ro.port) },
      },
    ],
  })
})

test("HAProxy's servers without addresses are told by who is UP", async () => {
  const found = await startCluster({ hasAddresses: false })
  const { text, missing } = labText(await discover(at(found.rest[0] ?? 0), found.neighbours, never), login)
  expect(missing).toEqual([])
  expect(patroniIn(await definitionOf(text)).patroni.nodes).toMatchObject([
    { name: 'alpha', server: 's1' },
    { name: 'beta', server: 's2' },
  ])
})

test('containers of one compose project are named by the project and their services', async () => {
  const found = await startCluster({ compose: { project: 'shop', service: '' } })
  const { text } = labText(await discover(at(found.rest[0] ?? 0), found.neighbours, never), login)
  const definition = await definitionOf(text)
  expect(definition.docker).toEqual({ project: 'shop' })
  expect(patroniIn(definition).patroni.nodes.map(({ container }) => container)).toEqual(['node1', 'node2'])
  expect(patroniIn(definition).proxies[0]?.container).toBe('proxy')
})

test('what cannot be found is said, a line each, and the file says where it goes', async () => {
  const found = await startCluster()
  const { text, missing } = labText(await discover(at(found.rest[0] ?? 0), [], never), login)
  expect(missing.map((line) => line.split(':')[0])).toEqual([
    'containers',
    'patroni.nodes alpha',
    'patroni.nodes beta',
    'patroni.nodes beta',
    'etcd',
    'haproxy',
  ])
  const { patroni, proxies } = patroniIn(await definitionOf(text))
  expect(patroni.nodes[0]).toMatchObject({
    rest: `http://127.0.0.1:${found.rest[0]}`,
    postgres: { host: '127.0.9.1', port: 5432 },
  })
  expect(proxies).toEqual([])
})

test('what is not Patroni is refused', async () => {
  const port = await http((_, response) => response.end('hello'))
  await expect(discover(at(port), [], never)).rejects.toThrow(/as Patroni's REST API does/)
})

function patroniIn({ place }: LabDefinition) {
  return (place as PatroniPlace).definition
}
