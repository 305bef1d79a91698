import { readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../labs/registrations/app/config.ts'
import { stageWith } from '../../../src/cli/scenario-entries.ts'
import { readLabDefinition } from '../../../src/lab/definition.ts'
import { readScenario } from '../../../src/scenario/read-scenario.ts'

const lab = path.resolve(import.meta.dirname, '..', '..', '..', 'labs', 'registrations')
const files = readdirSync(path.join(lab, 'scenarios'))
const onClusters = files.filter((file) => file.startsWith('patroni-'))
const onServers = files.filter((file) => !file.startsWith('patroni-'))

describe.each([
  ['lab.yaml', onServers],
  ['lab-fdw.yaml', onServers],
  ['lab-patroni.yaml', onClusters],
] as const)('%s', (file, scenarios) => {
  it.each(scenarios)('can play %s', async (scenario) => {
    const definition = await readLabDefinition(path.join(lab, file))
    const stage = stageWith(definition, definition.place.shape)
    const { steps } = await readScenario(path.join(lab, 'scenarios', scenario), stage)
    expect(steps.length).toBeGreaterThan(0)
  })
})

it.each(['app.yaml', 'app-third-shard.yaml', 'app-patroni.yaml', 'servers.yaml'])('%s is read', (file) => {
  expect(readConfig(path.join(lab, file), {}).shards.length).toBeGreaterThan(1)
})
