import { describe, expect, test } from 'vitest'
import type { Reading } from '../../src/model/events.ts'
import { attempt, poll, pollAny, SourceError, shortError } from '../../src/observe/poll.ts'
import { fakeClock } from './fakes.ts'

const never = () => new Promise<never>(() => {})

describe('poll', () => {
  test('reports each answer, one a period', async () => {
    const clock = fakeClock()
    const stop = new AbortController()
    const readings: Reading<number>[] = []
    let asked = 0
    void poll(stop.signal, { clock, everyMs: 500, ask: async () => ++asked, report: (r) => readings.push(r) })
    await clock.advance(1_400)
    expect(readings).toEqual([1, 2, 3].map((value) => ({ ok: true, value })))
    stop.abort()
  })

  test('says timeout for a source that hangs, frees it, and asks again', async () => {
    const clock = fakeClock()
    const stop = new AbortController()
    const readings: Reading<string>[] = []
    const calls: AbortSignal[] = []
    const ask = (signal: AbortSignal) => {
      calls.push(signal)
      return calls.length === 1 ? never() : Promise.resolve('back')
    }
    void poll(stop.signal, { clock, everyMs: 500, ask, report: (r) => readings.push(r) })
    await clock.advance(2_100)
    expect(readings).toEqual([
      { ok: false, error: 'timeout' },
      { ok: true, value: 'back' },
    ])
    expect(calls.map((signal) => signal.aborted)).toEqual([true, false])
    stop.abort()
  })

  test('a question has the whole of its deadline, however long the one before it took', async () => {
    const clock = fakeClock()
    const stop = new AbortController()
    const readings: Reading<string>[] = []
    let asked = 0
    const ask = () => (++asked === 1 ? clock.sleep(1_900).then(() => 'late') : never())
    void poll(stop.signal, { clock, everyMs: 500, ask, report: (r) => readings.push(r) })
    await clock.advance(3_899)
    expect(readings).toEqual([{ ok: true, value: 'late' }])
    await clock.advance(1)
    expect(readings.slice(1)).toEqual([{ ok: false, error: 'timeout' }])
    stop.abort()
  })

  test('never has two questions under way when answers take longer than the period', async () => {
    const clock = fakeClock()
    const stop = new AbortController()
    let underWay = 0
    let most = 0
    let answered = 0
    const ask = async () => {
      most = Math.max(most, ++underWay)
      await clock.sleep(700)
      underWay--
    }
    void poll(stop.signal, { clock, everyMs: 250, ask, report: () => answered++ })
    await clock.advance(3_000)
    expect(most).toBe(1)
    expect(answered).toBe(4)
    stop.abort()
  })

  test('ends at once when aborted in the middle of a question, and reports nothing more', async () => {
    const clock = fakeClock()
    const stop = new AbortController()
    const readings: unknown[] = []
    const done = poll(stop.signal, { clock, everyMs: 500, ask: never, report: (r) => readings.push(r) })
    await clock.advance(100)
    stop.abort()
    await done
    expect(readings).toEqual([])
  })

  test('ends at once when aborted between two questions', async () => {
    const clock = fakeClock()
    const stop = new AbortController()
    const done = poll(stop.signal, { clock, everyMs: 500, ask: async () => 1, report: () => {} })
    await clock.advance(100)
    stop.abort()
    await done
  })

  test('goes on after a report that throws', async () => {
    const clock = fakeClock()
    const stop = new AbortController()
    let reports = 0
    const report = () => {
      reports++
      throw new Error('a broken sink')
    }
    const done = poll(stop.signal, { clock, everyMs: 500, ask: async () => 1, report })
    await clock.advance(1_100)
    expect(reports).toBe(3)
    stop.abort()
    await done
  })

  test('a question that throws at once is a failed reading', async () => {
    const clock = fakeClock()
    const throws = () => {
      throw new SourceError('EBROKEN')
    }
    expect(await attempt(clock, throws, new AbortController().signal)).toEqual({ ok: false, error: 'EBROKEN' })
  })

  test('an answer that fails after its deadline troubles nobody', async () => {
    const clock = fakeClock()
    const late = Promise.withResolvers<never>()
    const reading = attempt(clock, () => late.promise, new AbortController().signal, 100)
    await clock.advance(100)
    expect(await reading).toEqual({ ok: false, error: 'timeout' })
    late.reject(new Error('too late'))
    await clock.advance(1)
  })
})

