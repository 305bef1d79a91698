import { afterAll, expect, test } from 'vitest'
import { isolate } from '../../../src/faults/network/isolate.ts'
import { auditLab } from '../../../src/lab/final-audit.ts'
import { seededRng } from '../../../src/model/rng.ts'
import type { State } from '../../../src/model/state.ts'
import { pairOf } from '../../../src/systems/pair/known.ts'
import { isHealthy, leaderOf } from '../../../src/systems/state.ts'
import { act } from '../act.ts'
import { type NewLab, newLab, removeLab } from '../new-lab.ts'

const NAIVE = 'labs/pair/lab.yaml'
const FENCED = 'labs/pair/lab-fenced.yaml'

afterAll(() => removeLab(NAIVE))

const isTakenOver = (state: State) =>
  leaderOf(state) === 'my_standby' &&
  state.failovers.length > 0 &&
  pairOf(state).promotions.some((p) => p.verdict === 'right')

test('by the naive rule the old primary comes back as a second one', async () => {
  await using t = await newLab(NAIVE)
  await act(t.lab, 'kill', 'my_primary')
  // So fast that there may be no outage to tell of.
  await t.until('the standby takes over', isTakenOver)
  expect(pairOf(t.state()).promotions).toMatchObject([{ from: 'my_primary', node: 'my_standby', verdict: 'right' }])
  await act(t.lab, 'start', 'my_primary')
  await t.until('both take writes', ({ splitBrain }) => splitBrain.spans.some(({ isOpen }) => isOpen))
})

test('by the fenced rule it comes back as a standby, and gives up what the other had not received', async () => {
  await using t = await newLab(FENCED)
  await isolateStandby(t)
  // The totals are told once a second: what was acknowledged before the cut is in those of the next tick.
  const cutMs = t.state().atMs
  await t.until('the totals are of after the cut', ({ traffic }) => (traffic.ticks.at(-1)?.atMs ?? 0) > cutMs)
  const { ok } = t.state().traffic.totals.write
  await t.until('the primary is ahead of the standby', ({ traffic }) => traffic.totals.write.ok >= ok + 100)
  await act(t.lab, 'kill', 'my_primary')
  await t.until('the standby takes over', isTakenOver)
  expect(pairOf(t.state()).promotions[0]?.why).toMatchObject({ type: 'silent' })
  expect(await t.lab.faults?.healAll()).toEqual([])
  await t.until('the pair is whole again', (state) => leaderOf(state) === 'my_standby' && isHealthy(state))
  expect(t.state().splitBrain.count).toBe(0)
  const { fences } = pairOf(t.state())
  expect(fences).toMatchObject([{ node: 'my_primary', when: 'starting', rejoined: { by: 'pg_rewind' } }])
  const pastFork = fences[0]?.insertsPastFork?.events ?? 0
  expect(pastFork).toBeGreaterThanOrEqual(100)
  await t.until('it is told when it streamed', ({ anatomy }) =>
    anatomy.ended.some(({ moments }) =>
      moments.some(({ name, part }) => name === 'streaming' && part === 'my_primary'),
    ),
  )
  // The promotion itself may take no time that could be told: clients wrote when the proxy had word of it.
  expect(t.state().anatomy.ended.flatMap(({ phases }) => phases.map(({ awaited }) => awaited))).toEqual(
    expect.arrayContaining(['key-taken', 'first-ack']),
  )
  await t.lab.endTraffic()
  const [audited] = await auditLab(t.lab, AbortSignal.timeout(60_000))
  const { findings, replicas } = audited?.audit ?? {}
  expect(findings?.counts.lost).toBeGreaterThanOrEqual(100)
  expect(findings?.counts.lost).toBeLessThanOrEqual(pastFork)
  expect(replicas).toMatchObject([{ node: 'my_primary', isRead: true, missing: { count: 0 }, extra: { count: 0 } }])
})

async function isolateStandby({ lab }: NewLab): Promise<void> {
  const params = isolate.schema.parse({ from: 'nodes' })
  const order = { kind: isolate, params, target: { type: 'name', name: 'my_standby' } } as const
  await lab.faults?.inject(order, seededRng(''), AbortSignal.timeout(60_000))
}
