import { describe, expect, it } from 'vitest'
import type { Clock } from '../../src/log/clock.ts'
import { createEventLog, type Sink } from '../../src/log/event-log.ts'
import type { EventBody, LabEvent } from '../../src/model/events.ts'

const note = (text: string): EventBody => ({ type: 'note', level: 'info', source: 'lab', text })

/** A clock that has moved on by 10 ms each time it is read. */
function stepping(): Clock {
  let ms = 0
  return { nowMs: () => (ms += 10), sleep: () => Promise.reject(new Error('nobody sleeps here')) }
}

function collector(onEvent: (event: LabEvent) => void = () => {}) {
  const seen: LabEvent[] = []
  let closed = 0
  const sink: Sink = {
    onEvent(event) {
      seen.push(event)
      onEvent(event)
    },
    async close() {
      closed++
    },
  }
  return {
    sink,
    seen,
    closed: () => closed,
    texts: () => seen.map((event) => (event.type === 'note' ? event.text : event.type)),
  }
}

describe('the event log', () => {
  it('stamps every event with its number and time and hands it to every sink', () => {
    const log = createEventLog(stepping())
    const [one, two] = [collector(), collector()]
    log.attach(one.sink)
    expect(log.append(note('a'))).toMatchObject({ seq: 1, atMs: 10, text: 'a' })
    log.attach(two.sink)
    log.append(note('b'))
    expect(one.seen.map(({ seq, atMs }) => [seq, atMs])).toEqual([
      [1, 10],
      [2, 20],
    ])
    expect(two.texts()).toEqual(['b'])
  })

  it('hands nothing to a sink that was taken off', () => {
    const log = createEventLog(stepping())
    const one = collector()
    const detach = log.attach(one.sink)
    log.append(note('a'))
    detach()
    log.append(note('b'))
    expect(one.texts()).toEqual(['a'])
  })

  it('hands what a sink appends to all of them after the event that it is about', () => {
    const log = createEventLog(stepping())
    const first = collector((event) => {
      if (event.seq === 1) log.append(note('answer'))
    })
    const second = collector()
    log.attach(first.sink)
    log.attach(second.sink)
    log.append(note('question'))
    expect(second.texts()).toEqual(['question', 'answer'])
    expect(second.seen.map((event) => event.seq)).toEqual([1, 2])
  })

  it('keeps a sink that throws from the source and from the others, and tells of it once', () => {
    const log = createEventLog(stepping())
    const broken = collector(() => {
      throw new Error('a flaw')
    })
    const sound = collector()
    log.attach(broken.sink)
    log.attach(sound.sink)
    log.append(note('a'))
    log.append(note('b'))
    expect(sound.texts()).toEqual(['a', 'a reader of the event log failed: Error: a flaw', 'b'])
    expect(broken.seen).toHaveLength(3)
  })

  it('closes every sink, in order, though one of them fails', async () => {
    const log = createEventLog(stepping())
    const broken: Sink = { onEvent() {}, close: () => Promise.reject(new Error('disk')) }
    const last = collector()
    log.attach(broken)
    log.attach(last.sink)
    await log.close()
    expect(last.closed()).toBe(1)
    log.append(note('after'))
    expect(last.texts()).not.toContain('after')
  })
})
