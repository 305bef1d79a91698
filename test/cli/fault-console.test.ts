import { spawn } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createFaultConsole } from '../../src/cli/fault-console.ts'
import { readLabDefinition } from '../../src/lab/definition.ts'
import { journalFolder } from '../../src/lab/journal-folder.ts'
import type { Lab } from '../../src/lab/lab.ts'
import { fakeWorld } from '../faults/fake-world.ts'
import { newFolder } from '../new-folder.ts'
import { fakeLab } from '../scenario/fake-lab.ts'

const container = { id: '1', name: 'lab_x_1', health: null, exitCode: 137, startedAt: null }

test('what another process holds is offered, not called nothing, and healing it leaves word of who did', async () => {
  const { console, world, folder } = await opened()
  const other = spawn('sleep', ['60'])
  onTestFinished(() => void other.kill('SIGKILL'))
  const stat = await readFile(`/proc/${other.pid}/stat`, 'utf8')
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  const file = path.join(folder, `${other.pid}.${started}.x.ndjson`)
  const undo = { type: 'unpause', params: { service: 'patroni3' } }
  const about = { id: '1', faultId: 'a', fault: 'pause', parts: ['patroni3'], text: 'pause patroni3' }
  const entry = { type: 'undo', ...about, at: '2026-01-01T00:00:00.000Z', undo }
  await writeFile(file, `${JSON.stringify(entry)}\n`)
  await world.containers.act('pause', 'patroni3')

  expect(await console.healAll()).toEqual({
    isGood: false,
    text: `nothing of this run is in force; process ${other.pid} has in force: pause patroni3`,
    others: [{ pid: other.pid, texts: ['pause patroni3'] }],
  })
  expect(world.facts.get('patroni3')?.state).toBe('paused')
  expect(await console.healOthers()).toEqual({ isGood: true, text: '1 healed that other processes had in force' })
  expect(world.facts.get('patroni3')?.state).toBe('running')
  expect(await readFile(file, 'utf8')).toContain(`"by":{"pid":${process.pid},"command":"chaoslab`)
  expect(await console.healAll()).toEqual({ isGood: true, text: 'there is nothing left to heal', others: [] })
})

test('with containers that do not run, nothing to heal is no good news', async () => {
  const { console, lab } = await opened()
  const down = ['pg-one', 'etcd2']
  for (const service of down) {
    lab.happen({ type: 'docker.container', service, container: { ...container, state: 'exited' } })
  }
  expect(await console.healAll()).toMatchObject({
    isGood: false,
    text: expect.stringMatching(/^no fault of the lab is in force, but patroni1, etcd2 do not run: t starts/),
  })
})

test('what Docker does by one command is told as that, and all else as the command of the lab', async () => {
  const { console } = await opened()
  const command = (kind: string, target: string, ...settings: string[]) => console.command({ kind, target, settings })
  expect(command('stop', 'etcd1')).toBe('docker stop lab_etcd1_1')
  expect(command('kill', 'etcd', 'signal=TERM')).toBe(
    [1, 2, 3].map((number) => `docker kill -s TERM lab_etcd${number}_1`).join(' && '),
  )
  expect(command('isolate', 'etcd1')).toBe('chaoslab inject isolate etcd1')
  expect(command('stop', 'nobody')).toBe('chaoslab inject stop nobody')
})

test('starting a container tells how it went', async () => {
  const { console, lab } = await opened()
  const start = vi.fn<NonNullable<Lab['faults']>['start']>()
  Object.assign(lab.faults ?? {}, { start })
  start.mockResolvedValueOnce(true)
  expect(await console.start('patroni1')).toMatchObject({
    isGood: true,
    text: expect.stringMatching(/^patroni1 runs again/),
  })
  start.mockResolvedValueOnce(false)
  expect(await console.start('patroni1')).toEqual({ isGood: false, text: 'the container of patroni1 runs already' })
  start.mockRejectedValueOnce(new Error('the engine is away'))
  expect(await console.start('patroni1')).toEqual({
    isGood: false,
    text: 'patroni1 could not be started: the engine is away',
  })
  expect(await console.start('nobody')).toMatchObject({ isGood: false })
})

async function opened() {
  const state = newFolder()
  vi.stubEnv('CHAOSLAB_STATE', state)
  onTestFinished(async () => {
    vi.unstubAllEnvs()
  })
  const definition = await readLabDefinition('hw3/lab.yaml')
  const folder = journalFolder(definition)
  await mkdir(folder, { recursive: true })
  const world = fakeWorld()
  const lab = fakeLab()
  Object.assign(lab, { definition, world, closing: new AbortController().signal })
  const given: Lab = lab
  const signal = new AbortController().signal
  const console = createFaultConsole({ lab: given, labFile: 'hw3/lab.yaml', signal, endScenario: async () => {} })
  if (console === undefined) throw new Error('there is a console')
  return { console, world, lab, folder }
}
