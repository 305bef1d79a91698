import { afterEach, expect, test } from 'vitest'
import { composeProject } from '../../../src/cli/compose-project.ts'
import { composeDown, findCompose } from '../../../src/docker/compose.ts'
import { readLabDefinition } from '../../../src/lab/definition.ts'
import { auditLab } from '../../../src/lab/final-audit.ts'
import { seededRng } from '../../../src/model/rng.ts'
import { splitMarks } from '../../../src/systems/registrations/faults/split-marks.ts'
import { isHealthy } from '../../../src/systems/state.ts'
import { act } from '../act.ts'
import { type NewLab, newLab } from '../new-lab.ts'

const FDW = 'labs/registrations/lab-fdw.yaml'
const OUTBOX = 'labs/registrations/lab.yaml'
const RATES = { writesPerSecond: 20, readsPerSecond: 5 }

// The two have the same ports.
afterEach(async () => {
  const tool = await findCompose()
  if (tool === null) return
  for (const file of [FDW, OUTBOX]) {
    await composeDown(tool, composeProject(await readLabDefinition(file)), { hasVolumes: true })
  }
})

/** The master dies when one shard has committed its marks, and the other has not; then all is put back. */
async function killBetweenTwoCommits({ lab, until }: NewLab): Promise<Readonly<Record<string, number>>> {
  const params = splitMarks.schema.parse({})
  const order = { kind: splitMarks, params, target: { type: 'name', name: 'shards' }, name: 'split' } as const
  await lab.faults?.inject(order, seededRng(''), AbortSignal.timeout(30_000))
  await act(lab, 'kill', 'master')
  await lab.faults?.heal('split')
  await act(lab, 'start', 'master')
  await until('all is whole again', isHealthy)
  lab.setTraffic({ isOn: false })
  const [audited] = await auditLab(lab, AbortSignal.timeout(60_000))
  expect(audited?.audit.findings?.counts).toMatchObject({ lost: 0, neverAttempted: 0, phantom: 0 })
  return audited?.audit.workload?.counts ?? {}
}

test('by the seed’s way what one shard has marked is lost with the master, and twice at once doubles', async () => {
  await using t = await newLab(FDW, RATES)
  const counts = await killBetweenTwoCommits(t)
  expect(counts.synced_but_absent).toBeGreaterThan(0)
  expect(counts.duplicates_at_master).toBeGreaterThan(0)
})

test('by the right way nothing is missing and nothing doubled, also when a shard and an application die', async () => {
  await using t = await newLab(OUTBOX, RATES)
  for (const part of ['private', 'app']) {
    await act(t.lab, 'kill', part)
    await act(t.lab, 'start', part)
  }
  await t.until('all is whole again', isHealthy)
  const counts = await killBetweenTwoCommits(t)
  expect(new Set(Object.values(counts))).toEqual(new Set([0]))
})
