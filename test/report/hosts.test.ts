import { expect, test } from 'vitest'
import type { EventBody, LabEvent } from '../../src/model/events.ts'
import { createHosts } from '../../src/report/hosts.ts'
import { summarise } from '../../src/report/summarise.ts'
import { type Summary, summarySchema } from '../../src/report/summary-schema.ts'
import { circumstances } from '../../src/report/words/circumstances.ts'
import { shape } from '../model/events.ts'
import { healthyRun } from './fixture.ts'

const STARTED = '2026-01-01T00:00:00.000Z'
const siteOf = { host1: 'east' }

/** A reading of a host whose clock is so far ahead, asked at `askedMs` and answered after `tookMs`. */
function reading(host: string, aheadMs: number, askedMs: number, tookMs: number, roundTripMs = 2): LabEvent {
  const body: EventBody = {
    type: 'host.clock',
    host,
    askedMs,
    answeredMs: askedMs + tookMs,
    unixMs: Date.parse(STARTED) + aheadMs + askedMs + tookMs / 2,
    roundTripMs,
  }
  return { seq: 9, atMs: askedMs + tookMs, ...body }
}

function hostsIn(...events: readonly LabEvent[]): NonNullable<Summary['hosts']> {
  const hosts = createHosts()
  const lab = { ...shape, siteOf }
  hosts.add({ seq: 1, atMs: 0, type: 'run.started', startedAt: STARTED, version: '', lab })
  for (const event of events) hosts.add(event)
  return hosts.hosts()
}

test('a clock is known to half of how long the answer took, and to the rounding of both clocks', () => {
  const [host] = hostsIn(reading('host1', 250, 1_000, 20))
  expect(host).toMatchObject({ name: 'host1', site: 'east', clock: { aheadMs: 250, errorMs: 11, isSteady: true } })
})

test('several readings together tell more than the best of them', () => {
  // The answer to the first came late on its way back, that to the second late on its way there.
  const [host] = hostsIn(reading('host1', 258, 1_000, 20), reading('host1', 242, 2_000, 20))
  expect(host?.clock).toEqual({ aheadMs: 250, errorMs: 3, isSteady: true })
})

test('a clock that was set meanwhile is known to no less than that', () => {
  const [host] = hostsIn(reading('host1', 0, 1_000, 4), reading('host1', 1_000, 2_000, 4))
  expect(host?.clock).toEqual({ aheadMs: 500, errorMs: 503, isSteady: false })
})

test('how far away a host is has a median and two ends, and hosts an order', () => {
  const trips = [3, 1, 50].map((ms, index) => reading('host2', 0, 1_000 * index, 4, ms))
  const hosts = hostsIn(...trips, reading('host1', 0, 1_000, 4))
  expect(hosts.map(({ name }) => name)).toEqual(['host1', 'host2'])
  expect(hosts[1]).toMatchObject({ site: null, readings: 3, roundTripMs: { least: 1, median: 3, most: 50 } })
})

test('the report says of each host how far away it is and what its clock is worth, and nothing where there is none', async () => {
  const run = { name: 'a run', ledger: null, audit: null }
  const alone = await summarise({ ...run, events: healthyRun() })
  expect(alone.summary).not.toHaveProperty('hosts')
  const events = [...healthyRun(), reading('host1', -250, 1_000, 20)]
  const { summary } = await summarise({ ...run, events })
  expect(circumstances(summarySchema.parse(summary))).toContainEqual([
    'host host1',
    'round trip 2.0 ms (2.0 to 2.0); its clock is 250 ms behind the lab’s, ± 11 ms',
  ])
})
