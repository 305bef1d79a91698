import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, expect, it, vi } from 'vitest'
import { type JournalEntry, openJournal } from '../../src/faults/journal.ts'
import { CLIENTS_LABEL } from '../../src/lab/clients/client-program.ts'
import { removeUnbegunClients } from '../../src/lab/clients/left-clients.ts'
import { readLabDefinition } from '../../src/lab/definition.ts'
import { journalFolder } from '../../src/lab/journal-folder.ts'
import { findLeftBehind, findLeftovers, healFound } from '../../src/lab/left-behind.ts'
import { done, type FakeWorld, fakeWorld, parts } from '../faults/fake-world.ts'
import { newFolder } from '../new-folder.ts'

const signal = new AbortController().signal
const definition = await readLabDefinition('hw3/lab.yaml')
let folder: string

beforeEach(() => {
  const state = newFolder()
  vi.stubEnv('CHAOSLAB_STATE', state)
  folder = journalFolder(definition)
  return async () => {
    vi.unstubAllEnvs()
  }
})

let count = 0

const unpause = (service: string, second: number, faultId = `fault-${service}`): JournalEntry => ({
  id: `id-${++count}`,
  faultId,
  fault: 'pause',
  parts: [service],
  text: `pause ${service}`,
  at: `2026-01-01T00:00:0${second}.000Z`,
  undo: { type: 'unpause', params: { service } },
})

/** As a process that is gone has left it. */
async function leave(process: string, ...entries: readonly (JournalEntry | string)[]): Promise<void> {
  await mkdir(folder, { recursive: true })
  const lines = entries.map((entry) => (typeof entry === 'string' ? entry : JSON.stringify({ type: 'undo', ...entry })))
  await writeFile(path.join(folder, `${process}.ndjson`), `${lines.join('\n')}\n`)
}

/** A lab of which everything is paused. */
function paused(): FakeWorld {
  const world = fakeWorld({ toolsImage: null, exec: () => done() })
  for (const { service } of parts) {
    const facts = world.facts.get(service)
    if (facts) world.facts.set(service, { ...facts, state: 'paused' })
  }
  return world
}

async function healAll(world: FakeWorld) {
  const { orphaned, held } = await findLeftBehind(definition)
  return healFound([...orphaned, ...held], world)
}

it('what processes that are gone have left is told apart from what one that runs has in force', async () => {
  await leave('1.0.a', unpause('etcd1', 1))
  const parent = process.ppid
  const stat = await readFile(`/proc/${parent}/stat`, 'utf8')
  await leave(`${parent}.${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}.b`, unpause('etcd2', 2))
  await openJournal(folder).add(unpause('etcd3', 3))
  const { orphaned, held } = await findLeftBehind(definition)
  expect(orphaned.flatMap(({ outstanding }) => outstanding.map(({ text }) => text))).toEqual(['pause etcd1'])
  expect(held.map(({ pid, outstanding }) => [pid, outstanding[0]?.text])).toEqual([[parent, 'pause etcd2']])
})

it('all of it is put back, the last first, whichever journal it stands in', async () => {
  await leave('1.0.a', unpause('etcd1', 1), unpause('etcd3', 3))
  await leave('1.0.b', unpause('etcd2', 2), unpause('haproxy', 4))
  const world = paused()
  const { healed, stuck } = await healAll(world)
  expect(world.deeds).toEqual(['haproxy', 'etcd3', 'etcd2', 'etcd1'].map((service) => `unpause ${service}`))
  expect([healed.length, stuck]).toEqual([4, []])
  expect(await readdir(folder)).toEqual([])
})

it('what was written in the same moment is put back in the opposite order too', async () => {
  await leave('1.0.a', unpause('etcd1', 1), unpause('etcd2', 1), unpause('etcd3', 1))
  const world = paused()
  await healAll(world)
  expect(world.deeds).toEqual(['etcd3', 'etcd2', 'etcd1'].map((service) => `unpause ${service}`))
})

