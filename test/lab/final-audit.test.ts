import { expect, it } from 'vitest'
import { createProbeBook } from '../../src/audit/probe-book.ts'
import { auditLab } from '../../src/lab/final-audit.ts'
import type { Lab } from '../../src/lab/lab.ts'
import type { EventBody } from '../../src/model/events.ts'
import { createLedger } from '../../src/model/ledger.ts'
import { initialState } from '../../src/systems/state.ts'
import { events } from '../../src/workloads/events/events.ts'
import { entryOf } from '../audit/fixture.ts'
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
    definition: { place: { servers: [] }, postgres: {} },
    live: { current: () => initialState },
    log: { append: (body: EventBody) => void appended.push(body) },
    sites: () => sites,
  }
  return { lab: { instances: [one], clock: new FakeClock() } as unknown as Lab, appended }
}

it('what clients at a site wrote is audited by itself, and as far as they were heard', async () => {
  const { lab, appended } = labWith([
    { from: 'east', ...booksOf('run11', 5), isWhole: () => true },
    { from: 'west', ...booksOf('run12', 2), isWhole: () => false },
  ])
  const [audited] = await auditLab(lab, never)
  expect(audited?.audit).toMatchObject({ runId: 'run1', verdict: { verdict: 'unknown' } })
  expect(audited?.sites).toMatchObject([
    { from: 'east', audit: { runId: 'run11', isLedgerComplete: true, verdict: { verdict: 'unknown' } } },
    { from: 'west', audit: { runId: 'run12', isLedgerComplete: false } },
  ])
  expect(appended).toEqual([audited])
})

it('a run without such clients says nothing of them', async () => {
  const { lab } = labWith([])
  expect((await auditLab(lab, never))[0]).not.toHaveProperty('sites')
})
