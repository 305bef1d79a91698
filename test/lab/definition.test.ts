import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { type LabDefinition, readLabDefinition } from '../../src/lab/definition.ts'
import { FileError } from '../../src/lab/yaml-file.ts'
import type { LabShape } from '../../src/model/events.ts'
import { checkFromVariables } from '../../src/systems/patroni/definition.ts'
import type { PatroniShape } from '../../src/systems/patroni/events.ts'
import type { PatroniPlace } from '../../src/systems/patroni/place.ts'
import { workloadTypes } from '../../src/workloads/workloads.ts'
import { newFolder } from '../new-folder.ts'

const shipped = path.resolve(import.meta.dirname, '../../hw3/lab.yaml')

let folder: string
beforeEach(() => {
  folder = newFolder()
})
const small = `name: mine
patroni:
  scope: prod
  nodes:
    - { name: pg1, container: box1, rest: "https://pg1:8008", postgres: "[fd00::1]:5432" }
    - { name: pg2, rest: "http://pg2:8008", postgres: "pg2:5432" }
etcd:
  members:
    - { name: e1, client: "http://e1:2379" }
haproxy:
  stats: "http://lb:7000/;csv"
  leader: { proxy: rw, address: "lb:5000" }
  replicas: { proxy: ro, address: "lb:5001" }
postgres:
  database: app
  user: app
  password: { env: LAB_PASSWORD }
`

async function read(text: string, environment: NodeJS.ProcessEnv = { LAB_PASSWORD: 'secret' }) {
  const file = path.join(folder, 'lab.yaml')
  await writeFile(file, text)
  return readLabDefinition(file, environment)
}

function patroniIn({ place }: LabDefinition) {
  return (place as PatroniPlace).definition
}

