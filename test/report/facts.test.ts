import { expect, test } from 'vitest'
import { createLiveState } from '../../src/log/live-state.ts'
import { createFacts } from '../../src/report/facts.ts'
import { reducer } from '../../src/systems/state.ts'
import { healthyRun, leaderKill } from './fixture.ts'

test.each([
  ['in which nothing happens', healthyRun()],
  ['with a failover', leaderKill()],
])('of a run %s the facts are the same where somebody else keeps the state', (_, events) => {
  const live = createLiveState(reducer)
  const [own, shared] = [createFacts(), createFacts(live.current)]
  for (const event of events) {
    live.onEvent(event)
    own.add(event)
    shared.add(event)
  }
  expect(shared.facts()).toEqual(own.facts())
  expect(shared.current()).toBe(live.current())
})
