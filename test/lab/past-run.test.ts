import { appendFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { createLedgerFile } from '../../src/audit/ledger-file.ts'
import { clockSince, readPastRun, replacedSince } from '../../src/lab/past-run.ts'
import { entryOf } from '../audit/fixture.ts'
import { newFolder } from '../new-folder.ts'
import { FakeClock } from '../traffic/fake-clock.ts'

let folder: string
beforeEach(() => {
  folder = newFolder()
})
const node = { isInRecovery: false, timeline: 7, lsn: 1, address: '10.0.0.1', systemId: '1' }
const events = [
  {
    seq: 1,
    atMs: 0,
    type: 'run.started',
    startedAt: '2026-01-01T00:00:00.000Z',
    version: '1',
    lab: { name: 'x', nodes: [], etcdMembers: [], listeners: null, containerOf: {} },
  },
  { seq: 2, atMs: 50, type: 'postgres.node', node: 'patroni1', reading: { ok: true, value: node } },
]
const file = () => path.join(folder, 'events.ndjson')

it('a run whose lab was killed is read up to where its events and its ledger were cut', async () => {
  await writeFile(file(), events.map((event) => `${JSON.stringify(event)}\n`).join(''))
  await appendFile(file(), '{"seq":3,"atMs":60,"ty')
  const ledger = createLedgerFile(folder, { runId: 'abc' }, () => {})
  for (const seq of [1, 2, 3]) ledger.append(entryOf(seq, 'ok'))
  await ledger.close()
  await appendFile(path.join(folder, 'ledger.bin'), 'x')
  const [past] = await readPastRun(folder, file())
  expect(past).toMatchObject({ runId: 'abc', isLedgerComplete: false, ledger: { size: 3 } })
  expect(past?.state.timelines).toEqual([{ timeline: 7, node: 'patroni1', atMs: 50 }])
  expect(past?.state.startedAt).toBe('2026-01-01T00:00:00.000Z')
})

it('the clients of sites are read too, with ledgers of their own', async () => {
  const site = { from: 'east', kind: 'write', intervalMs: 100 }
  const answers = [{ n: 1, sentMs: 70, answeredMs: 75, outcome: 'ok', server: 'patroni1' }]
  const more = [
    { seq: 3, atMs: 60, type: 'site.began', from: 'east', host: 'host1', runId: 'abc1', zeroUnixMs: 0 },
    { seq: 4, atMs: 90, type: 'site.probe', ...site, answers },
  ]
  await writeFile(file(), [...events, ...more].map((event) => `${JSON.stringify(event)}\n`).join(''))
  await createLedgerFile(folder, { runId: 'abc' }, () => {}).close()
  const ledger = createLedgerFile(path.join(folder, 'sites', 'east'), { runId: 'abc1' }, () => {})
  for (const seq of [1, 2]) ledger.append(entryOf(seq, 'ok'))
  await ledger.close()
  const [past] = await readPastRun(folder, file())
  expect(past?.sites).toMatchObject([{ from: 'east', runId: 'abc1', isLedgerComplete: true, ledger: { size: 2 } }])
  expect([past?.sites[0]?.probes.ledger.size, past?.probes.ledger.size]).toEqual([1, 0])
})

it('a recording that is damaged in the middle tells what came before', async () => {
  await writeFile(file(), `${JSON.stringify(events[0])}\nrubbish\n${JSON.stringify(events[1])}\n`)
  await createLedgerFile(folder, { runId: 'abc' }, () => {}).close()
  expect((await readPastRun(folder, file()))[0]?.state).toMatchObject({
    startedAt: '2026-01-01T00:00:00.000Z',
    timelines: [],
  })
})

it('the clock of an audit made later stands at the time since the run began', async () => {
  const clock = new FakeClock()
  await clock.advance(500)
  const later = clockSince('2026-01-01T00:00:00.000Z', clock, Date.parse('2026-01-01T01:00:00.000Z'))
  expect(later.nowMs()).toBe(3_600_000)
  await clock.advance(100)
  expect(later.nowMs()).toBe(3_600_100)
  expect(clockSince(null, clock, 0).nowMs()).toBe(0)
})

const why = { verdict: 'unknown', why: 'Nobody leads.', evidence: [] }
const audited = {
  runId: 'own',
  findings: null,
  leader: null,
  replicas: [],
  verdict: why,
  halves: { writes: why, replicas: why },
}

it.each([
  ['as the run began by its own word', { runId: 'own' }, []],
  ['as an audit of it tells', {}, [{ seq: 3, atMs: 60, type: 'audited', audit: audited }]],
])('a ledger of another run is none of this one, %s', async (_name, begun, more) => {
  const [first, ...others] = events
  const all = [{ ...first, ...begun }, ...others, ...more]
  await writeFile(file(), all.map((event) => `${JSON.stringify(event)}\n`).join(''))
  await createLedgerFile(folder, { runId: 'other' }, () => {}).close()
  await expect(readPastRun(folder, file())).rejects.toThrow('is the ledger of another run')
})

it('the ledger of clients at another site is none of these', async () => {
  const began = { seq: 3, atMs: 60, type: 'site.began', from: 'east', host: 'host1', runId: 'abc1', zeroUnixMs: 0 }
  await writeFile(file(), [...events, began].map((event) => `${JSON.stringify(event)}\n`).join(''))
  await createLedgerFile(folder, { runId: 'abc' }, () => {}).close()
  await createLedgerFile(path.join(folder, 'sites', 'east'), { runId: 'abc2' }, () => {}).close()
  await expect(readPastRun(folder, file())).rejects.toThrow('is the ledger of another run')
})

it('a server that was made anew since the run is told by its system identifier', () => {
  const withId = (systemId: string) => ({
    nodes: {
      p1: {
        postgres: { value: { ...node, systemId }, seenAtMs: 1, checkedAtMs: 1, unreachableSinceMs: null, error: null },
      },
    },
  })
  expect(replacedSince(withId('1'), withId('1'))).toBeNull()
  expect(replacedSince(withId('1'), withId('2'))).toBe('p1')
  expect(replacedSince(withId('1'), withId(''))).toBeNull()
  expect(replacedSince(withId('1'), { nodes: {} })).toBeNull()
})