/** The small definition with one thing changed, and the mistakes that this makes. */
async function problemsOf(from: string, to: string, environment?: NodeJS.ProcessEnv): Promise<string[]> {
  expect(small).toContain(from)
  const error = await read(small.replace(from, to), environment).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(FileError)
  return (error as FileError).problems.map((problem) => problem.replace(path.join(folder, ''), '').replace(/^\//, ''))
}

describe('the lab that ships', () => {
  it('is a good definition', async () => {
    const lab = await readLabDefinition(shipped, {})
    expect(lab.folder).toBe(path.dirname(shipped))
    expect(lab.instances[0].postgres.password).toBe(
      (await readFile(path.join(path.dirname(shipped), 'app.password'), 'utf8')).trim(),
    )
    expect(patroniIn(lab).patroni.nodes[0]).toEqual({
      name: 'patroni1',
      container: 'patroni1',
      rest: 'http://127.0.0.1:8041',
      postgres: { host: '127.0.0.1', port: 5441 },
    })
  })

  it('has three nodes, three members and a proxy, each with its container', async () => {
    const parts = ['patroni1', 'patroni2', 'patroni3', 'etcd1', 'etcd2', 'etcd3', 'haproxy']
    expect((await readLabDefinition(shipped, {})).place.shape).toEqual({
      name: 'hw3',
      scope: 'hw3',
      nodes: parts.slice(0, 3),
      etcdMembers: parts.slice(3, 6),
      proxies: [
        {
          name: 'haproxy',
          leader: { proxy: 'leader', port: 5001 },
          replicas: { proxy: 'replicas', port: 5002 },
          check: null,
        },
      ],
      containerOf: Object.fromEntries(parts.map((part) => [part, part])),
    })
  })

  it('has a second proxy where that is there, and nothing of it where it is not', async () => {
    const lab = await readLabDefinition(shipped, {})
    const shape = (await lab.place.look(null)) as PatroniShape
    expect(shape.containerOf.haproxy2).toBe('haproxy2')
    expect(shape.proxies[1]).toEqual({
      name: 'haproxy2',
      leader: { proxy: 'leader', port: 5011 },
      replicas: { proxy: 'replicas', port: 5012 },
      check: null,
      isOptional: true,
    })
    expect(lab.place.shape.containerOf).not.toHaveProperty('haproxy2')
    expect((lab.place.shape as PatroniShape).proxies.map(({ name }) => name)).toEqual(['haproxy'])
  })

  it('gives clients the first proxy alone, or both in their order', async () => {
    const { place } = await readLabDefinition(shipped, {})
    const whole = await place.look(null)
    const at = (port: number) => ({ host: '127.0.0.1', port })
    expect(place.routes(whole, 'first')).toEqual({ write: [at(5001)], read: [at(5002)] })
    expect(place.routes(whole, 'all')).toEqual({ write: [at(5001), at(5011)], read: [at(5002), at(5012)] })
  })
})

describe('somebody else’s lab', () => {
  it('needs neither compose nor containers', async () => {
    const lab = await read(small)
    expect(lab).toMatchObject({ name: 'mine', instances: [{ workload: { type: 'events' } }] })
    expect(patroniIn(lab)).toMatchObject({ patroni: { auth: null }, etcd: { prefix: '/service/' } })
    expect(patroniIn(lab).patroni.nodes.map((node) => node.postgres)).toEqual([
      { host: 'fd00::1', port: 5432 },
      { host: 'pg2', port: 5432 },
    ])
    expect(lab.place.shape).toMatchObject({
      containerOf: { pg1: 'box1' },
      proxies: [{ name: 'haproxy', leader: { proxy: 'rw', port: 5000 } }],
    })
  })

  it('has one endpoint each where no second proxy is named, and none is ever there', async () => {
    const lab = await read(small)
    expect(((await lab.place.look(null)) as PatroniShape).proxies).toHaveLength(1)
    expect(lab.place.routes(lab.place.shape, 'all')?.write).toEqual([{ host: 'lb', port: 5000 }])
  })

  it('needs no proxy', async () => {
    const lab = await read(small.replace(/haproxy:[\s\S]*(?=postgres:\n)/, ''))
    expect((lab.place.shape as PatroniShape).proxies).toEqual([])
  })
})

describe('a mistake', () => {
  it.each([
    [
      'a URL without a scheme',
      '"https://pg1:8008"',
      '"pg1:8008"',
      'lab.yaml:5: patroni.nodes.0.rest: expected a URL like http://host:port',
    ],
    [
      'a URL of another kind',
      '"http://e1:2379"',
      '"file:///etc/passwd"',
      'lab.yaml:9: etcd.members.0.client: expected a URL like http://host:port',
    ],
    ['an address without a port', '"pg2:5432"', '"pg2"', 'lab.yaml:6: patroni.nodes.1.postgres: expected host:port'],
    [
      'an address with a path',
      '"pg2:5432"',
      '"pg2:5432/app"',
      'lab.yaml:6: patroni.nodes.1.postgres: expected host:port',
    ],
    ['port 0', '"lb:5000"', '"lb:0"', 'lab.yaml:12: haproxy.leader.address: expected a port from 1 to 65535'],
    ['port 65536', '"lb:5000"', '"lb:65536"', 'lab.yaml:12: haproxy.leader.address: expected a port from 1 to 65535'],
    [
      'an unknown key',
      '  user: app',
      '  usr: x\n  user: app',
      'lab.yaml:16: postgres.usr: unknown key; did you mean user?',
    ],
    ['a missing key', '  scope: prod\n', '', 'lab.yaml:2: patroni.scope: missing (expected text)'],
    [
      'a name that is no name',
      'name: mine',
      'name: "../../etc"',
      'lab.yaml:1: name: expected a name: letters, digits, dots, dashes',
    ],
    [
      'a name with a command for the terminal',
      'name: pg2',
      'name: "\\e]0;x"',
      'lab.yaml:6: patroni.nodes.1.name: expected a name: letters, digits, dots, dashes',
    ],
    [
      'a name that objects have',
      'name: pg2',
      'name: constructor',
      'lab.yaml:6: patroni.nodes.1.name: this name cannot be used',
    ],
    [
      'a workload that there is not',
      'postgres:\n',
      'workload: { type: bank }\npostgres:\n',
      `lab.yaml:14: workload.type: there is no such workload; expected one of ${workloadTypes.join(', ')}`,
    ],
    [
      'a password in plain sight',
      '{ env: LAB_PASSWORD }',
      'hunter2',
      'lab.yaml:17: postgres.password: expected env: VARIABLE or file: PATH',
    ],
    [
      'a password from nowhere',
      '{ env: LAB_PASSWORD }',
      '{}',
      'lab.yaml:17: postgres.password: expected env: VARIABLE or file: PATH',
    ],
    [
      'a variable that is not set',
      'LAB_PASSWORD',
      'OTHER',
      'lab.yaml:17: postgres.password: the environment variable OTHER is not set',
    ],
    [
      'a secret file that is not there',
      'env: LAB_PASSWORD',
      'file: absent',
      'lab.yaml:17: postgres.password: absent cannot be read (ENOENT)',
    ],
    [
      'a name used twice',
      'name: pg2',
      'name: pg1',
      'lab.yaml:6: patroni.nodes.1.name: the name pg1 is taken: every part needs one of its own',
    ],
    [
      'a member named like a node',
      'name: e1',
      'name: pg1',
      'lab.yaml:9: etcd.members.0.name: the name pg1 is taken: every part needs one of its own',
    ],
    [
      'a node named like the proxy',
      'name: pg2',
      'name: haproxy',
      'lab.yaml:6: patroni.nodes.1.name: the name haproxy is taken: every part needs one of its own',
    ],
    [
      'one listener for both',
      'proxy: ro',
      'proxy: rw',
      "lab.yaml:13: haproxy.replicas.proxy: rw is the leader's listener already",
    ],
    ['no members', '[MEMBERS]', '', 'lab.yaml:8: etcd.members: expected at least one member'],
    [
      'containers found in two ways',
      'name: mine',
      'name: mine\ndocker: { project: a, containers: [b] }',
      'lab.yaml:2: docker: expected either project: NAME or containers: [NAME, …]',
    ],
  ])('is told with its line and path: %s', async (_, from, to, problem) => {
    if (from === '[MEMBERS]') {
      expect(await problemsOf('members:\n    - { name: e1, client: "http://e1:2379" }', 'members: []')).toEqual([
        problem,
      ])
    } else expect(await problemsOf(from, to)).toEqual([problem])
  })

  it('does not come alone: all of them are told at once', async () => {
    const problems = await problemsOf(
      '  scope: prod\n  nodes:',
      '  nodes:\n    - { name: "", rest: x, postgres: y, colour: red }',
    )
    expect(problems.map((problem) => problem.split(': ')[1])).toEqual([
      'patroni.scope',
      'patroni.nodes.0.name',
      'patroni.nodes.0.rest',
      'patroni.nodes.0.postgres',
      'patroni.nodes.0.colour',
    ])
    const twice = await problemsOf('name: pg2', 'name: pg1', {})
    expect(twice).toHaveLength(2)
    expect(twice[1]).toContain('LAB_PASSWORD is not set')
  })
})

describe('a secret', () => {
  const both = small.replace('env: LAB_PASSWORD', 'env: LAB_PASSWORD, file: pass')

  it('comes from the variable when that is set, from the file otherwise', async () => {
    await writeFile(path.join(folder, 'pass'), 'from file\r\n')
    expect((await read(both, { LAB_PASSWORD: 'from variable' })).instances[0].postgres.password).toBe('from variable')
    expect((await read(both, {})).instances[0].postgres.password).toBe('from file')
    expect((await read(both, { LAB_PASSWORD: '' })).instances[0].postgres.password).toBe('from file')
  })

  it('keeps its spaces and loses no more than one line break', async () => {
    await writeFile(path.join(folder, 'pass'), ' a b \n\n')
    expect((await read(both, {})).instances[0].postgres.password).toBe(' a b \n')
  })

  it('that is empty is a mistake', async () => {
    await writeFile(path.join(folder, 'pass'), '\n')
    await expect(read(both, {})).rejects.toThrow('pass is empty')
  })

  it('is never in a message', async () => {
    await expect(read(small.replace('{ env: LAB_PASSWORD }', 'hunter2'))).rejects.not.toThrow('hunter2')
  })

  it('of Patroni’s REST API is read too', async () => {
    const auth = 'patroni:\n  auth: { user: admin, password: { env: REST } }'
    const lab = await read(small.replace('patroni:', auth), { LAB_PASSWORD: 'x', REST: 'y' })
    expect(patroniIn(lab).patroni.auth).toEqual({ user: 'admin', password: 'y' })
    await expect(read(small.replace('patroni:', auth))).rejects.toThrow(
      'patroni.auth.password: the environment variable REST is not set',
    )
  })
})

describe('how often outages are clocked', () => {
  const everyMs = async (text: string) => (await read(text)).instances.map(({ probeEveryMs }) => probeEveryMs)
  const [head, ...rest] = small.split('\n')
  const own = (name: string, more = '') =>
    `  ${name}:\n${[...rest, more].map((line) => `    ${line.replaceAll('pg', name)}\n`).join('')}`
      .replaceAll('e1', `${name}-e1`)
      .replace('haproxy:', `haproxy:\n      name: ${name}-proxy`)

  it('is every 20 ms where there is one system, and each of several is asked so much more seldom', async () => {
    expect(await everyMs(small)).toEqual([20])
    expect(await everyMs(`${head}\ninstances:\n${own('a')}${own('b')}`)).toEqual([40, 40])
  })

  it('is what the definition says', async () => {
    expect(await everyMs(`${small}probe: 100ms\n`)).toEqual([100])
    const many = Array.from({ length: 30 }, (_, n) => own(`a${n}`)).join('')
    expect((await everyMs(`${head}\ninstances:\n${many}`)).at(-1)).toBe(400)
    expect(await everyMs(`${head}\ninstances:\n${own('a', 'probe: 200ms')}${own('b')}`)).toEqual([200, 40])
  })

  it.each(['5ms', '1s', 'often'])('is not %s', async (probe) => {
    await expect(read(`${small}probe: ${probe}\n`)).rejects.toThrow('probe: expected a duration from 20ms to 400ms')
  })
})

describe('a list of proxies', () => {
  const listed = (...proxies: readonly string[]) =>
    small.replace(
      /haproxy:\n[\s\S]*?(?=postgres:\n)/,
      `haproxy:\n${proxies.map((each) => `  - { ${each} }\n`).join('')}`,
    )
  const at = (host: string, ro = 'ro') =>
    `stats: "http://${host}:7000/;csv", leader: { proxy: rw, address: "${host}:5000" }, replicas: { proxy: ${ro}, address: "${host}:5001" }`
  const namesIn = (shape: LabShape) => (shape as PatroniShape).proxies.map(({ name }) => name)
  const states = async () => [{ service: 'lb3', state: 'exited' }]
  const variables = async (service: string) => ({
    CHECK_INTER: '1s',
    CHECK_FALL: '2',
    CHECK_RISE: service === 'lb3' ? '3' : '1',
  })

  it('has those that are there, each with its own container, ports and checks', async () => {
    const { place } = await read(
      listed(
        `container: lb1, ${at('a')}`,
        `name: two, container: lb2, optional: true, ${at('b')}`,
        `name: three, container: lb3, profile: x, ${at('c')}`,
      ),
    )
    expect(namesIn(place.shape)).toEqual(['haproxy'])
    const shape = await place.look({ states, variables })
    expect(shape).toMatchObject({
      containerOf: { haproxy: 'lb1', three: 'lb3' },
      proxies: [
        { name: 'haproxy', leader: { proxy: 'rw', port: 5000 }, check: { rise: 1 } },
        { name: 'three', check: { rise: 3 }, isOptional: true },
      ],
    })
    expect(place.routes(shape, 'all')?.write.map(({ host }) => host)).toEqual(['a', 'c'])
    expect(place.routes(shape, 'first')?.read.map(({ host }) => host)).toEqual(['a'])
    expect(place.missing(shape)).toEqual([
      { name: 'two', kind: 'proxy', service: 'lb2', how: 'chaoslab up --proxies 2 brings it up' },
    ])
    expect(place.missing(place.shape).map(({ how, profile }) => [how, profile])).toEqual([
      ['chaoslab up --proxies 2 brings it up', undefined],
      ['chaoslab up --proxies 3 brings it up', 'x'],
    ])
    expect(place.entrances(shape)).toEqual([
      'leader on a:5000, replicas on a:5001, HAProxy at http://a:7000/',
      'three beside it: leader on c:5000, replicas on c:5001, HAProxy at http://c:7000/',
    ])
  })

  it('can hold several that are always there', async () => {
    const { place } = await read(listed(at('a'), `name: two, ${at('b')}`))
    expect(namesIn(place.shape)).toEqual(['haproxy', 'two'])
    expect(place.missing(place.shape)).toEqual([])
  })

  it.each([
    ['one without a name', [at('a'), at('b')], 'haproxy.1.name: only the first proxy needs no name'],
    ['a name twice', [at('a'), `name: haproxy, ${at('b')}`], 'haproxy.1.name: the name haproxy is taken'],
    ['the name of a node', [at('a'), `name: pg1, ${at('b')}`], 'patroni.nodes.0.name: the name pg1 is taken'],
    [
      'a first one that may be missing',
      [`optional: true, ${at('a')}`],
      'haproxy.0.optional: all clients know the first',
    ],
    [
      'one listener for both',
      [at('a'), `name: two, ${at('b', 'rw')}`],
      "haproxy.1.replicas.proxy: rw is the leader's listener",
    ],
    [
      'a key that there is not',
      [`${at('a')}, second: { x: y }`],
      'haproxy.0.second: unknown key; there are name, container,',
    ],
    ['none at all', [], 'haproxy: expected a list or keys with values'],
  ])('is wrong with %s', async (_what, proxies, problem) => {
    await expect(read(listed(...proxies))).rejects.toThrow(problem)
  })
})

describe('how the proxy checks its servers', () => {
  it('is read from the environment of its container', () => {
    expect(checkFromVariables({ CHECK_INTER: '3s', CHECK_FALL: '3', CHECK_RISE: '2', PATH: '/bin' })).toEqual({
      interSeconds: 3,
      fall: 3,
      rise: 2,
    })
  })

  it.each([{}, { CHECK_INTER: '3s' }, { CHECK_INTER: 'soon', CHECK_FALL: '3', CHECK_RISE: '2' }])(
    'is not known from %j',
    (variables) => expect(checkFromVariables(variables)).toBeNull(),
  )

  it('is what the definition says, whatever the container says', async () => {
    const lab = await read(
      small.replace('haproxy:\n', 'haproxy:\n  container: lb\n  check: { inter: 2s, fall: 4, rise: 1 }\n'),
    )
    const told = {
      variables: async () => ({ CHECK_INTER: '1s', CHECK_FALL: '2', CHECK_RISE: '1' }),
      states: async () => [],
    }
    expect(await lab.place.look(told)).toMatchObject({ proxies: [{ check: { interSeconds: 2, fall: 4, rise: 1 } }] })
  })
})
