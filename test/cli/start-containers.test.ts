import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { recreate } from '../../src/cli/down.ts'
import { startContainers } from '../../src/cli/start-containers.ts'
import type { Progress } from '../../src/docker/progress.ts'
import { readLabDefinition } from '../../src/lab/definition.ts'
import { composeContainer, type FakeContainer, type FakeEngine, startFakeEngine } from '../docker/fake-engine.ts'
import { newFolder } from '../new-folder.ts'
import { writeProgram } from '../program.ts'

let fake: FakeEngine
let folder: string
let steps: string[]

const file = () => path.join(folder, 'lab.yaml')

/** A lab of its own that needs three ports, and a compose tool that only writes down what it is told. */
beforeEach(async () => {
  fake = await startFakeEngine()
  folder = newFolder()
  steps = []
  await writeFile(
    file(),
    `name: mine
compose: { file: docker-compose.yml, project: mine }
patroni: { scope: x, nodes: [{ name: pg1, rest: "http://127.0.0.1:1", postgres: "127.0.0.1:1" }] }
etcd: { members: [{ name: e1, client: "http://127.0.0.1:1" }] }
postgres: { database: app, user: app, password: { env: PATH } }\n`,
  )
  await writeFile(
    path.join(folder, 'docker-compose.yml'),
    'services: { proxy: { ports: ["127.0.0.1:4:1", "127.0.0.1:5:2"] }, node: { ports: ["127.0.0.1:7:3"] } }\n',
  )
  await mkdir(path.join(folder, 'bin'))
  const docker = path.join(folder, 'bin', 'docker')
  writeProgram(
    docker,
    `#!/bin/sh
echo "$*" >> ${folder}/calls
case "$*" in
  *version*) echo 2.26.1;;
  *config) cat ${folder}/docker-compose.yml;;
  *--hash*) cat ${folder}/hashes;;
esac\n`,
  )
  vi.stubEnv('PATH', `${path.join(folder, 'bin')}:${process.env.PATH}`)
  vi.stubEnv('DOCKER_HOST', fake.address)
  vi.stubEnv('CHAOSLAB_STATE', path.join(folder, 'state'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await fake[Symbol.asyncDispose]()
})

const progress: Progress = {
  step: (title, work) => {
    steps.push(title)
    return work(() => {})
  },
  say: () => {},
}

async function start(options: { switch?: true; recreate?: boolean; proxies?: number } = {}): Promise<void> {
  const definition = await readLabDefinition(file())
  await startContainers(definition, { lab: file(), variables: {}, proxies: 1, progress, ...options })
}

/** What the compose tool was told to do, without the questions. */
async function done(): Promise<string[]> {
  const calls = (await readFile(path.join(folder, 'calls'), 'utf8')).trim().split('\n')
  return calls.filter((call) => !/version --short|config$|config --hash/.test(call))
}

const refusal = () =>
  start().then(
    () => null,
    (error: Error) => error.message,
  )

test('where the ports are free, the containers are started', async () => {
  await start()
  expect(await done()).toEqual([expect.stringMatching(/^compose -p mine .* up -d$/)])
})

/** Its containers as compose has made them; what one of them is else. */
async function running(more: Partial<FakeContainer> & { readonly hash?: string } = {}): Promise<void> {
  await writeFile(path.join(folder, 'hashes'), 'proxy aaa\nnode bbb\n')
  fake.containers.push(composeContainer('proxy', { project: 'mine', hash: 'aaa' }))
  fake.containers.push(composeContainer('node', { project: 'mine', hash: 'bbb', ...more }))
}

test('where all containers run as compose would make them now, it is told to do nothing', async () => {
  await running()
  await start()
  expect(await done()).toEqual([])
})

test.each<[string, Parameters<typeof running>[0]]>([
  ['the settings of one have changed', { hash: 'ccc' }],
  ['one does not run', { state: 'exited' }],
  ['one is paused', { state: 'paused' }],
  ['the image of one has been rebuilt', { image: `sha256:${'d'.repeat(64)}` }],
  ['a service has no container', { labels: {} }],
])('where %s, the containers are started', async (_, more) => {
  await running(more)
  await start()
  expect(await done()).toEqual([expect.stringMatching(/ up -d$/)])
})

test('a compose tool that cannot say what the settings come to starts the containers', async () => {
  await running()
  await rm(path.join(folder, 'hashes'))
  await start()
  expect(await done()).toEqual([expect.stringMatching(/ up -d$/)])
})

test('another lab that holds ports is named, with them, and with what takes it down', async () => {
  fake.containers.push(composeContainer('haproxy', { project: 'hw3', ports: { 5001: 5, 5002: 4 } }))
  fake.containers.push(composeContainer('patroni1', { project: 'hw3', ports: { 5432: 7, 8008: 8 } }))
  expect(await refusal()).toBe(
    'the lab hw3 is up and holds ports 4–5, 7, which mine needs: chaoslab down takes it down and keeps its data; ' +
      `chaoslab --lab ${file()} up --switch does so and brings mine up`,
  )
  expect(await done()).toEqual([])
})

test('--switch takes the other lab down, with its data kept, before this one is started', async () => {
  fake.containers.push(composeContainer('haproxy', { project: 'hw3', ports: { 5001: 4 } }))
  await start({ switch: true })
  const calls = await done()
  expect(calls).toEqual([
    expect.stringMatching(/^compose -p hw3 .*hw3\/docker-compose\.yml .* down --remove-orphans$/),
    expect.stringMatching(/^compose -p mine .* up -d$/),
  ])
  expect(steps).toEqual(['taking hw3 down', 'starting the containers'])
})

test('--switch takes down a lab that shares its folder with others, too', async () => {
  fake.containers.push(composeContainer('gateway', { project: 'vectors-bounded', ports: { 8000: 4 } }))
  await start({ switch: true })
  expect(await done()).toEqual([
    expect.stringMatching(/^compose -p vectors-bounded .*labs\/vectors\/docker-compose\.yml .* down --remove-orphans$/),
    expect.stringMatching(/^compose -p mine .* up -d$/),
  ])
  expect(steps).toEqual(['taking vectors-bounded down', 'starting the containers'])
})

test('--switch takes nothing down where somebody else holds a port, too', async () => {
  fake.containers.push(composeContainer('haproxy', { project: 'hw3', ports: { 5001: 4 } }))
  fake.containers.push(composeContainer('web', { project: 'shop', ports: { 80: 7 } }))
  await expect(start({ switch: true })).rejects.toThrow(
    'the lab hw3 is up and holds port 4, which mine needs: chaoslab down takes it down and keeps its data\n' +
      'the compose project shop holds port 7, which mine needs: docker stop shop_web_1, or change the port in the compose file',
  )
  expect(await done()).toEqual([])
})

test('a container of no project that holds a port is told by its name', async () => {
  fake.containers.push({ id: 'c'.repeat(64), name: 'db', ports: { 5432: 7 } })
  expect(await refusal()).toBe(
    'the container db holds port 7, which mine needs: docker stop db, or change the port in the compose file',
  )
})

test('a lab whose repeats begin again is recreated where that is asked for, and no other lab is', async () => {
  await start({ recreate: true })
  expect(await done()).toEqual([expect.stringMatching(/ up -d$/)])
  await writeFile(file(), (await readFile(file(), 'utf8')).replace('project: mine }', 'project: mine, fresh: true }'))
  await rm(path.join(folder, 'calls'))
  await start()
  expect(await done()).toEqual([expect.stringMatching(/ up -d$/)])
  await rm(path.join(folder, 'calls'))
  await start({ recreate: true })
  expect(await done()).toEqual([
    expect.stringMatching(/ down --remove-orphans --volumes$/),
    expect.stringMatching(/ up -d$/),
  ])
})

test('before a repeat containers and data are taken away, and others started', async () => {
  await recreate(await readLabDefinition(file()), progress)
  expect(await done()).toEqual([
    expect.stringMatching(/ down --remove-orphans --volumes$/),
    expect.stringMatching(/ up -d$/),
  ])
})

test('before a repeat the parts come up again whose image is there, and no others', async () => {
  const optional = 'optional: [{ profile: second, image: there }, { profile: third, image: away }]'
  await writeFile(file(), (await readFile(file(), 'utf8')).replace('project: mine }', `project: mine, ${optional} }`))
  fake.answers.set('GET /images/there/json', { status: 200, body: {} })
  fake.answers.set('GET /images/away/json', 404)
  await recreate(await readLabDefinition(file()), progress)
  expect((await done()).at(-1)).toMatch(/--profile second up -d$/)
})

describe('of several proxies', () => {
  const proxy = (name: string, more = '') =>
    `  - { name: ${name}, container: ${name}, stats: "http://127.0.0.1:1/;csv", leader: { proxy: l, address: "127.0.0.1:1" }, replicas: { proxy: r, address: "127.0.0.1:1" }${more} }\n`
  const optional = (name: string) => proxy(name, `, profile: with-${name}`)
  const withProxies = (text: string) => appendFile(file(), `haproxy:\n${text}`)
  const profiles = async () => (await done()).flatMap((call) => [...call.matchAll(/--profile (\S+)/g)].map((m) => m[1]))

  test('those that the lab works without are brought up by their number, and those that are there stay', async () => {
    await withProxies(proxy('lb1') + optional('lb2') + optional('lb3') + optional('lb4'))
    await start()
    expect(await profiles()).toEqual([])
    await start({ proxies: 2 })
    expect(await profiles()).toEqual(['with-lb2'])
    fake.containers.push(composeContainer('lb4', { project: 'mine' }))
    await start({ proxies: 2 })
    expect(await profiles()).toEqual(['with-lb2', 'with-lb2', 'with-lb4'])
  })

  test('more than the definition names are refused', async () => {
    await withProxies(proxy('lb1') + optional('lb2'))
    await expect(start({ proxies: 3 })).rejects.toThrow('mine: --proxies 3: its definition names 2 at most')
  })
})
