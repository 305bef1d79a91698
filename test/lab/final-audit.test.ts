import { expect, it } from 'vitest'
import { createProbeBook } from '../../src/audit/probe-book.ts'
import { auditLab, leaderNow } from '../../src/lab/final-audit.ts'
import type { Lab } from '../../src/lab/lab.ts'
import type { EventBody } from '../../src/model/events.ts'
import { createLedger } from '../../src/model/ledger.ts'
import { initialState, type State } from '../../src/systems/state.ts'
import { events } from '../../src/workloads/events/events.ts'
import { entryOf } from '../audit/fixture.ts'
import { etcd, key, node, play, started } from '../model/events.ts'
import { status, statusFails, story, whole } from '../systems/pair/story.ts'
import { FakeClock } from '../traffic/fake-clock.ts'

const never = new AbortController().signal

function booksOf(runId: string, writes: number) {
  const ledger = createLedger()
  for (let seq = 1; seq <= writes; seq++) ledger.record(entryOf(seq, 'ok'))
  return { runId, ledger, probes: createProbeBook() }
}

/** Nobody leads, so that nothing can be read back of anything. */
function labWith(sites: readonly object[]) {
  const appended: EventBody[] = []
  const one = {
    ...booksOf('run1', 3),
    workload: events,
    definition: { place: { servers: [] }, postgres: {}, system: {} },
    live: { current: () => initialState },
    log: { append: (body: EventBody) => void appended.push(body) },
    sites: () => sites,
  }
  return { lab: { instances: [one], clock: new FakeClock() } as unknown as Lab, appended }
}

async function audited(lab: Lab) {
  let isDone = false
  const running = auditLab(lab, never).finally(() => {
    isDone = true
  })
  while (!isDone) await (lab.clock as FakeClock).advance(1_000)
  return running
}

it('what clients at a site wrote is audited by itself, and as far as they were heard', async () => {
  const { lab, appended } = labWith([
    { from: 'east', ...booksOf('run11', 5), isWhole: () => true },
    { from: 'west', ...booksOf('run12', 2), isWhole: () => false },
  ])
  const [found] = await audited(lab)
  expect(found?.audit).toMatchObject({ runId: 'run1', verdict: { verdict: 'unknown' } })
  expect(found?.sites).toMatchObject([
    { from: 'east', audit: { runId: 'run11', isLedgerComplete: true, verdict: { verdict: 'unknown' } } },
    { from: 'west', audit: { runId: 'run12', isLedgerComplete: false } },
  ])
  const text = 'all is read again: Nobody leads, so there is no leader to read from.'
  const note = { type: 'note', level: 'warn', source: 'audit', text }
  expect(appended).toEqual([note, note, note, found])
})

it('a run without such clients says nothing of them', async () => {
  const { lab } = labWith([])
  expect((await audited(lab))[0]).not.toHaveProperty('sites')
})

const lease: EventBody = {
  type: 'etcd.lease',
  via: 'etcd1',
  reading: { ok: true, value: { leaseId: '1', holder: 'patroni1', grantedTtlSeconds: 20, remainingSeconds: 19 } },
}

const leaseFails: EventBody = { type: 'etcd.lease', via: 'etcd1', reading: { ok: false, error: 'timeout' } }
const cluster = [started, node('patroni1', { role: 'primary' }), etcd('etcd1', {}), key('patroni1', 5), lease]
const ofCluster = (...more: EventBody[]): State => play([...cluster, ...more].map((body, at) => [at, body]))

it.each([
  ['etcd', 'patroni1', ofCluster(), ofCluster(leaseFails), ofCluster(leaseFails, lease)],
  [
    'the proxy of a pair',
    'my_primary',
    story(whole(100)),
    story(whole(100), statusFails(200)),
    story(whole(100), statusFails(200), status(300)),
  ],
])('who led when %s was last heard is not who leads now', async (_name, leader, heard, away, again) => {
  const clock = new FakeClock()
  expect(await leaderNow({ current: () => heard }, clock, never)).toBe(leader)

  const asked = leaderNow({ current: () => away }, clock, never)
  await clock.advance(20_000)
  expect(await asked).toBeUndefined()

  let now = away
  const waited = leaderNow({ current: () => now }, clock, never)
  now = again
  await clock.advance(200)
  expect(await waited).toBe(leader)
})
