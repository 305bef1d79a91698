import { expect, test } from 'vitest'
import { observeRows } from '../../src/observe/rows.ts'
import { fakeClock, recorder } from './fakes.ts'

test.each([
  ['as often as is asked for', { everyMs: 100 }, 11],
  ['once a second unless it is said otherwise', {}, 2],
])('the rows of every server are counted %s', async (_name, how, count) => {
  const [clock, log, stop] = [fakeClock(), recorder(), new AbortController()]
  const nodes = ['a', 'b'].map((name) => ({ name, address: { host: '127.0.0.1', port: 1 } }))
  const credentials = { database: 'app', user: 'app', password: '' }
  const counter = () => async () => 7
  const running = observeRows({ log, clock, nodes, credentials, counter, ...how }, stop.signal)
  await clock.advance(1_000)
  const counted = log.events.filter((event) => event.type === 'postgres.rows' && event.node === 'b')
  expect(counted).toHaveLength(count)
  stop.abort()
  await running
})
