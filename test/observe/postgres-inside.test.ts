import { describe, expect, test } from 'vitest'
import { observePostgresInside, parseAnswer } from '../../src/observe/postgres-inside.ts'
import { fakeClock, recorder } from './fakes.ts'

const STANDBY = 'recovery=true for=4711\n'
const PRIMARY = 'recovery=false for=99\n'

/** patroni1 answers as `say` does, while it is cut off. */
function start(say: () => Promise<string> | string) {
  const clock = fakeClock()
  const log = recorder()
  const stop = new AbortController()
  const asked: { readonly service: string; readonly atMs: number }[] = []
  const cut = { isOff: true, isStopping: false }
  const containers = {
    async exec(service: string) {
      asked.push({ service, atMs: clock.nowMs() })
      return { code: 0, stdout: await say() }
    },
  }
  const nodes = [{ name: 'patroni1', service: 'pg-one' }]
  const done = observePostgresInside(
    { log, clock, containers, nodes, isCutOff: () => cut.isOff, isStopping: () => cut.isStopping },
    stop.signal,
  )
  const end = () => {
    stop.abort()
    return done
  }
  return { clock, asked, cut, events: log.events, end }
}

describe('an answer', () => {
  test.each([
    [STANDBY, { type: 'answers', isInRecovery: true, forMs: 4_711 }],
    [PRIMARY, { type: 'answers', isInRecovery: false, forMs: 99 }],
    ['refuses\n', { type: 'refuses' }],
    ['stopping\n', { type: 'stopping' }],
    ['gone\n', { type: 'gone' }],
  ])('%j', (stdout, value) => {
    expect(parseAnswer(stdout)).toEqual(value)
  })

  test.each(['', 'sh: psql: not found', 'recovery=maybe for=1', 'recovery=true for='])('%j is none', (stdout) => {
    expect(() => parseAnswer(stdout)).toThrow('no answer')
  })
})

test('a node that can be asked otherwise is not asked here', async () => {
  const t = start(() => PRIMARY)
  t.cut.isOff = false
  await t.clock.advance(60_000)
  expect(t.asked).toEqual([])
  await t.end()
})

test('one that is cut off is asked in its own container twice a second, a standby once', async () => {
  let word = PRIMARY
  const t = start(() => word)
  await t.clock.advance(1_000)
  expect(t.asked).toEqual([
    { service: 'pg-one', atMs: 250 },
    { service: 'pg-one', atMs: 750 },
  ])
  expect(t.events[0]).toEqual({
    type: 'postgres.inside',
    node: 'patroni1',
    askedMs: 250,
    reading: { ok: true, value: { type: 'answers', isInRecovery: false, forMs: 99 } },
  })
  word = STANDBY
  await t.clock.advance(3_000)
  expect(t.asked).toHaveLength(5)
  await t.end()
})

test('where nothing answers it is asked ever less often, and as before once it answers', async () => {
  let word = ''
  const t = start(() => word)
  await t.clock.advance(30_000)
  expect(t.asked.map(({ atMs }) => atMs)).toEqual([
    250, 750, 1_250, 1_750, 2_750, 4_750, 8_750, 13_750, 18_750, 23_750, 28_750,
  ])
  expect(t.events[0]).toMatchObject({ reading: { ok: false, error: 'no answer' } })
  word = PRIMARY
  await t.clock.advance(5_000)
  expect(t.asked.map(({ atMs }) => atMs).slice(-3)).toEqual([33_750, 34_250, 34_750])
  await t.end()
})

test('one that is told to stop is waited for at once, again and again, until nothing of it is left', async () => {
  let word = ''
  const t = start(() => word)
  Object.assign(t.cut, { isOff: false, isStopping: true })
  await t.clock.advance(500)
  expect(t.asked).toHaveLength(2)
  expect(t.events).toEqual([])
  word = 'gone\n'
  await t.clock.advance(250)
  expect(t.events).toMatchObject([{ reading: { ok: true, value: { type: 'gone' } } }])
  await t.end()
})

test('one that is told to stop and cannot be asked otherwise is waited for and asked by turns', async () => {
  const t = start(() => '')
  t.cut.isStopping = true
  await t.clock.advance(500)
  expect(t.asked).toHaveLength(2)
  expect(t.events).toMatchObject([{ reading: { ok: false, error: 'no answer' } }])
  await t.end()
})

test('a question that is never answered is given up', async () => {
  const t = start(() => new Promise<never>(() => {}))
  await t.clock.advance(4_500)
  expect(t.events).toMatchObject([{ askedMs: 250, reading: { ok: false, error: 'timeout' } }])
  await t.end()
})
