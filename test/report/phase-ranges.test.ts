import { describe, expect, it } from 'vitest'
import { phaseRanges } from '../../src/report/phase-ranges.ts'
import type { Summary } from '../../src/report/summary-schema.ts'
import { judge } from '../../src/scenario/judge.ts'
import { toSuite } from '../../src/scenario/to-suite.ts'
import { killed, scenario, summary, trial } from '../scenario/fixture.ts'
import { markdownOf, reportWith } from './printed.ts'

/** The failover of the fixture, its step until the key is gone as long as is said. */
function failovers(...lengths: readonly (number | null)[]): Summary['failovers'] {
  return lengths.flatMap((durationMs) =>
    killed.failovers.map((failover) => ({
      ...failover,
      phases: failover.phases.map((each) => (each.awaited === 'key-gone' ? { ...each, durationMs } : each)),
    })),
  )
}

describe('the range of a step', () => {
  it('is that of all failovers of the run, and tells how many were not over', () => {
    const [first] = phaseRanges(failovers(19_000, 20_500, null, 18_000)).filter(({ awaited }) => awaited === 'key-gone')
    expect(first).toMatchObject({ count: 4, notOver: 1, minMs: 18_000, medianMs: 19_000, maxMs: 20_500 })
  })

  it('is told in the report when there is more than one', async () => {
    const two = failovers(18_000, 20_000)
    const text = markdownOf(await reportWith({ ...killed, failovers: two, phaseRanges: phaseRanges(two) }))
    expect(text).toMatch(/key-gone \| 18\.0.s \| 18\.0.s \| 20\.0.s \| 2 \|/)
    expect(markdownOf(await reportWith(killed))).not.toContain('Steps of all failovers')
  })

  it('goes over all repeats in the suite', () => {
    const runs = [18_000, 20_000].map((ms) => trial({ summary: summary({ more: { failovers: failovers(ms) } }) }))
    const result = judge({ ...scenario(), repeat: 2 }, { source: 'a.yaml', seed: '1', trials: runs })
    const about = { lab: 'lab', labFile: null, version: '1', startedAt: '', durationMs: 1, folder: '/s' }
    const { scenarios } = toSuite([result], about)
    expect(scenarios[0]?.phaseRanges?.find(({ awaited }) => awaited === 'key-gone')).toMatchObject({
      count: 2,
      minMs: 18_000,
      maxMs: 20_000,
    })
  })
})
