import { describe, expect, it } from 'vitest'
import { findFigure } from '../../src/report/figures.ts'
import { summarise } from '../../src/report/summarise.ts'
import { type Summary, summarySchema } from '../../src/report/summary-schema.ts'
import { headline, keyFigures } from '../../src/report/words/headline.ts'
import { eventsOf, twice } from '../model/anatomy-events.ts'
import { markdownOf, reportWith } from './printed.ts'

const summaryOf = async (to: 'patroni1' | 'patroni3'): Promise<Summary> => {
  const { summary } = await summarise({ name: 'twice', events: eventsOf(...twice({ to })), ledger: null, audit: null })
  return summarySchema.parse(summary)
}
const cases = ['patroni1', 'patroni3'] as const

describe('two failovers within one outage, in the report', () => {
  it.each(cases)('are told of once, with all their steps in one table (to %s)', async (to) => {
    const titles = markdownOf(await reportWith(await summaryOf(to))).match(/^### Failover.*$/gm)
    expect(titles).toEqual([`### Failover patroni1 → patroni2 → ${to}, at 00:02.0`])
  })

  it.each(cases)('are all in the headline (to %s)', async (to) => {
    expect(headline(await summaryOf(to))).toContain(`while patroni2 and then ${to} took over from patroni1`)
  })

  it.each(cases)('share the phases of their outage between them, each its own pass (to %s)', async (to) => {
    const { failovers, outages } = await summaryOf(to)
    expect(failovers.map(({ pass, outage }) => [pass, outage])).toEqual([
      [1, 0],
      [2, 0],
    ])
    const keys = failovers.flatMap(({ phases }) =>
      phases.map(({ stage, awaited, pass }) => `${stage} ${awaited} ${pass}`),
    )
    expect(keys.toSorted()).toEqual(outages[0]?.phases.map((p) => `${p.stage} ${p.awaited} ${p.pass}`).toSorted())
    expect(failovers[1]?.phases.find(({ awaited }) => awaited === 'key-gone')).toMatchObject({ isInside: true })
  })

  it.each(cases)('have phases that sum to the outage exactly (to %s)', async (to) => {
    const [outage] = (await summaryOf(to)).outages
    const during = outage?.phases.filter(({ stage }) => stage === 'during') ?? []
    expect(during.reduce((sum, { durationMs }) => sum + (durationMs ?? Number.NaN), 0)).toBe(outage?.durationMs)
  })

  it.each(cases)('have redundancy back once the old leaders stream, whoever leads in the end (to %s)', async (to) => {
    const summary = await summaryOf(to)
    expect(summary.failovers.map(({ redundancyRestoredMs }) => redundancyRestoredMs)).toEqual([55_000, 55_000])
    expect(keyFigures(summary).find(({ label }) => label === 'Redundancy restored')?.value).not.toBe('not seen')
  })

  it('are judged by the slowest of their passes', async () => {
    expect(findFigure('time_to_key_taken')?.read(await summaryOf('patroni3'))).toBe(2_100)
    expect(findFigure('time_to_key_gone')?.read(await summaryOf('patroni3'))).toBe(20_000)
  })
})
