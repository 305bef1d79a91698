import { expect, test } from 'vitest'
import { observeHostClock } from '../../src/observe/host-clock.ts'
import { fakeClock, recorder } from './fakes.ts'

const UNIX_MS = Date.parse('2026-11-21T11:00:00.000Z')

/** A host whose calls take so long each, and which is deaf until then. */
function setup({ callMs = 4, deafUntilMs = 0 } = {}) {
  const clock = fakeClock()
  const log = recorder()
  const stop = new AbortController()
  const answer = async <T>(value: () => T): Promise<T> => {
    if (clock.nowMs() < deafUntilMs) throw new Error('no answer')
    await clock.sleep(callMs)
    return value()
  }
  const containers = {
    version: () => answer(() => '26.1.5'),
    time: () => answer(() => UNIX_MS + clock.nowMs()),
  }
  const running = observeHostClock({ log, clock, host: 'host1', containers }, stop.signal)
  return {
    clock,
    log,
    async end() {
      stop.abort()
      await running
    },
  }
}

test('a host is asked for its time, with when it was asked and answered and how long a call took before that', async () => {
  const { clock, log, end } = setup()
  await clock.advance(8)
  await end()
  expect(log.events).toEqual([
    expect.objectContaining({
      type: 'host.clock',
      host: 'host1',
      askedMs: 4,
      answeredMs: 8,
      unixMs: UNIX_MS + 8,
      roundTripMs: 4,
    }),
  ])
})

test('one that does not answer is asked again', async () => {
  const { clock, log, end } = setup({ deafUntilMs: 10_000 })
  await clock.advance(9_999)
  expect(log.events).toEqual([])
  await clock.advance(9)
  await end()
  expect(log.events).toHaveLength(1)
})
