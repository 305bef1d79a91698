import { cp, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { createScenarioConsole } from '../../src/cli/scenario-console.ts'
import { readLabDefinition, workloadOf } from '../../src/lab/definition.ts'
import type { Lab } from '../../src/lab/lab.ts'
import { scenarioMenuOverlay } from '../../src/tui/overlays/scenario-menu.ts'
import { parts } from '../faults/fake-world.ts'
import { newFolder } from '../new-folder.ts'

let folder: string
beforeEach(async () => {
  folder = newFolder()
  await cp(path.resolve(import.meta.dirname, '../../hw3/lab.yaml'), path.join(folder, 'lab.yaml'))
  await writeFile(path.join(folder, 'app.password'), 'x')
  await mkdir(path.join(folder, 'scenarios'))
})
async function list(file: string, text: string, without: 'nothing' | 'second' = 'nothing') {
  await writeFile(path.join(folder, 'scenarios', file), text)
  const definition = await readLabDefinition(path.join(folder, 'lab.yaml'), {})
  const { system, place } = definition
  const workload = workloadOf(definition.instances[0])
  const missing = without === 'second' ? [] : place.missing(place.shape)
  const console = createScenarioConsole({
    lab: { definition, instances: [{ definition: definition.instances[0], workload }] } as unknown as Lab,
    labFile: path.join(folder, 'lab.yaml'),
    stage: {
      parts: parts.filter(({ name }) => name !== 'haproxy2'),
      roles: system.roles,
      missing,
      endpoints: 1,
      instances: [],
    },
    endpoints: 'first',
    pipeline: 1,
    signal: new AbortController().signal,
  })
  return console.list()
}

const TWO = 'name: two\ntraffic: { endpoints: all }\nsteps:\n  - { inject: kill, target: haproxy2 }\n'

test('a scenario that needs the second proxy has no mistakes: it says what it needs, and how to get it', async () => {
  const [entry] = await list('two.yaml', TWO)
  expect(entry).toMatchObject({ name: 'two', problem: null })
  expect(entry?.needs).toContain('chaoslab up --proxies 2')
  const shown = JSON.stringify(
    scenarioMenuOverlay({ type: 'scenarios', entries: [entry as never], chosen: null }, 120, 40),
  )
  expect(shown).toContain('needs more')
  expect(shown).toContain('chaoslab up --proxies 2')
  expect(shown).not.toContain('has mistakes')
})

test('a mistake is a mistake, with the second proxy or without', async () => {
  const [entry] = await list('two.yaml', TWO.replace('kill', 'explode'))
  expect(entry).toMatchObject({ needs: null, problem: expect.stringContaining('there is no such fault') })
})

test('in a lab that has no second proxy to bring up, asking for it is a mistake', async () => {
  const [entry] = await list('two.yaml', TWO, 'second')
  expect(entry).toMatchObject({ needs: null, problem: expect.stringContaining('one address for clients') })
})

test('a scenario whose clients know another number of proxies than this screen is right too', async () => {
  const [entry] = await list('one.yaml', 'name: one\nsteps:\n  - hold: 1s\n')
  expect(entry).toMatchObject({ name: 'one', problem: null, needs: null })
})

test('a scenario of another workload says how the screen is opened for it', async () => {
  const [entry] = await list('lists.yaml', 'name: lists\nworkload: list-append\nsteps:\n  - hold: 1s\n')
  expect(entry).toMatchObject({
    problem: null,
    needs: 'its clients do list-append: open the screen with --workload list-append',
  })
})
