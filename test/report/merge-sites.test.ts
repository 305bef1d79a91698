import { expect, test } from 'vitest'
import type { Audit, AuditCounts } from '../../src/model/audit.ts'
import type { EventBody, LabEvent, LabShape } from '../../src/model/events.ts'
import { valueIn } from '../../src/report/judge-run.ts'
import { serviceParts } from '../../src/report/sections/clients.ts'
import { summarise } from '../../src/report/summarise.ts'
import { type Summary, summarySchema } from '../../src/report/summary-schema.ts'
import { serviceSentences, tellSiteClock } from '../../src/report/words/service.ts'
import { acks, happened, shapeOfTwo, type Timed } from '../model/events.ts'
import { auditOf, cleanAudit, cleanCounts, healthyRun, lossyAutopsy, none, wholeLedger } from './fixture.ts'

const noAutopsy = { failovers: [], unexplained: { seqs: none, reasons: [] }, sentences: [] }
const own: AuditCounts = {
  ...cleanCounts,
  ...{ attempted: 100, acknowledged: 90, failed: 10, unknown: 0, dropped: 0 },
  ...{ acknowledgedPresent: 90, recovered: 0, unknownAbsent: 0, failedAbsent: 10, droppedAbsent: 0 },
}
const allThere = auditOf(own, { verdict: 'pass', why: 'All 90 are there.', evidence: [] })
const lossy = auditOf(
  { ...own, acknowledgedPresent: 83, lost: 7 },
  { verdict: 'fail', why: '7 acknowledged writes are lost.', evidence: [] },
)

interface Had {
  readonly audit?: Audit | null
  readonly why?: string | null
  readonly isEnded?: boolean
  /** What the clock of host1 was taken to be ahead of the lab's, and what readings of the run say. */
  readonly aheadMs?: number
  readonly readings?: readonly number[]
  /** When its clients could not write. */
  readonly out?: readonly [fromMs: number, toMs: number]
  /** When every other write of theirs failed. */
  readonly half?: readonly [fromMs: number, toMs: number]
  readonly more?: readonly Timed[]
  readonly lab?: Partial<LabShape>
}

/** A healthy run with clients in the east as well. */
async function runWith({
  audit = allThere,
  why = null,
  isEnded = true,
  aheadMs = 0,
  readings = [],
  out,
  half,
  more: others = [],
  lab,
}: Had) {
  const [begun, ...afterwards] = healthyRun()
  if (begun?.type !== 'run.started') throw new Error('a run begins with its beginning')
  const healthy: LabEvent[] = [{ ...begun, lab: { ...begun.lab, ...lab } }, ...afterwards]
  const runUnixMs = Date.parse(begun.startedAt) - begun.atMs
  const { lost: _, ...counts } = own
  const { attempted, acknowledged, unguarded, failed, unknown, dropped, unanswered } = counts
  const writes = { attempted, acknowledged, unguarded, failed, unknown, dropped, unanswered }
  const failing = acks(20, 10_000).map((answer, index) => {
    const isIn = half !== undefined && answer.sentMs >= half[0] && answer.sentMs <= half[1]
    return isIn && index % 2 === 0 ? { ...answer, outcome: 'failed' as const, code: '53300' } : answer
  })
  const answers = out === undefined ? failing : [...acks(20, out[0]), ...acks(out[1], 10_000)]
  const more: Timed[] = [
    ...others,
    ...(out === undefined && half === undefined
      ? []
      : [[10_250, { type: 'site.probe', from: 'east', kind: 'write', intervalMs: 20, answers }] as const]),
    [5, { type: 'site.began', from: 'east', host: 'host1', runId: 'abc2341', zeroUnixMs: runUnixMs + aheadMs }],
    ...readings.map((ms, index): readonly [number, EventBody] => {
      const askedMs = 1_000 * (index + 1)
      const answeredMs = askedMs + 10
      const unixMs = runUnixMs + askedMs + 5 + ms
      return [answeredMs, { type: 'host.clock', host: 'host1', askedMs, answeredMs, unixMs, roundTripMs: 2 }]
    }),
    ...(isEnded ? ([[10_300, { type: 'site.ended', from: 'east', why, writes }]] as const) : []),
    [
      10_400,
      {
        type: 'audited',
        audit: cleanAudit,
        autopsy: noAutopsy,
        ...(audit && { sites: [{ from: 'east', audit, autopsy: audit === lossy ? lossyAutopsy : noAutopsy }] }),
      },
    ],
  ]
  const events = [...healthy, ...more.map(([atMs, body]): LabEvent => ({ seq: 0, atMs, ...body }))]
  const run = { name: 'a run', ledger: wholeLedger, events: events.sort((a, b) => a.atMs - b.atMs) }
  const { summary } = await summarise(run)
  return summarySchema.parse(summary)
}

const figure = (summary: Summary, name: string) => valueIn(summary, name, 'all')
const siteOf = ({ sites = [] }: Summary): NonNullable<Summary['sites']>[number] =>
  sites[0] ?? { name: '', write: never, read: never }
const never: NonNullable<Summary['sites']>[number]['write'] = { asked: 0, acknowledged: 0, outages: [] }

test('what became of all writes is the sum, and each site keeps its own', async () => {
  const summary = await runWith({})
  expect(summary.writes).toMatchObject({ attempted: 3_700, acknowledged: 1_690, lost: 0, audited: 3_700 })
  expect(siteOf(summary)).toMatchObject({ name: 'east', host: 'host1', writes: { attempted: 100, lost: 0 } })
  expect(summary.verdict.verdict).toBe('pass')
})

