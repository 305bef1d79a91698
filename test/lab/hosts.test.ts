import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { readLabDefinition } from '../../src/lab/definition.ts'
import { placesOf, routesFrom } from '../../src/lab/hosts.ts'
import { FileError } from '../../src/lab/yaml-file.ts'
import { partsOf } from '../../src/systems/parts.ts'
import type { PatroniPlace } from '../../src/systems/patroni/place.ts'
import { newFolder } from '../new-folder.ts'

let folder: string
beforeEach(() => {
  folder = newFolder()
})
const spread = `name: spread
hosts:
  - { name: one, docker: "ssh://root@10.0.0.1", site: east }
  - { name: two, docker: "ssh://root@db2.example", address: 10.0.0.2 }
docker: { project: spread }
patroni:
  scope: spread
  nodes:
    - { name: pg1, host: one, container: pg1, rest: "http://{host}:8008", postgres: "{host}:5432" }
    - { name: pg2, host: two, container: pg2, rest: "http://{host}:8008", postgres: "{host}:5432" }
etcd:
  members:
    - { name: e1, host: one, container: e1, client: "http://{host}:2379" }
haproxy:
  host: two
  container: lb
  stats: "http://{host}:7000/;csv"
  leader: { proxy: rw, address: "{host}:5000" }
  replicas: { proxy: ro, address: "{host}:5001" }
postgres: { database: app, user: app, password: { env: LAB_PASSWORD } }
`

async function read(text: string, environment: NodeJS.ProcessEnv = {}) {
  const file = path.join(folder, 'lab.yaml')
  await writeFile(file, text)
  return readLabDefinition(file, { LAB_PASSWORD: 'secret', DOCKER_CONFIG: folder, ...environment })
}

/** What is wrong once these lines have been changed, in the order of the file. */
async function problems(...changes: readonly (readonly [from: string, to: string])[]): Promise<readonly string[]> {
  const text = changes.reduce((changed, [from, to]) => {
    expect(changed).toContain(from)
    return changed.replace(from, to)
  }, spread)
  const error = await read(text).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(FileError)
  return (error as FileError).problems.map((each) => each.replace(`${path.join(folder, 'lab.yaml')}:`, ''))
}

test('each part is on its host, and its addresses are those of the host', async () => {
  const { hosts, hostOf, place } = await read(spread)
  expect(hosts).toMatchObject([
    { name: 'one', address: '10.0.0.1', site: 'east' },
    { name: 'two', address: '10.0.0.2', site: null },
  ])
  expect(Object.fromEntries(hostOf)).toEqual({ pg1: 'one', pg2: 'two', e1: 'one', lb: 'two' })
  const { patroni, proxies } = (place as PatroniPlace).definition
  expect(patroni.nodes[1]).toMatchObject({
    rest: 'http://10.0.0.2:8008',
    postgres: { host: '10.0.0.2', port: 5432 },
  })
  expect(proxies[0]?.leader.address).toEqual({ host: '10.0.0.2', port: 5000 })
})

test('the shape of the lab tells the host of each part, also once the engines have been asked', async () => {
  const { place } = await read(spread)
  const hostOf = { pg1: 'one', pg2: 'two', e1: 'one', haproxy: 'two' }
  expect(place.shape).toMatchObject({ hostOf, siteOf: { one: 'east' } })
  const looked = await place.look(null)
  expect(looked).toMatchObject({ hostOf, siteOf: { one: 'east' } })
  expect(partsOf(looked).find(({ name }) => name === 'haproxy')).toMatchObject({ kind: 'proxy', host: 'two' })
})

test('whoever leads has a host to be aimed at, and so has every host and site by its name', async () => {
  const { system } = await read(spread)
  const names = system.roles.map(({ name }) => name)
  expect(names).toEqual(
    expect.arrayContaining(['leader', 'leader-host', 'host(one)', 'host(two)', 'site(east)', 'hosts']),
  )
})

test('a lab that names no hosts has none, and knows nothing of them', async () => {
  const { hosts, place, system } = await read(
    spread
      .replace(/hosts:\n.*\n.*\n/, '')
      .replaceAll(/host: (one|two),? ?/g, '')
      .replaceAll('{host}', '127.0.0.1'),
  )
  expect(hosts).toEqual([])
  expect(place.shape).not.toHaveProperty('hostOf')
  expect(system.roles.map(({ name }) => name)).not.toContain('hosts')
})

test('every mistake about hosts is told at once, beside the others', async () => {
  expect(
    await problems(
      ['name: two, docker', 'name: one, docker'],
      ['host: one, container: e1', 'host: thre, container: e1'],
      ['scope: spread', 'scop: spread'],
    ),
  ).toEqual([
    '4: hosts.1: the name one is taken',
    '6: patroni.scope: missing (expected text)',
    '7: patroni.scop: unknown key; did you mean scope?',
    '10: patroni.nodes.1.host: there is no such host; there are one, one',
    '13: etcd.members.0.host: there is no such host; there are one, one',
    '15: haproxy.host: there is no such host; there are one, one',
  ])
})

test('a part that says on no host where it is is asked for it', async () => {
  const found = await problems(['name: e1, host: one,', 'name: e1,'])
  expect(found).toEqual(['1: on which host is e1? host: one | two'])
})

test('what only one machine can do is refused', async () => {
  const compose =
    'compose: { file: a.yml, project: spread, fresh: true, optional: [{ profile: p, image: i }] }\ndocker:'
  expect(await problems(['docker: { project', `${compose} { project`])).toEqual([
    expect.stringMatching(/^5: compose\.fresh: /),
    expect.stringMatching(/^5: compose\.optional: /),
  ])
})

test('a host whose engine tells no IPv4 address has to say one', async () => {
  const [found] = await problems([', address: 10.0.0.2', ''])
  expect(found).toMatch(/^4: hosts\.1: .*address:/)
})

test.each([
  ['tcp://10.0.0.1:2375', /no TLS/],
  ['10.0.0.1', /expected ssh:\/\//],
])('an engine at %s is refused', async (docker, message) => {
  const [found] = await problems(['ssh://root@10.0.0.1', docker])
  expect(found).toMatch(message)
})

test('TCP with certificates is an engine like any other', async () => {
  const text = spread.replace('ssh://root@10.0.0.1', 'tcp://10.0.0.1:2376')
  const { hosts } = await read(text, { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder })
  expect(hosts[0]?.address).toBe('10.0.0.1')
})

test('clients of a site know what its own hosts publish, and where nothing is published there are none', async () => {
  const { hosts, place } = await read(spread)
  const all = place.routes(place.shape, 'all')
  expect(placesOf(hosts)).toEqual(['east', 'one', 'two'])
  const found = routesFrom(['east', 'two', 'nowhere'], hosts, all)
  const at = (port: number) => [{ host: '10.0.0.2', port }]
  expect(found).toEqual([{ from: 'two', hosts: ['two'], routes: { write: at(5000), read: at(5001) } }])
})
