import { expect, test } from 'vitest'
import type { LabEvent, OperationKind } from '../../src/model/events.ts'
import { serviceParts } from '../../src/report/sections/clients.ts'
import { createSites } from '../../src/report/sites.ts'
import { summarise } from '../../src/report/summarise.ts'
import { summarySchema } from '../../src/report/summary-schema.ts'
import { tellSite } from '../../src/report/words/service.ts'
import { healthyRun } from './fixture.ts'

/** What the clients of a site were answered every 100 ms of so many seconds, none of it while they are cut off. */
function asked(from: string, kind: OperationKind, seconds: number, isCut: (atMs: number) => boolean): LabEvent[] {
  return Array.from({ length: 10 * seconds }, (_, index) => {
    const atMs = 100 * (index + 1)
    const times = { sentMs: atMs - 5, answeredMs: atMs }
    const answer = isCut(atMs) ? { outcome: 'failed' as const, code: 'ECONNREFUSED' } : { outcome: 'ok' as const }
    const answers = [{ ...times, ...answer }]
    return { seq: index, atMs, type: 'site.probe', from, kind, intervalMs: 100, answers }
  })
}

function sitesIn(events: readonly LabEvent[]) {
  const sites = createSites()
  for (const event of events) sites.add(event, [])
  return sites.sites([])
}

test('a cut is an outage for the clients of one site and none for those of the other', () => {
  const [east, west] = sitesIn([
    ...asked('east', 'write', 10, () => false),
    ...asked('west', 'write', 10, (atMs) => atMs > 2_000 && atMs <= 5_000),
  ])
  expect(east).toMatchObject({ name: 'east', write: { asked: 100, acknowledged: 100, outages: [] } })
  expect(west?.write.outages).toEqual([{ fromMs: 2_000, toMs: 5_100, ms: 3_100 }])
  expect([tellSite(east?.write ?? never), tellSite(west?.write ?? never)]).toEqual(['none', '3.10\u00a0s'])
})

test('one that was not over is as long as it was asked for, and is said not to be over', () => {
  const [west] = sitesIn(asked('west', 'write', 10, (atMs) => atMs > 8_000))
  expect(west?.write.outages).toEqual([{ fromMs: 8_000, toMs: null, ms: 2_000 }])
  expect(tellSite(west?.write ?? never)).toBe('2.00\u00a0s, not over at the end')
})

test('a site that was never answered, or never asked, is not said to have had no outage', () => {
  const [west] = sitesIn(asked('west', 'write', 3, () => true))
  expect(tellSite(west?.write ?? never)).toBe('never answered')
  expect(tellSite(west?.read ?? never)).toBe('not asked')
})

test('the report has a table of sites where they were asked, and the outages of all clients are what they were', async () => {
  const run = { name: 'a run', ledger: null, audit: null }
  const without = await summarise({ ...run, events: healthyRun() })
  const cut = asked('west', 'write', 5, (atMs) => atMs > 2_000)
  const events = [...healthyRun(), ...cut].sort((a, b) => a.atMs - b.atMs)
  const { summary } = await summarise({ ...run, events })
  expect(without.summary).not.toHaveProperty('sites')
  expect(summary.outages).toEqual(without.summary.outages)
  const tables = serviceParts(summarySchema.parse(summary)).filter((part) => part.type === 'table')
  expect(tables.map(({ columns }) => columns[0]?.name)).toEqual(['what clients saw', 'clients of'])
})

const never = { asked: 0, acknowledged: 0, outages: [] }
