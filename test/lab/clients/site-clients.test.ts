import { afterEach, beforeEach, expect, it } from 'vitest'
import { type SiteOptions, startSiteClients } from '../../../src/lab/clients/site-clients.ts'
import { systemClock } from '../../../src/log/clock.ts'
import type { EventBody } from '../../../src/model/events.ts'
import { defaultSettings } from '../../../src/traffic/generator.ts'
import { FakeClock } from '../../traffic/fake-clock.ts'
import { FakePostgres } from '../../traffic/fake-postgres.ts'
import { until } from '../../traffic/until.ts'
import { fakeHost } from './fake-host.ts'

let server: FakePostgres
let events: EventBody[]

beforeEach(async () => {
  server = await FakePostgres.listen()
  server.serverAddress = '10.0.0.21'
  events = []
})
afterEach(() => server.close())

const never = new AbortController().signal

function optionsOf(change: Partial<SiteOptions>): SiteOptions {
  return {
    from: 'east',
    runId: 'run11',
    place: 'event_name',
    hosts: [],
    workload: 'events',
    write: [server.address],
    read: [server.address],
    credentials: { database: 'app', user: 'app', password: 'secret' },
    pipeline: 1,
    probeEveryMs: 100,
    log: {
      append(body) {
        events.push(body)
        return { seq: events.length, atMs: 0, ...body }
      },
    },
    clock: systemClock(),
    nameOf: (address) => (address === '10.0.0.21' ? 'patroni1' : address),
    mark: 'lab-1234',
    hearEveryMs: 100,
    folder: null,
    ...change,
  }
}

const ended = () => events.find((event) => event.type === 'site.ended')

it('clients write and ask on a host, and all that became of it is told by the lab’s clock and names', async () => {
  // An hour ahead: what is not moved would lie far beyond the run.
  const clock = systemClock()
  const host = fakeHost({ aheadMs: 3_600_000, clock })
  const clients = await startSiteClients(optionsOf({ clock, hosts: [{ name: 'host1', containers: host }] }), never)
  expect(server.asked).toEqual([])
  clients.set({ ...defaultSettings, writesPerSecond: 50, readsPerSecond: 20 })
  await until(() => clients.ledger.answered > 20 && clients.probes.ledger.answered > 2)
  await clients.end()
  expect(clients.isWhole()).toBe(true)
  expect(ended()).toMatchObject({ from: 'east', why: null, writes: { attempted: clients.ledger.size, unanswered: 0 } })
  const nowMs = clock.nowMs()
  for (const write of clients.ledger.entries()) {
    expect(write.dueMs).toBeGreaterThanOrEqual(0)
    expect(write.answeredMs).toBeLessThanOrEqual(nowMs)
  }
  const first = [...clients.ledger.entries()].find(({ outcome }) => outcome === 'ok')
  expect(first?.node).toBe('patroni1')
  expect(server.asked.some(({ values }) => values[0] === 'run11:1')).toBe(true)
  expect(events[0]).toMatchObject({ type: 'site.began', from: 'east', host: 'host1', runId: 'run11' })
  const probes = events.filter((event) => event.type === 'site.probe')
  expect(new Set(probes.map(({ kind }) => kind))).toEqual(new Set(['write', 'read']))
  expect(probes.every(({ untilMs = Number.NaN }) => untilMs >= 0 && untilMs <= nowMs)).toBe(true)
  expect(host.removed).toEqual(['clients'])
})

it('an engine that hangs for a while loses nothing of what they tell', async () => {
  const host = fakeHost()
  const clients = await startSiteClients(optionsOf({ hosts: [{ name: 'host1', containers: host }] }), never)
  clients.set({ ...defaultSettings, writesPerSecond: 50, readsPerSecond: 0 })
  await until(() => clients.ledger.answered > 0)
  host.hangs = true
  const known = clients.ledger.answered
  await until(() => host.told.split('"writes"').length > 10)
  expect(clients.ledger.answered).toBe(known)
  host.hangs = false
  await clients.end()
  expect(clients.isWhole()).toBe(true)
})

it('thousands of writes that end together are told in lines that can be heard', async () => {
  const host = fakeHost()
  server.react = ({ text }) => (text.startsWith('INSERT') ? { type: 'hang' } : { type: 'ok' })
  const clients = await startSiteClients(optionsOf({ hosts: [{ name: 'host1', containers: host }] }), never)
  clients.set({ ...defaultSettings, writesPerSecond: 3_000, readsPerSecond: 0 })
  await until(() => clients.ledger.answered > 1_500)
  await clients.end()
  expect(clients.isWhole()).toBe(true)
  expect(Math.max(...host.told.split('\n').map((line) => line.length))).toBeLessThan(15_000)
})

it('whoever is not heard to the end is told of, and what they wrote is not taken for all of it', async () => {
  const host = fakeHost()
  const clients = await startSiteClients(optionsOf({ hosts: [{ name: 'host1', containers: host }] }), never)
  clients.set({ ...defaultSettings, writesPerSecond: 50, readsPerSecond: 0 })
  await until(() => clients.ledger.answered > 0)
  host.isGone = true
  await clients.end()
  expect(clients.isWhole()).toBe(false)
  expect(ended()).toMatchObject({ why: 'their container on host1 is gone' })
})

it('a host that answers nothing any more is given up after two minutes', async () => {
  const clock = new FakeClock()
  const host = fakeHost({ clock })
  const clients = await startSiteClients(optionsOf({ clock, hosts: [{ name: 'host1', containers: host }] }), never)
  host.hangs = true
  await clock.advance(130_000)
  await clients.end()
  expect(ended()).toMatchObject({ why: 'nothing was heard of them on host1 for two minutes' })
})

it('without a word of the lab they end by themselves, which is not the end that was asked for', async () => {
  const clock = new FakeClock()
  const host = fakeHost({ clock })
  const clients = await startSiteClients(optionsOf({ clock, hosts: [{ name: 'host1', containers: host }] }), never)
  await clock.advance(1_000)
  host.told += `${JSON.stringify({ type: 'ended', writes: 0 })}\n`
  await clock.advance(2_000)
  await clients.end()
  expect(ended()).toMatchObject({ why: expect.stringContaining('by themselves') })
})

it('the first host of the site that answers has them, and where none does nobody pretends', async () => {
  const [away, there] = [fakeHost(), fakeHost()]
  away.hangs = true
  const both = [
    { name: 'host1', containers: away },
    { name: 'host2', containers: there },
  ]
  const clients = await startSiteClients(optionsOf({ hosts: both }), never)
  expect([away.started.length, there.started.length]).toEqual([0, 1])
  await clients.end()
  there.hangs = true
  await expect(startSiteClients(optionsOf({ hosts: both }), never)).rejects.toThrow(
    'no host of east can run its clients (host1: the engine did not answer within 10 s; host2: the engine',
  )
})