test('what the clients of one site alone have lost fails the run', async () => {
  const summary = await runWith({ audit: lossy })
  expect(summary.verdict).toMatchObject({ verdict: 'fail', why: expect.stringContaining('east: 7 acknowledged') })
  expect(figure(summary, 'lost_writes')).toBe(7)
  expect(summary.autopsy?.sentences[0]).toMatch(/^east: patroni1 went on/)
  expect(summary.autopsy).toMatchObject({ explained: 370, unexplained: 5 })
})

test('what the clients of one site alone went without fails the run, where no fault explains it', async () => {
  const service = async (had: Had) => {
    const { checks } = await runWith(had)
    return checks.find(({ name, of }) => name === 'service' && of === 'east')
  }
  const readings = [0, 0]
  expect(await service({ readings })).toBeUndefined()
  expect(await service({ readings, out: [5_000, 8_000] })).toMatchObject({
    verdict: 'fail',
    why: expect.stringContaining('writes were out for 2.'),
    figures: [],
  })
  const stall: Timed = [9_000, { type: 'disk.stalled', fromMs: 5_000, toMs: 8_000 }]
  expect(await service({ readings, out: [5_000, 8_000], more: [stall] })).toMatchObject({ verdict: 'unknown' })
  const killed: Timed = [4_900, happened('haproxy', 'kill', { signal: 9 })]
  expect(await service({ readings, out: [5_000, 8_000], more: [killed] })).toBeUndefined()
})

test('the clients of a site are excused by the proxies of its own hosts, and by no others', async () => {
  const service = async (killed: readonly string[], hostOf: Readonly<Record<string, string>>) => {
    const more = killed.map((proxy): Timed => [4_900, happened(proxy, 'kill', { signal: 9 })])
    const lab = { ...shapeOfTwo, hostOf, siteOf: { host1: 'east', host2: 'west', host3: 'east' } }
    const { checks } = await runWith({ readings: [0, 0], out: [5_000, 8_000], more, lab })
    return checks.find(({ name, of }) => name === 'service' && of === 'east')?.verdict
  }
  const apart = { haproxy: 'host2', haproxy2: 'host1' }
  expect(await service(['haproxy'], apart)).toBe('fail')
  expect(await service(['haproxy2'], apart)).toBeUndefined()
  expect(await service(['haproxy'], { haproxy: 'host1', haproxy2: 'host3' })).toBeUndefined()
  expect(await service(['haproxy'], {})).toBeUndefined()
})

test('what failed in part of the clients of one site fails the run, too, and is told', async () => {
  const readings = [0, 0]
  const summary = await runWith({ readings, half: [3_000, 8_000] })
  expect(summary.checks).toContainEqual(
    expect.objectContaining({
      ...{ name: 'service', of: 'east', verdict: 'fail', figures: [] },
      why: expect.stringContaining('writes failed in part for 4.9'),
    }),
  )
  expect(serviceSentences(summary).join()).toContain('Degraded service for the clients of east: from 00:03.')
  const killed: Timed = [2_900, happened('haproxy', 'kill', { signal: 9 })]
  const excused = await runWith({ readings, half: [3_000, 8_000], more: [killed] })
  expect(excused.checks.filter(({ name, of }) => name === 'service' && of === 'east')).toEqual([])
})

test('nobody has looked for the writes of one site: what was lost is not known', async () => {
  const summary = await runWith({ audit: null })
  expect(figure(summary, 'lost_writes')).toBeNull()
  expect(summary.verdict).toMatchObject({ verdict: 'unknown', why: expect.stringContaining('east: No audit was made') })
})

test.each([
  [{ why: 'their container on host1 is gone' }, 'Their container on host1 is gone.'],
  [{ isEnded: false }, 'The recording does not say how they ended.'],
])('clients that were not heard to their end, %j, leave a run without a verdict', async (had, told) => {
  const summary = await runWith(had)
  expect(summary.verdict.verdict).toBe('unknown')
  expect(summary.checks).toContainEqual(expect.objectContaining({ name: 'clients', of: 'east', why: told }))
})

test('their times are as right as all readings of that clock allow, and the report says what was done to them', async () => {
  const summary = await runWith({ aheadMs: 254, readings: [250, 250] })
  const site = siteOf(summary)
  // Half of the ten milliseconds of an answer and one of rounding, and four by which the first reading was off.
  expect(site.clock).toEqual({ movedMs: -254, errorMs: 10, isSteady: true })
  expect(tellSiteClock(site)).toEqual([
    'The clients of east ran on host1: 254 ms were taken from the times by its clock; they are right to 10 ms, and below that have no order beside others.',
  ])
})

test('a clock that nobody asked, or that was set, is said to be so', async () => {
  expect(tellSiteClock(siteOf(await runWith({})))[0]).toMatch(/how far off their times are is not known/)
  const [told] = tellSiteClock(siteOf(await runWith({ readings: [0, 5_000] })))
  expect(told).toMatch(/which was set or drifted; they are right to 5006 ms/)
})

test('the table of sites says how many were acknowledged and lost', async () => {
  const parts = serviceParts(await runWith({ audit: lossy }))
  const table = parts.filter((part) => part.type === 'table').at(-1)
  expect(table?.columns.map(({ name }) => name)).toEqual([
    'clients of',
    'outages of writes',
    'outages of reads',
    'writes acknowledged',
    'lost',
  ])
  expect(table?.rows[0]?.cells).toEqual(['east', 'not asked', 'not asked', '90', '7'])
})
