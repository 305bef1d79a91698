import { describe, expect, it } from 'vitest'
import { createLiveState } from '../../src/log/live-state.ts'
import type { EventBody, PartLogRead } from '../../src/model/events.ts'
import { observePartLogs } from '../../src/observe/part-logs.ts'
import { patroni } from '../../src/systems/patroni/system.ts'
import { reducer } from '../../src/systems/state.ts'
import { key } from '../model/events.ts'
import { fakeClock, recorder } from './fakes.ts'

/** The engine's clock is so far ahead of the run's. */
const EPOCH = Date.parse('2026-11-21T11:00:00.000Z')
const TOOK = 'INFO: promoted self to leader by acquiring session lock'

function setup({ fails = false, deafUntilMs = 0 } = {}) {
  const clock = fakeClock()
  const live = createLiveState(reducer)
  const log = recorder()
  const printed: Record<string, { stampUnixMs: number; text: string }[]> = { one: [], two: [] }
  const asked: [service: string, sinceUnixMs: number][] = []
  let steppedMs = 0
  let seq = 0
  const containers = {
    async log(service: string, sinceUnixMs: number) {
      asked.push([service, sinceUnixMs])
      if (fails) throw Object.assign(new Error('no logs'), { code: 'unsupported' })
      return (printed[service] ?? []).filter(({ stampUnixMs }) => stampUnixMs >= sinceUnixMs)
    },
    async time() {
      if (clock.nowMs() < deafUntilMs) throw new Error('timeout')
      return EPOCH + steppedMs + clock.nowMs()
    },
  }
  const stop = new AbortController()
  const parts = [
    { part: 'patroni1', service: 'one' },
    { part: 'patroni2', service: 'two' },
  ]
  const running = observePartLogs({ log, clock, live, containers, parts, isTelling: patroni.isTelling }, stop.signal)
  return {
    clock,
    asked,
    tell: (body: EventBody) => live.onEvent({ seq: ++seq, atMs: clock.nowMs(), ...body }),
    print: (service: string, atMs: number, text: string) =>
      printed[service]?.push({ stampUnixMs: EPOCH + steppedMs + atMs, text }),
    step: (ms: number) => {
      steppedMs += ms
    },
    read: (part: string) => log.events.filter((e) => e.type === 'part.log' && e.part === part) as PartLogRead[],
    async end() {
      stop.abort()
      await running
    },
  }
}

function lines(event: PartLogRead | undefined) {
  return event?.reading.ok ? event.reading.value.lines : null
}

describe('the parts’ logs', () => {
  it('are not read until the leader key has passed on, and then each, once it has had time to say so', async () => {
    const { clock, tell, print, asked, read, end } = setup()
    await clock.advance(1_000)
    tell(key('patroni1', 1))
    await clock.advance(5_000)
    expect(asked).toEqual([])
    tell(key('patroni2', 2))
    print('two', 6_100, TOOK)
    print('two', 6_200, 'INFO: no action. I am (patroni2), the leader with the lock')
    await clock.advance(2_000)
    expect(asked.map(([service]) => service)).toEqual(['one', 'two'])
    expect(lines(read('patroni2')[0])).toEqual([{ saidMs: 6_100, stampUnixMs: EPOCH + 6_100, text: TOOK }])
    expect(lines(read('patroni1')[0])).toEqual([])
    await end()
  })

  it('are read from where the last reading ended', async () => {
    const { clock, tell, print, read, end } = setup()
    await clock.advance(1_000)
    tell(key('patroni1', 1))
    tell(key('patroni2', 2))
    print('two', 1_100, TOOK)
    await clock.advance(3_000)
    tell(key('patroni1', 3))
    print('one', 4_100, TOOK)
    await clock.advance(3_000)
    expect(read('patroni2').map((event) => lines(event)?.length)).toEqual([1, 0])
    expect(read('patroni1').map((event) => lines(event)?.length)).toEqual([0, 1])
    await end()
  })

  it('give a line the time of its own stamp, in whatever zone, rather than the engine’s', async () => {
    const { clock, tell, print, read, end } = setup()
    tell(key('patroni1', 1))
    await clock.advance(1_000)
    tell(key('patroni2', 2))
    // Nepal is 5:45 ahead; the engine was given the line 700 ms late.
    print('two', 1_800, `2026-11-21 16:45:01,100 ${TOOK}`)
    await clock.advance(2_000)
    expect(lines(read('patroni2')[0])).toMatchObject([{ saidMs: 1_100 }])
    await end()
  })

  it('say by how much their times may be off once the clock was set', async () => {
    const { clock, tell, print, step, read, end } = setup()
    await clock.advance(1_000)
    tell(key('patroni1', 1))
    tell(key('patroni2', 2))
    print('two', 1_100, TOOK)
    await clock.advance(3_000)
    expect(read('patroni2')[0]?.errorMs).toBeLessThan(100)
    step(6_000)
    tell(key('patroni1', 3))
    print('one', 4_100, TOOK)
    await clock.advance(3_000)
    expect(lines(read('patroni1')[1])).toMatchObject([{ saidMs: 4_100 }])
    expect(read('patroni1')[1]?.errorMs).toBeGreaterThanOrEqual(6_000)
    await end()
  })

  it('that cannot be read are a reading too', async () => {
    const { clock, tell, read, end } = setup({ fails: true })
    await clock.advance(1_000)
    tell(key('patroni1', 1))
    tell(key('patroni2', 2))
    await clock.advance(2_000)
    expect(read('patroni1')).toMatchObject([{ reading: { ok: false, error: 'unsupported' } }])
    await end()
  })

  it('are read although the engine did not answer when it was first asked', async () => {
    const { clock, tell, print, read, end } = setup({ deafUntilMs: 3_000 })
    await clock.advance(1_000)
    tell(key('patroni1', 1))
    tell(key('patroni2', 2))
    print('two', 1_100, TOOK)
    await clock.advance(1_900)
    expect(read('patroni2')).toMatchObject([{ reading: { ok: false } }])
    await clock.advance(1_000)
    tell(key('patroni1', 3))
    await clock.advance(2_000)
    expect(lines(read('patroni2')[1])).toMatchObject([{ saidMs: 1_100 }])
    await end()
  })

  it('are bounded: the latest sixty lines, each cut', async () => {
    const { clock, tell, print, read, end } = setup()
    await clock.advance(1_000)
    tell(key('patroni1', 1))
    tell(key('patroni2', 2))
    for (let n = 0; n < 200; n++) print('two', 1_000 + n, `${TOOK} ${n} ${'x'.repeat(1_000)}`)
    await clock.advance(2_000)
    const told = lines(read('patroni2')[0]) ?? []
    expect(told).toHaveLength(60)
    expect(told.at(-1)?.text).toMatch(/lock 199 x+$/)
    expect(Math.max(...told.map(({ text }) => text.length))).toBe(300)
    await end()
  })
})
