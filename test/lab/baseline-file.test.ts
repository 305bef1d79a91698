import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { compareLeftBaselines, createBaselineFile, forgetLeftBaselines } from '../../src/lab/baseline-file.ts'
import { controlOf } from '../../src/systems/patroni/control/control.ts'
import { type FakeWorld, fakeWorld } from '../faults/fake-world.ts'
import { newFolder } from '../new-folder.ts'

const signal = new AbortController().signal
let folder: string

beforeEach(() => {
  const made = newFolder()
  folder = path.join(made, 'lab')
})

/** A lab with a configuration, and no image to ask proxies with. */
function lab(): FakeWorld {
  const world = fakeWorld({ toolsImage: null })
  configure(world, { ttl: 20, postgresql: { use_pg_rewind: true } })
  return world
}

function configure(world: FakeWorld, config: object): void {
  world.keys.set('config', { value: JSON.stringify(config), modRevision: 1 })
}

function limit(world: FakeWorld, service: string, memoryBytes: number): void {
  const facts = world.facts.get(service)
  if (facts) world.facts.set(service, { ...facts, memoryBytes })
}

describe('while the process runs', () => {
  it('nothing differs when all is as it was, and nothing is kept of it', async () => {
    const file = createBaselineFile(folder, lab())
    await file.take(signal)
    expect(await readdir(folder)).toHaveLength(1)
    expect(await file.check()).toEqual([])
    expect(await readdir(folder)).toEqual([])
  })

  it('each difference is told, and told once', async () => {
    const world = lab()
    const file = createBaselineFile(folder, world)
    await file.take(signal)
    configure(world, { ttl: 30, pause: true, postgresql: { use_pg_rewind: true } })
    limit(world, 'etcd2', 1024)
    const differences = await file.check()
    expect(differences.toSorted()).toEqual([
      'etcd2: memoryBytes was 0, is 1024',
      'patroni: pause was not set, is true',
      'patroni: ttl was 20, is 30',
    ])
    expect(await file.check()).toEqual([])
  })

  it('the first look counts, not one that is taken when something is broken already', async () => {
    const world = lab()
    const file = createBaselineFile(folder, world)
    await file.take(signal)
    configure(world, { ttl: 30 })
    await file.take(signal)
    expect(await file.check()).toContain('patroni: ttl was 20, is 30')
    await file.take(signal)
    expect(await file.check()).toEqual([])
  })

  it('a container that has been removed meanwhile is not told of: others do', async () => {
    const world = lab()
    const file = createBaselineFile(folder, world)
    await file.take(signal)
    world.facts.delete('etcd1')
    expect(await file.check()).toEqual([])
  })

  it('a lab that cannot be read has none; one that cannot be read afterwards is told of', async () => {
    const world = lab()
    const { get } = controlOf(world).etcd
    const away = async () => Promise.reject(new Error('no quorum'))
    Object.assign(controlOf(world).etcd, { get: away })
    const none = createBaselineFile(folder, world)
    await none.take(signal)
    expect(await none.check()).toEqual([])
    Object.assign(controlOf(world).etcd, { get })
    const file = createBaselineFile(folder, world)
    await file.take(signal)
    Object.assign(controlOf(world).etcd, { get: away })
    expect(await file.check()).toEqual(['whether everything is as it was cannot be told: no quorum'])
  })

  it('a folder that cannot be written does not keep a fault from being injected, nor the difference from being told', async () => {
    await writeFile(folder, 'a file, where a folder should be')
    const world = lab()
    const file = createBaselineFile(folder, world)
    await file.take(signal)
    configure(world, { ttl: 30, postgresql: { use_pg_rewind: true } })
    expect(await file.check()).toEqual(['patroni: ttl was 20, is 30'])
  })
})

describe('after a process was killed', () => {
  /** As one that is gone has left it. */
  async function leftBy(world: FakeWorld): Promise<string> {
    await createBaselineFile(folder, world).take(signal)
    const [name = ''] = await readdir(folder)
    const left = path.join(folder, '1.0.baseline.json')
    await writeFile(left, await readFile(path.join(folder, name)))
    await rm(path.join(folder, name))
    return left
  }

  it('what it found is compared with what is, and forgotten when that has been said', async () => {
    const world = lab()
    await leftBy(world)
    expect(await compareLeftBaselines(folder, world)).toEqual([])
    limit(world, 'patroni1', 4096)
    expect(await compareLeftBaselines(folder, world)).toEqual(['patroni1: memoryBytes was 0, is 4096'])
    await forgetLeftBaselines(folder)
    expect(await compareLeftBaselines(folder, world)).toEqual([])
    expect(await readdir(folder)).toEqual([])
  })

  it('that of one that still runs is its own business', async () => {
    const world = lab()
    await createBaselineFile(folder, world).take(signal)
    limit(world, 'patroni1', 4096)
    expect(await compareLeftBaselines(folder, world)).toEqual([])
    await forgetLeftBaselines(folder)
    expect(await readdir(folder)).toHaveLength(1)
  })

  it.each(['', '{"config":{', 'null', '{}'])('half a file (%j) is told as such, and can be forgotten', async (text) => {
    await mkdir(folder)
    await writeFile(path.join(folder, '1.0.baseline.json'), text)
    expect(await compareLeftBaselines(folder, lab())).toEqual([
      expect.stringMatching(/1\.0\.baseline\.json cannot be read$/),
    ])
    await forgetLeftBaselines(folder)
    expect(await readdir(folder)).toEqual([])
  })

  it('nothing is there without a folder', async () => {
    expect(await compareLeftBaselines(folder, lab())).toEqual([])
    await forgetLeftBaselines(folder)
  })
})
