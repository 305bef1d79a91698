import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { Engine } from '../../src/docker/engine.ts'
import { startProgram } from '../../src/docker/start-program.ts'
import { newFolder } from '../new-folder.ts'

test('the files of a program are in its container before it is started, those that only people read left out', async () => {
  const root = newFolder()
  await mkdir(path.join(root, 'dist', 'cli'), { recursive: true })
  for (const name of ['main.js', 'main.js.map', 'main.d.ts']) await writeFile(path.join(root, 'dist', 'cli', name), '')
  const { engine, done } = fakeDocker(root)
  const program = {
    image: 'runtime',
    name: 'clients',
    labels: { whose: 'lab' },
    command: ['node', 'dist/cli/main.js'],
    environment: { WHO: 'east' },
    files: { root, paths: ['dist'], to: '/app' },
  }
  expect(await startProgram(engine, program)).toBe('made')
  expect(done).toEqual([
    'create clients on host by root, vanishing, WHO=east',
    'put dist/ dist/cli/ dist/cli/main.js at /app',
    'start made',
  ])
})

interface Settings {
  readonly name: string
  readonly User: string
  readonly Env: readonly string[]
  readonly HostConfig: { readonly NetworkMode: string; readonly AutoRemove: boolean }
}

/** An engine that makes one container, and keeps what was done to it. */
function fakeDocker(folder: string) {
  const done: string[] = []
  const container = {
    id: 'made',
    async putArchive(tar: NodeJS.ReadableStream, { path: to }: { path: string }) {
      const chunks: Buffer[] = []
      for await (const chunk of tar) chunks.push(chunk as Buffer)
      const file = path.join(folder, 'put.tar')
      await writeFile(file, Buffer.concat(chunks))
      const { stdout } = await promisify(execFile)('tar', ['-tf', file])
      done.push(`put ${stdout.trim().split('\n').sort().join(' ')} at ${to}`)
    },
    start: async () => void done.push('start made'),
  }
  const docker = {
    async createContainer({ name, User, Env, HostConfig: { NetworkMode, AutoRemove } }: Settings) {
      done.push(`create ${name} on ${NetworkMode} by ${User}, ${AutoRemove ? 'vanishing' : 'staying'}, ${Env}`)
      return container
    },
    getContainer: () => container,
  }
  const call = (request: (docker: unknown, signal: AbortSignal) => Promise<unknown>) =>
    request(docker, new AbortController().signal)
  return { engine: { call } as unknown as Engine, done }
}
