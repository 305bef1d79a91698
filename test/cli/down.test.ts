import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { runCommand } from '../../src/docker/run-command.ts'
import { readLabDefinition } from '../../src/lab/definition.ts'
import { underWayFolder } from '../../src/lab/journal-folder.ts'
import { tellUnderWay } from '../../src/lab/under-way.ts'
import { composeContainer, type FakeEngine, startFakeEngine } from '../docker/fake-engine.ts'
import { newFolder } from '../new-folder.ts'
import { writeProgram } from '../program.ts'

// The built command on a lab of its own, with a compose tool that only writes down what it is told.

let engine: FakeEngine
let folder: string
let environment: NodeJS.ProcessEnv
const file = () => path.join(folder, 'mine.yaml')

beforeEach(async () => {
  engine = await startFakeEngine()
  engine.containers.push(composeContainer('box', { project: 'mine' }))
  folder = newFolder()
  await writeFile(file(), definition('mine'))
  await writeFile(path.join(folder, 'docker-compose.yml'), 'services: { proxy: { ports: ["127.0.0.1:4:1"] } }\n')
  await writeFile(path.join(folder, 'calm.yaml'), 'name: calm\nsteps: [wait: healthy]\n')
  await mkdir(path.join(folder, 'bin'))
  writeProgram(
    path.join(folder, 'bin', 'docker'),
    `#!/bin/sh
echo "$*" >> ${folder}/calls
case "$*" in *version*) echo 2.26.1;; *config) cat ${folder}/docker-compose.yml;; *--hash*) echo proxy aaa;; esac\n`,
  )
  environment = {
    DOCKER_HOST: engine.address,
    PATH: `${path.join(folder, 'bin')}:${process.env.PATH}`,
    CHAOSLAB_STATE: path.join(folder, 'state'),
  }
  vi.stubEnv('CHAOSLAB_STATE', environment.CHAOSLAB_STATE)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await engine[Symbol.asyncDispose]()
})

const definition = (name: string) => `name: ${name}
compose: { file: docker-compose.yml, project: mine }
docker: { project: mine }
patroni: { scope: x, nodes: [{ name: pg1, container: box, rest: "http://127.0.0.1:1", postgres: "127.0.0.1:1" }] }
etcd: { members: [{ name: e1, client: "http://127.0.0.1:1" }] }
haproxy: { stats: "http://127.0.0.1:1/;csv", leader: { proxy: rw, address: "127.0.0.1:1" }, replicas: { proxy: ro, address: "127.0.0.1:1" } }
postgres: { database: app, user: app, password: { env: PATH } }\n`

const command = (args: readonly string[]) => ['dist/cli/chaoslab.js', '--lab', file(), ...args]
const chaoslab = (...args: string[]) => runCommand(process.execPath, command(args), { env: environment })

/** What the compose tool was told to do, without the questions. */
async function done(): Promise<string[]> {
  const calls = (await readFile(path.join(folder, 'calls'), 'utf8').catch(() => '')).split('\n')
  return calls.filter((call) => / (up|down)\b/.test(call))
}

/** Runs of this process, as another sees them. */
async function underWay(lab = file()): Promise<string> {
  const own = await readLabDefinition(lab)
  await tellUnderWay(own)
  return underWayFolder(own)
}

test('down refuses under a run of another process, in one line that names it and says what to do', async () => {
  await underWay()
  const { code, stderr } = await chaoslab('down')
  expect(stderr).toMatch(
    new RegExp(`^process ${process.pid} \\(chaoslab.*\\) has a run under way on mine, which this would spoil: `),
  )
  expect(stderr).toContain(
    `kill ${process.pid} ends it as Ctrl-C does; chaoslab --lab ${file()} down --force takes the cluster down all the same`,
  )
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  expect(code).toBe(2)
  expect(await done()).toEqual([])
})

test('down --force takes the cluster down all the same', async () => {
  await underWay()
  expect(await chaoslab('down', '--force')).toMatchObject({ code: 0 })
  expect(await done()).toEqual([expect.stringMatching(/ down --remove-orphans$/)])
})

test('another definition of the same containers is refused as well', async () => {
  const other = path.join(folder, 'other.yaml')
  await writeFile(other, definition('mine-otherwise'))
  await underWay(other)
  expect(await chaoslab('down')).toMatchObject({ code: 2, stderr: expect.stringContaining(`process ${process.pid} `) })
})

test('a process whose number another has now does not keep the cluster up, and what it had left goes', async () => {
  const own = underWayFolder(await readLabDefinition(file()))
  await mkdir(own, { recursive: true })
  await writeFile(path.join(own, `${process.pid}.1`), 'chaoslab traffic')
  expect(await chaoslab('down')).toMatchObject({ code: 0 })
  expect(await done()).toHaveLength(1)
  expect(await readdir(own)).toEqual([])
})

test.each([
  ['traffic', '--no-record', '--no-metrics'],
  ['run', 'CALM', '--no-metrics'],
  ['inject', 'pause', 'pg1'],
])('while chaoslab %s goes on down refuses, and no longer once it was killed', async (...args) => {
  const given = args.map((word) => (word === 'CALM' ? path.join(folder, 'calm.yaml') : word))
  const running = start([...given, ...(args[0] === 'run' ? ['--out', folder] : [])])
  const own = underWayFolder(await readLabDefinition(file()))
  await expect.poll(() => readdir(own).catch(() => [])).toHaveLength(1)
  const refused = await chaoslab('down')
  expect(refused.stderr).toMatch(new RegExp(`^process ${running.pid} \\(chaoslab --lab \\S+ ${args[0]} `))
  expect(refused.code).toBe(2)
  running.kill('SIGKILL')
  await once(running, 'exit')
  expect(await chaoslab('down')).toMatchObject({ code: 0 })
})

function start(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, command(args), { env: environment, stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

test('--switch takes no lab down that has a run under way', async () => {
  const shipped = await underWay('hw3/lab.yaml')
  engine.containers.push(composeContainer('haproxy', { project: 'hw3', ports: { 5001: 4 } }))
  const refused = await chaoslab('up', '--switch')
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('has a run under way on hw3') })
  expect(refused.stderr).toContain('; chaoslab down --force takes the cluster down')
  expect(await done()).toEqual([])
  expect(await readdir(shipped)).toHaveLength(1)
})

test('a lab that begins with new data takes none from under a run', async () => {
  await writeFile(file(), definition('mine').replace('project: mine }', 'project: mine, fresh: true }'))
  await underWay()
  for (const args of [[], ['run', path.join(folder, 'calm.yaml'), '--out', folder]]) {
    expect(await chaoslab(...args)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('has a run under way on mine'),
    })
  }
  expect(await done()).toEqual([])
})
