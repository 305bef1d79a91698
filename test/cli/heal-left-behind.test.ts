import { mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { healLeftBehind } from '../../src/cli/heal-left-behind.ts'
import { readLabDefinition } from '../../src/lab/definition.ts'
import { journalFolder } from '../../src/lab/journal-folder.ts'
import { fakeWorld } from '../faults/fake-world.ts'
import { hastyClock } from '../faults/hasty-clock.ts'
import { newFolder } from '../new-folder.ts'

it('what an earlier run left and could not be healed is healed by itself once its means are back', async () => {
  const state = newFolder()
  vi.stubEnv('CHAOSLAB_STATE', state)
  const over = new AbortController()
  onTestFinished(async () => {
    over.abort()
    vi.unstubAllEnvs()
  })
  const definition = await readLabDefinition('hw3/lab.yaml')
  const folder = journalFolder(definition)
  await mkdir(folder, { recursive: true })
  const undo = { type: 'unpause', params: { service: 'etcd1' } }
  const entry = { id: '1', faultId: 'a', fault: 'pause', parts: ['etcd1'], text: 'pause etcd1', undo }
  const line = { type: 'undo', ...entry, at: '2026-01-01T00:00:00.000Z' }
  await writeFile(path.join(folder, '1.0.a.ndjson'), `${JSON.stringify(line)}\n`)

  const world = fakeWorld({ clock: hastyClock() })
  await world.containers.act('pause', 'etcd1')
  const { act } = world.containers
  Object.assign(world.containers, { act: () => Promise.reject(new Error('the engine is away')) })
  const told: string[] = []
  const append = (body: Parameters<typeof world.happen>[0]) => {
    world.happen(body)
    told.push(body.type)
    return { seq: 0, atMs: 0, ...body }
  }
  const live = { current: world.state } as never
  const lab = { definition, world, log: { append } as never, live, closing: over.signal }
  expect(await healLeftBehind(lab)).toMatchObject({ healed: 0, stuck: [{ error: 'the engine is away' }] })
  expect(world.state().faults).toHaveLength(1)

  Object.assign(world.containers, { act })
  await expect.poll(() => world.facts.get('etcd1')?.state).toBe('running')
  await expect.poll(() => world.state().faults).toEqual([])
  expect(await readdir(folder)).toEqual([])
  expect(told).toEqual(['fault.stuck', 'note', 'fault.healed'])
})
