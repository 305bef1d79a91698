import { expect, test } from 'vitest'
import { lookOnce } from '../../src/cli/status.ts'
import type { Lab } from '../../src/lab/lab.ts'
import { createLiveState, type LiveState } from '../../src/log/live-state.ts'
import type { LabEvent } from '../../src/model/events.ts'
import { reducer } from '../../src/systems/state.ts'
import { healthy, type Timed } from '../tui/fixture.ts'

const isDocker = ([, { type }]: Timed) => type.startsWith('docker.')
const readings = healthy().filter((event) => !isDocker(event))
const ofDocker = healthy().filter(isDocker)

function tell(live: LiveState, events: readonly Timed[]): void {
  events.forEach(([atMs, body], index) => {
    live.onEvent({ seq: index + 1, atMs, ...body } as LabEvent)
  })
}

const world = {} as Lab['world']
const { signal } = new AbortController()

/** Whether it is over by the time that all that is ready to has run. */
async function isOver(work: Promise<unknown>): Promise<boolean> {
  const soon = new Promise<false>((resolve) => setImmediate(() => resolve(false)))
  return Promise.race([work.then(() => true as const), soon])
}

test('a look is not over before the engine has told of the containers, also where all others were quicker', async () => {
  const live = createLiveState(reducer)
  const look = lookOnce({ live, world }, signal)
  tell(live, readings)
  expect(await isOver(look)).toBe(false)
  tell(live, ofDocker)
  expect(Object.keys((await look).containers)).toContain('patroni1')
})

test('an engine that does not answer is not waited for', async () => {
  const live = createLiveState(reducer)
  tell(live, [...readings, [30_000, { type: 'docker.engine', reading: { ok: false, error: 'ECONNREFUSED' } }]])
  expect((await lookOnce({ live, world }, signal)).engine.error).toBe('ECONNREFUSED')
})

test('nor is one of a lab whose containers are nobody’s business', async () => {
  const live = createLiveState(reducer)
  const look = lookOnce({ live, world: null }, signal)
  tell(live, readings)
  expect((await look).containers).toEqual({})
})
