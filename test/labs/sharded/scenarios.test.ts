import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { stageWith } from '../../../src/cli/scenario-entries.ts'
import { readLabDefinition } from '../../../src/lab/definition.ts'
import { drawScenario } from '../../../src/scenario/random.ts'
import { parseScenario, readScenario } from '../../../src/scenario/read-scenario.ts'
import { draws } from '../../../src/systems/sharded/faults/draws.ts'

const lab = path.resolve(import.meta.dirname, '..', '..', '..', 'labs', 'sharded')
const files = readdirSync(path.join(lab, 'scenarios'))
const onClusters = files.filter((file) => file.startsWith('patroni-'))
const onServers = files.filter((file) => !file.startsWith('patroni-'))

async function stageOf(file: string) {
  const definition = await readLabDefinition(path.join(lab, file))
  return stageWith(definition, definition.place.shape)
}

describe.each(['lab.yaml', 'lab-no-recovery.yaml', 'lab-one-phase.yaml'])('%s', (file) => {
  it.each(onServers)('can play %s', async (scenario) => {
    const { steps } = await readScenario(path.join(lab, 'scenarios', scenario), await stageOf(file))
    expect(steps).not.toEqual([])
  })
})

it('what chance draws can be played, and each of its faults is drawn', async () => {
  const stage = await stageOf('lab.yaml')
  const texts = Array.from({ length: 30 }, (_, seed) => drawScenario({ seed: `${seed}`, forMs: 600_000, draws }))
  const steps = texts.flatMap((text) => parseScenario('drawn', text, stage).steps)
  const drawn = new Set(steps.flatMap((step) => (step.type === 'inject' ? [step.kind.type] : [])))
  expect([...drawn].sort()).toEqual([...new Set(draws.map(({ inject }) => inject))].sort())
})

it.each(onClusters)('the lab of two clusters can play %s', async (scenario) => {
  const { steps } = await readScenario(path.join(lab, 'scenarios', scenario), await stageOf('lab-patroni.yaml'))
  expect(steps).not.toEqual([])
})

it('the mapping of each lab names the databases that its definition names', async () => {
  const mapped = (file: string) => Object.keys(JSON.parse(readFileSync(path.join(lab, file), 'utf8')).databases)
  for (const [file, mapping] of [
    ['lab.yaml', 'mapping.json'],
    ['lab-patroni.yaml', 'mapping-patroni.json'],
  ] as const) {
    const named = [...readFileSync(path.join(lab, file), 'utf8').matchAll(/maps: (\w+)/g)].map(([, name]) => name)
    expect(named).toEqual(mapped(mapping))
  }
})