describe('pollAny', () => {
  const run = (clock: ReturnType<typeof fakeClock>, ask: (source: string) => Promise<string>) => {
    const stop = new AbortController()
    const readings: [string, Reading<string>][] = []
    const report = (source: string, reading: Reading<string>) => readings.push([source, reading])
    const done = pollAny(stop.signal, { clock, everyMs: 1_000, sources: ['a', 'b', 'c'], ask, report })
    return { readings, stop, done }
  }

  test('asks one source only while it answers', async () => {
    const clock = fakeClock()
    const asked: string[] = []
    const { stop } = run(clock, async (source) => {
      asked.push(source)
      return 'fine'
    })
    await clock.advance(2_500)
    expect(asked).toEqual(['a', 'a', 'a'])
    stop.abort()
  })

  test('goes on to the next at once when one fails, and stays with the one that answered', async () => {
    const clock = fakeClock()
    const asked: string[] = []
    const { readings, stop } = run(clock, async (source) => {
      asked.push(source)
      if (source === 'a') throw new SourceError('ECONNREFUSED')
      return `by ${source}`
    })
    await clock.advance(0)
    expect(readings).toEqual([['b', { ok: true, value: 'by b' }]])
    await clock.advance(1_000)
    expect(asked).toEqual(['a', 'b', 'b'])
    stop.abort()
  })

  test('a source that hangs delays the reading by half a second, not by its deadline', async () => {
    const clock = fakeClock()
    const { readings, stop } = run(clock, (source) => (source === 'a' ? never() : Promise.resolve(source)))
    await clock.advance(499)
    expect(readings).toEqual([])
    await clock.advance(1)
    expect(readings).toEqual([['b', { ok: true, value: 'b' }]])
    stop.abort()
  })

  test('takes the late answer of the first when the second fails', async () => {
    const clock = fakeClock()
    const { readings, stop } = run(clock, async (source) => {
      if (source !== 'a') throw new SourceError('HTTP 502')
      await clock.sleep(1_200)
      return 'late'
    })
    await clock.advance(1_200)
    expect(readings).toEqual([['a', { ok: true, value: 'late' }]])
    stop.abort()
  })

  test('reports one failed reading when all fail', async () => {
    const clock = fakeClock()
    const { readings, stop } = run(clock, async (source) => {
      throw new SourceError(`E${source}`)
    })
    await clock.advance(999)
    expect(readings).toEqual([['a', { ok: false, error: 'Ea' }]])
    stop.abort()
  })

  test('reports one timeout when all hang, and ends promptly', async () => {
    const clock = fakeClock()
    const { readings, stop, done } = run(clock, never)
    await clock.advance(3_000)
    expect(readings).toEqual([['a', { ok: false, error: 'timeout' }]])
    stop.abort()
    await done
  })
})

test.each([
  [Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
  [Object.assign(new Error('the database system is starting up'), { code: '57P03' }), '57P03'],
  [new SourceError('HTTP 503'), 'HTTP 503'],
  [new Error('plain words\nand a second line'), 'plain words'],
  [Object.assign(new Error('a gRPC status'), { code: 14 }), 'a gRPC status'],
  [new TypeError(), 'TypeError'],
  ['text', 'text'],
  [undefined, 'undefined'],
  [new Error('x'.repeat(500)), 'x'.repeat(60)],
])('the short text of %s', (error, text) => {
  expect(shortError(error)).toBe(text)
})
