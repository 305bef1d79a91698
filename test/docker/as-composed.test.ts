import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { asComposed } from '../../src/docker/as-composed.ts'
import { type ComposeTool, findCompose } from '../../src/docker/compose.ts'
import { connectEngine } from '../../src/docker/engine.ts'
import { newFolder } from '../new-folder.ts'
import { writeProgram } from '../program.ts'
import { type FakeEngine, idOf, startFakeEngine } from './fake-engine.ts'

const project = { file: '/lab/docker-compose.yml', project: 'hw3', environment: {} }

/** What `config --hash '*'` prints of two services of hw3, and what is on the containers that `up` makes of them. */
const versions = {
  'version 1': {
    command: ['docker-compose'],
    version: '1.29.2',
    hashes: `etcd1 6423b090fd927b557dcd3b9c125c1c07ccfae4fb837715794a44c42407519ef3
haproxy f13a2b932a35e814d8e7de6c88e733d27d55a1d4b4f2fa359537ce3275c69f57
`,
    nameOf: (service: string) => `hw3_${service}_1`,
    labels: { 'com.docker.compose.version': '1.29.2', 'com.docker.compose.project.working_dir': '/lab' },
  },
  'version 2': {
    command: ['docker', 'compose'],
    version: '2.26.1-4',
    hashes: `etcd1 ab97c0ea5af65ff4adc176654ee18e2ff02cccf7802139c53c96067319dbf91a
haproxy 7ba991964a3a40389dbd3b0a04fd55cf6b42e5b8948a5fcb9584149912aa01ad
`,
    nameOf: (service: string) => `hw3-${service}-1`,
    labels: {
      'com.docker.compose.version': '2.26.1',
      'com.docker.compose.depends_on': '',
      'com.docker.compose.image': `sha256:${'d'.repeat(64)}`,
      'com.docker.compose.project.config_files': '/lab/docker-compose.yml',
    },
  },
}

let fake: FakeEngine
let folder: string
beforeEach(async () => {
  fake = await startFakeEngine()
  folder = newFolder()
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await fake[Symbol.asyncDispose]()
})

describe.each(Object.entries(versions))('compose %s', (_, { command, version, hashes, nameOf, labels }) => {
  /** The one compose tool that there is: `docker` without the plugin, or the plugin. */
  async function install(): Promise<ComposeTool> {
    await writeFile(path.join(folder, 'hashes'), hashes)
    const [name = '', plugin = ''] = command
    const answers = `case "$*" in "${plugin}"*version*) echo ${version};; *--hash*) cat ${folder}/hashes;; *) exit 1;; esac`
    put('docker', 'exit 1')
    put(name, answers)
    vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`)
    return (await findCompose()) as ComposeTool
  }

  function put(name: string, script: string): void {
    writeProgram(path.join(folder, name), `#!/bin/sh\n${script}\n`)
  }

  function run(more: Record<string, string> = {}): void {
    for (const line of hashes.trim().split('\n')) {
      const [service = '', hash = ''] = line.split(' ')
      const own = {
        ...labels,
        'com.docker.compose.project': 'hw3',
        'com.docker.compose.service': service,
        'com.docker.compose.oneoff': 'False',
        'com.docker.compose.config-hash': hash,
        ...more,
      }
      fake.containers.push({ id: idOf(service), name: nameOf(service), labels: own })
    }
  }

  async function isUp(): Promise<boolean> {
    const engine = await connectEngine(fake.environment)
    return (await asComposed(engine, await install(), project, []))()
  }

  test('is found, with its version', async () => {
    expect(await install()).toEqual({ command, version })
  })

  test('has nothing to do where all runs as it has made it', async () => {
    run()
    expect(await isUp()).toBe(true)
  })

  test('has to make again what it would make otherwise now', async () => {
    run({ 'com.docker.compose.config-hash': 'a'.repeat(64) })
    expect(await isUp()).toBe(false)
  })

  test('has to make what only a run of its own, once, stands for', async () => {
    run({ 'com.docker.compose.oneoff': 'True' })
    expect(await isUp()).toBe(false)
  })
})
