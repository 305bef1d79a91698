import { afterAll, expect, test } from 'vitest'
import { composeProject } from '../../../src/cli/compose-project.ts'
import { composeDown, findCompose } from '../../../src/docker/compose.ts'
import { readLabDefinition } from '../../../src/lab/definition.ts'
import type { State } from '../../../src/model/state.ts'
import { pairOf } from '../../../src/systems/pair/known.ts'
import { isHealthy, leaderOf } from '../../../src/systems/state.ts'
import { act } from '../act.ts'
import { newPair } from './new-pair.ts'

const NAIVE = 'labs/pair/lab.yaml'
const FENCED = 'labs/pair/lab-fenced.yaml'

afterAll(async () => {
  const tool = await findCompose()
  if (tool) await composeDown(tool, composeProject(await readLabDefinition(NAIVE)), { hasVolumes: true })
})

const isTakenOver = (state: State) => leaderOf(state) === 'my_standby' && state.failovers.some((f) => f.outage !== null)

test('by the naive rule the old primary comes back as a second one', async () => {
  await using t = await newPair(NAIVE)
  await act(t.lab, 'kill', 'my_primary')
  await t.until('the standby takes over', isTakenOver)
  expect(
    t
      .state()
      .anatomy.ended.at(-1)
      ?.phases.map(({ awaited }) => awaited),
  ).toEqual(expect.arrayContaining(['key-taken', 'promoted', 'first-ack']))
  expect(pairOf(t.state()).promotions).toMatchObject([{ from: 'my_primary', node: 'my_standby', verdict: 'right' }])
  await act(t.lab, 'start', 'my_primary')
  await t.until('both take writes', ({ splitBrain }) => splitBrain.spans.some(({ isOpen }) => isOpen))
})

test('by the fenced rule it comes back as a standby', async () => {
  await using t = await newPair(FENCED)
  await act(t.lab, 'kill', 'my_primary')
  await t.until('the standby takes over', isTakenOver)
  expect(pairOf(t.state()).promotions[0]?.why).toMatchObject({ type: 'silent' })
  await act(t.lab, 'start', 'my_primary')
  await t.until('the pair is whole again', (state) => leaderOf(state) === 'my_standby' && isHealthy(state))
  expect(t.state().splitBrain.count).toBe(0)
  expect(pairOf(t.state()).fences).toMatchObject([{ node: 'my_primary', when: 'starting', rejoined: {} }])
  await t.until('it is told when it streamed', ({ anatomy }) =>
    anatomy.ended.some(({ moments }) =>
      moments.some(({ name, part }) => name === 'streaming' && part === 'my_primary'),
    ),
  )
})
