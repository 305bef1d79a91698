import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runCommand } from '../../src/docker/run-command.ts'
import { composeContainer, type FakeEngine, startFakeEngine } from '../docker/fake-engine.ts'
import { newFolder } from '../new-folder.ts'

// The built command, as a person would call it: `npm test` builds before it tests.
let engine: FakeEngine
let folder: string
beforeEach(async () => {
  engine = await startFakeEngine()
  folder = newFolder()
  await writeFile(calm(), 'name: calm\nsteps:\n  - wait: healthy\n')
})
afterEach(async () => {
  await engine[Symbol.asyncDispose]()
})

const chaoslab = (...args: string[]) =>
  runCommand(process.execPath, ['dist/cli/chaoslab.js', '--lab', file(), ...args], {
    env: { DOCKER_HOST: engine.address, LAB_PASSWORD: 'x', CHAOSLAB_STATE: path.join(folder, 'state') },
  })
const calm = () => path.join(folder, 'calm.yaml')
const file = () => path.join(folder, 'lab.yaml')

/** Nothing listens on these ports. */
const OTHERS = `name: theirs
patroni:
  scope: prod
  nodes:
    - { name: pg1, container: box1, rest: "http://127.0.0.1:1", postgres: "127.0.0.1:1" }
etcd:
  members:
    - { name: e1, container: box2, client: "http://127.0.0.1:2" }
haproxy:
  stats: "http://127.0.0.1:3/;csv"
  leader: { proxy: rw, address: "127.0.0.1:3" }
  replicas: { proxy: ro, address: "127.0.0.1:4" }
postgres: { database: app, user: app, password: { env: LAB_PASSWORD } }
`
const OURS = `${OTHERS}compose: { file: docker-compose.yml, project: demo }\ndocker: { project: demo }\n`

const COMMANDS: readonly (readonly string[])[] = [
  ['run', 'CALM'],
  ['traffic', '--for', '1s'],
  ['inject', 'kill', 'leader'],
]

function args(command: readonly string[]): string[] {
  const given = command.map((word) => (word === 'CALM' ? calm() : word))
  return command[0] === 'inject' ? given : [...given, '--out', folder]
}

test.each(COMMANDS)(
  '%s %s says that a lab of its own is not up, and what brings it up',
  async (...command: readonly string[]) => {
    await writeFile(file(), OURS)
    const { code, stderr } = await chaoslab(...args(command))
    expect(stderr).toBe(
      `the cluster theirs is not up: none of its containers exists; chaoslab --lab ${file()} up brings it up\n`,
    )
    expect(code).toBe(2)
  },
)

test.each(COMMANDS)(
  '%s %s says which endpoints of somebody else do not answer',
  async (...command: readonly string[]) => {
    await writeFile(file(), OTHERS)
    const { code, stderr } = await chaoslab(...args(command))
    expect(stderr).toBe(
      'the cluster theirs is not up: nothing answers at http://127.0.0.1:1 (pg1, ECONNREFUSED), ' +
        `http://127.0.0.1:2 (e1, ECONNREFUSED); start it, or correct ${file()}\n`,
    )
    expect(code).toBe(2)
  },
)

test('status says so in one line, and for a script in its one reason; exit code 1', async () => {
  await writeFile(file(), OURS)
  engine.containers.push(composeContainer('box1', { state: 'exited' }))
  const said = `the cluster theirs is not up: none of its containers runs (box1 exited, box2 does not exist); chaoslab --lab ${file()} up brings it up`
  expect(await chaoslab('status')).toMatchObject({ code: 1, stdout: `${said}\n` })
  const { code, stdout } = await chaoslab('status', '--json')
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({
    healthy: false,
    problems: [said],
    leader: null,
    members: [{ name: 'pg1' }],
  })
})

test('doctor says it once, instead of once a part', async () => {
  await writeFile(file(), OTHERS)
  const { code, stdout } = await chaoslab('doctor', '--json')
  expect(code).toBe(1)
  const cluster = (JSON.parse(stdout) as { check: string; found: string }[]).filter(({ check }) => check === 'cluster')
  expect(cluster).toMatchObject([{ found: expect.stringContaining('the cluster theirs is not up') }])
})

test('a dry run says what would be done all the same, and that nothing is there', async () => {
  await writeFile(file(), `${OTHERS}docker: { containers: [box1, box2] }\n`)
  const { code, stdout, stderr } = await chaoslab('run', '--dry-run', calm())
  expect(stdout).toContain('calm')
  expect(stderr).toContain('the cluster theirs is not up')
  expect(code).toBe(0)
})

test('the mistakes of a scenario are told although the cluster is not up', async () => {
  await writeFile(file(), OTHERS)
  const { stderr } = await chaoslab('run', '--out', folder, 'test/scenario/mistakes.yaml')
  expect(stderr).toContain('mistakes.yaml:2: descripton: unknown key')
})