it('what could not be put back stays in its journal, and is tried again', async () => {
  await leave('1.0.a', unpause('etcd1', 1), unpause('etcd2', 2))
  const world = paused()
  const { act } = world.containers
  Object.assign(world.containers, {
    act: async (...given: Parameters<typeof act>) =>
      given[1] === 'etcd1' ? Promise.reject(new Error('the engine is away')) : act(...given),
  })
  expect(await healAll(world)).toMatchObject({
    healed: [{ parts: ['etcd2'] }],
    stuck: [{ parts: ['etcd1'], error: 'the engine is away', byHand: 'docker unpause lab_etcd1_1' }],
  })
  Object.assign(world.containers, { act })
  expect(await healAll(world)).toMatchObject({ healed: [{ parts: ['etcd1'] }], stuck: [] })
  expect(await healAll(world)).toEqual({ healed: [], stuck: [] })
})

it('a journal cannot make healing touch what is no part of the lab', async () => {
  const foreign = { ...unpause('etcd1', 1), undo: { type: 'unpause', params: { service: 'somebody-elses' } } }
  await leave('1.0.a', foreign)
  const world = paused()
  expect((await healAll(world)).stuck).toMatchObject([{ error: expect.stringContaining('not in the lab') }])
  expect(world.deeds).toEqual([])
})

it('nothing is left of a lab that is whole', async () => {
  expect(await findLeftovers(definition, fakeWorld({ toolsImage: null }), signal)).toEqual([])
})

it('everything that is left is told, with the command by hand, and nothing is changed', async () => {
  await leave('1.0.a', unpause('etcd1', 1), '{"type":"undo","id":"half')
  await leave('1.0.b', { ...unpause('etcd2', 2), undo: { type: 'unthink', params: {} } })
  await writeFile(path.join(folder, '1.0.baseline.json'), '{')
  const world = fakeWorld({ toolsImage: null })
  world.facts.delete('etcd3')
  const left = await findLeftovers(definition, world, signal)
  expect(left.map(({ text }) => text)).toEqual([
    'left by a run that was killed: pause etcd1 (since 2026-01-01T00:00:01.000Z)',
    'left by a run that was killed: pause etcd2 (since 2026-01-01T00:00:02.000Z)',
    expect.stringMatching(/1\.0\.a\.ndjson: lines 2 cannot be read$/),
    'etcd3: its container has been removed',
    expect.stringContaining('etcd3'),
    expect.stringMatching(/1\.0\.baseline\.json cannot be read$/),
  ])
  expect(left.slice(0, 2).map(({ byHand }) => byHand)).toEqual(['docker unpause lab_etcd1_1', 'chaoslab heal'])
  expect(world.deeds.filter((deed) => !deed.startsWith('exec'))).toEqual([])
  expect(await readdir(folder)).toHaveLength(3)
})

it('clients of a site that go on are told of; those that were made and never began are taken away', async () => {
  const world = fakeWorld({ toolsImage: null })
  const command: string[] = []
  for (const [name, isRunning, mark] of [
    ['chaoslab-clients-run11', true, world.mark] as const,
    // In a lab of several systems, those of one of them.
    ['chaoslab-clients-run12', false, `${world.mark}-a`] as const,
    ['chaoslab-clients-run13', true, `${world.mark}0`] as const,
  ]) {
    const labels = { [CLIENTS_LABEL]: mark }
    world.sides.set(name, {
      id: name,
      name,
      labels,
      isRunning,
      signals: [],
      options: { image: '', name, labels, command },
    })
  }
  expect(await findLeftovers(definition, world, signal)).toEqual([
    {
      text: 'the container chaoslab-clients-run11 runs: clients of a run that goes on, or was killed',
      byHand: null,
      goesByItself: true,
    },
    { text: 'the container chaoslab-clients-run12 was never started', byHand: null, goesByItself: false },
  ])
  expect(await removeUnbegunClients(world, signal)).toEqual(['chaoslab-clients-run12'])
  expect([...world.sides.keys()]).toEqual(['chaoslab-clients-run11', 'chaoslab-clients-run13'])
})

it('an engine that does not answer is told of, not taken for a lab without leftovers', async () => {
  const world = fakeWorld({ toolsImage: null })
  const away = async () => Promise.reject(new Error('the engine is away'))
  Object.assign(world.containers, { facts: away })
  Object.assign(world.containers.sides, { list: away })
  const left = await findLeftovers(definition, world, signal)
  expect(left.length).toBeGreaterThan(0)
  expect(left.every(({ text, isUntold }) => text.includes('the engine is away') && isUntold)).toBe(true)
})
