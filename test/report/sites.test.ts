import { expect, test } from 'vitest'
import type { LabEvent, OperationKind } from '../../src/model/events.ts'
import { findFigure } from '../../src/report/figures.ts'
import { serviceParts } from '../../src/report/sections/clients.ts'
import { timelineParts } from '../../src/report/sections/timeline.ts'
import { createSites } from '../../src/report/sites.ts'
import { summarise } from '../../src/report/summarise.ts'
import { summarySchema } from '../../src/report/summary-schema.ts'
import { headline, keyFigures } from '../../src/report/words/headline.ts'
import { serviceSentences, tellSite } from '../../src/report/words/service.ts'
import { tellVerdict } from '../../src/report/words/verdict.ts'
import { events, started } from '../model/events.ts'
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

/** A run in which the clients of two shares are asked for in turn every 100 ms, those that are out in vain. */
async function sharedRun(
  seconds: number,
  isOut: (share: string, atMs: number) => boolean,
  ofSites: readonly LabEvent[] = [],
) {
  const shares = ['public', 'private']
  const probes = Array.from({ length: 10 * seconds }, (_, index) => {
    const atMs = 100 * (index + 1)
    const share = shares[index % 2] as string
    const times = { share, sentMs: atMs - 5, answeredMs: atMs }
    const answer = isOut(share, atMs) ? { outcome: 'failed' as const, code: '503' } : { outcome: 'ok' as const }
    const answers = [{ ...times, ...answer }]
    return [atMs, { type: 'probe', kind: 'write', intervalMs: 100, shares, answers }] as const
  })
  const told = events([[0, started], ...probes, [1_000 * seconds + 50, { type: 'run.ended', reason: 'done' }]])
  const { summary } = await reported([...told, ...ofSites].toSorted((a, b) => a.atMs - b.atMs))
  return summarySchema.parse(summary)
}

function reported(events: Iterable<LabEvent>) {
  return summarise({ name: 'a run', events, ledger: null, audit: null })
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

test('with one share out for twenty seconds, its clients are told to have been out, and no others', async () => {
  const summary = await sharedRun(40, (share, atMs) => share === 'public' && atMs > 10_000 && atMs <= 30_000)
  expect(summary.outages).toEqual([])
  expect(summary.service.write).toMatchObject({ gap: { ms: 200 }, availability: 0.75, outages: { count: 0 } })
  expect(summary.service.write.degraded).toMatchObject({ count: 1, spans: [{ missed: 100, asked: 199 }] })
  expect(summary.shares?.map(({ name, write }) => [name, write.outages])).toEqual([
    ['public', [{ fromMs: 9_900, toMs: 30_100, ms: 20_200 }]],
    ['private', []],
  ])
  expect(headline(summary)).toContain('Clients of public could not write for 20.2\u00a0s.')
  expect(headline(summary)).not.toContain('Clients could not write')
  expect(keyFigures(summary)[0]).toMatchObject({ value: '20.2\u00a0s', note: 'of public alone', tone: 'warn' })
  expect(serviceSentences(summary)).toContain(
    'From 00:09.9 to 00:30.1 (20.2\u00a0s) no write of the clients of public was acknowledged.',
  )
  expect(serviceParts(summary).flatMap((part) => (part.type === 'table' ? [part.rows.length] : []))).toEqual([6, 2])
})

test('with all shares out together it is everybody who was out, and none of them apart', async () => {
  const summary = await sharedRun(30, (_, atMs) => atMs > 10_000 && atMs <= 15_000)
  expect(summary.outages).toMatchObject([{ kind: 'write', fromMs: 10_000, toMs: 15_100 }])
  expect(headline(summary)).toContain('Clients could not write for 5.10\u00a0s.')
  expect(headline(summary)).not.toContain('Clients of')
})

test('with one share out for longer than everybody was, both are told', async () => {
  const isOut = (share: string, atMs: number) => atMs > 10_000 && atMs <= (share === 'public' ? 20_000 : 12_000)
  const summary = await sharedRun(30, isOut)
  expect(headline(summary)).toContain(
    'Clients of public could not write for 10.2\u00a0s. All clients at once could not write for 2.20\u00a0s.',
  )
  const note = 'of public alone; all clients at once: 2.20\u00a0s'
  expect(keyFigures(summary)[0]).toMatchObject({ value: '10.2\u00a0s', note, tone: 'warn' })
})

test('with one site out for longer than the others, its clients are told of first, wherever the run is told of', async () => {
  const cut = asked('west', 'write', 60, (atMs) => atMs > 10_000 && atMs <= 54_000)
  const isOut = (_: string, atMs: number) => atMs > 5_000 && atMs <= 6_000
  const summary = await sharedRun(60, isOut, [...asked('east', 'write', 60, () => false), ...cut])
  const west = 'Clients of west could not write for 44.1\u00a0s.'
  expect(headline(summary)).toContain(`${west} Other clients could not write for 1.10\u00a0s.`)
  const note = 'of west alone; other clients: 1.10\u00a0s'
  expect(keyFigures(summary)[0]).toMatchObject({ value: '44.1\u00a0s', note })
  expect(tellVerdict(summary).join(' ')).toContain(west)
  expect(findFigure('partial_write_outage')?.read(summary)).toBe(44_100)
  expect(timelineParts({ summary, series: (await reported(healthyRun())).series, instances: {} })[0]).toMatchObject({
    reading: expect.stringContaining(west),
  })
})

test('with a site still out at the end, that is told even where all together were out for longer', async () => {
  const cut = asked('west', 'write', 30, (atMs) => atMs > 27_000)
  const summary = await sharedRun(30, (_, atMs) => atMs > 5_000 && atMs <= 15_000, cut)
  expect(headline(summary)).toContain(
    'Clients of west could not write for 3.00\u00a0s, and not at the end. Other clients',
  )
  expect(keyFigures(summary)[0]).toMatchObject({ note: expect.stringContaining('not over at the end'), tone: 'bad' })
})

const never = { asked: 0, acknowledged: 0, outages: [] }
