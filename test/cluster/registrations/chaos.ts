import { expect } from 'vitest'
import { auditLab } from '../../../src/lab/final-audit.ts'
import { seededRng } from '../../../src/model/rng.ts'
import { splitMarks } from '../../../src/systems/registrations/faults/split-marks.ts'
import { isHealthy } from '../../../src/systems/state.ts'
import { act } from '../act.ts'
import type { NewLab } from '../new-lab.ts'

/** The master dies when one shard has committed its marks, and the other has not; then all is put back, and counted. */
export async function killBetweenTwoCommits({ lab, until }: NewLab): Promise<Readonly<Record<string, number>>> {
  const params = splitMarks.schema.parse({})
  const order = { kind: splitMarks, params, target: { type: 'name', name: 'shards' }, name: 'split' } as const
  await lab.faults?.inject(order, seededRng(''), AbortSignal.timeout(60_000))
  await act(lab, 'kill', 'master')
  await lab.faults?.heal('split')
  await act(lab, 'start', 'master')
  await until('all is whole again', isHealthy)
  lab.setTraffic({ isOn: false })
  const [audited] = await auditLab(lab, AbortSignal.timeout(60_000))
  expect(audited?.audit.findings?.counts).toMatchObject({ lost: 0, neverAttempted: 0, phantom: 0 })
  return audited?.audit.workload?.counts ?? {}
}
