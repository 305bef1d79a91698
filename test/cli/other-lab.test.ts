import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runCommand } from '../../src/docker/run-command.ts'
import { composeContainer, type FakeEngine, startFakeEngine } from '../docker/fake-engine.ts'
import { newFolder } from '../new-folder.ts'
import { writeProgram } from '../program.ts'

let engine: FakeEngine
let folder: string
const file = () => path.join(folder, 'mine.yaml')

beforeEach(async () => {
  engine = await startFakeEngine()
  folder = newFolder()
  await writeFile(
    file(),
    `name: mine
compose: { file: docker-compose.yml, project: mine, app: true }
docker: { project: mine }
patroni: { scope: x, nodes: [{ name: pg1, container: box, rest: "http://127.0.0.1:1", postgres: "127.0.0.1:1" }] }
etcd: { members: [{ name: e1, client: "http://127.0.0.1:1" }] }
postgres: { database: app, user: app, password: { env: PATH } }\n`,
  )
  await mkdir(path.join(folder, 'bin'))
  const docker = path.join(folder, 'bin', 'docker')
  writeProgram(docker, '#!/bin/sh\ncase "$*" in *version*) echo 2.26.1;; *config) echo "services: {}";; esac\n')
})
afterEach(async () => {
  await engine[Symbol.asyncDispose]()
})

/** The built command on that lab, with a compose tool that does nothing. */
const chaoslab = (...args: string[]) =>
  runCommand(process.execPath, ['dist/cli/chaoslab.js', '--lab', file(), ...args], {
    env: {
      DOCKER_HOST: engine.address,
      PATH: `${path.join(folder, 'bin')}:${process.env.PATH}`,
      CHAOSLAB_STATE: path.join(folder, 'state'),
    },
  })

test('what down advises is about the lab that was taken down, not about the default one', async () => {
  const { code, stderr } = await chaoslab('down')
  expect(code).toBe(0)
  expect(stderr).toContain(`chaoslab --lab ${file()} up brings it back`)
  expect(stderr).toContain(`chaoslab --lab ${file()} down --volumes deletes it`)
})

test('what doctor advises is about the lab that it looked at', async () => {
  const { stdout } = await chaoslab('doctor', '--json')
  const advice = (JSON.parse(stdout) as { advice: string | null }[]).flatMap((finding) => finding.advice ?? [])
  expect(advice).toContain(`chaoslab --lab ${file()} up builds it`)
  expect(advice).toContain(`chaoslab --lab ${file()} up makes them`)
  for (const each of advice) expect(each).not.toMatch(/chaoslab (up|down|heal|ui)/)
})

test('what up advises where another compose has made the containers is about its own lab', async () => {
  const container = composeContainer('box', { project: 'mine', state: 'exited' })
  engine.containers.push({ ...container, labels: { ...container.labels, 'com.docker.compose.version': '1.29.2' } })
  const { code, stderr } = await chaoslab('up')
  expect(code).toBe(2)
  expect(stderr).toContain(`chaoslab --lab ${file()} down removes them and keeps the data`)
})
