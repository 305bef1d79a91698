import { expect, test } from 'vitest'
import { fresh } from '../../src/model/seen.ts'
import { readRun } from '../../src/systems/read-run.ts'
import { readBack } from '../log/read-back.ts'
import { haproxy, haproxy2, shape, shapeOfTwo, started } from '../model/events.ts'
import { initialState, reduce } from '../patroni.ts'

const read = readBack(readRun)

const ways = (port: number) => ({
  leader: { proxy: 'leader', port },
  replicas: { proxy: 'replicas', port: port + 1 },
})
const check = { interSeconds: 1, fall: 2, rise: 1 }
const { proxies: _, ...names } = shapeOfTwo
const older = { ...started, lab: { ...names, listeners: ways(5001), secondProxy: ways(5011), proxyCheck: check } }
const first = haproxy(['patroni1'], ['patroni2'])

test('a recording of version 0.1 with two proxies reads as one of today, and gives the same state', async () => {
  const today = { ...started, lab: { ...shapeOfTwo, proxies: shapeOfTwo.proxies.map((each) => ({ ...each, check })) } }
  const second = haproxy2(['patroni2'], ['patroni3'])
  const events = await read(older, first, { ...second, type: 'second-proxy.stats', proxy: undefined })
  expect(events).toEqual(await read(today, first, second))
  const state = events.reduce(reduce, initialState)
  const leaders = (name: string) =>
    fresh(state.proxies[name])
      ?.listeners[0]?.servers.filter(({ isUp }) => isUp)
      .map((server) => server.name)
  expect([leaders('haproxy'), leaders('haproxy2')]).toEqual([['patroni1'], ['patroni2']])
})

test('one without a proxy has none, and one of today is left alone', async () => {
  const [without] = await read({ ...older, lab: { ...names, listeners: null } })
  expect(without).toMatchObject({ lab: { proxies: [] } })
  const today = { ...started, lab: shape }
  expect(await read(today, first)).toEqual([
    { seq: 1, atMs: 10, ...today },
    { seq: 2, atMs: 20, ...first },
  ])
})
