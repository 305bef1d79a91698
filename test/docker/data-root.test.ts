import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { sharesDisk } from '../../src/docker/data-root.ts'
import type { Engine } from '../../src/docker/engine.ts'

const engine = (address: string, DockerRootDir: string) =>
  ({ address, call: async () => ({ DockerRootDir }) }) as unknown as Engine

it('is the same disk where the engine is on this machine and keeps its data there', async () => {
  expect(await sharesDisk(engine('unix:///var/run/docker.sock', tmpdir()), tmpdir())).toBe(true)
})

it('is not known to be for an engine elsewhere, another disk, or a folder that is not here', async () => {
  expect(await sharesDisk(engine('ssh://root@db1', tmpdir()), tmpdir())).toBe(false)
  expect(await sharesDisk(engine('unix:///var/run/docker.sock', '/proc'), tmpdir())).toBe(false)
  expect(await sharesDisk(engine('unix:///var/run/docker.sock', '/no/such/folder'), tmpdir())).toBe(false)
})
