import { readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { EventBody } from '../../src/model/events.ts'
import { observeDisk, timeSync } from '../../src/observe/disk.ts'
import { newFolder } from '../new-folder.ts'
import { FakeClock } from '../traffic/fake-clock.ts'

/** One sync that takes so long, of which the lab slept so much towards its end. */
async function time(syncMs: number, sleptMs = 0): Promise<EventBody[]> {
  const events: EventBody[] = []
  const fake = new FakeClock()
  let asleepMs = 0
  const clock = {
    nowMs: () => fake.nowMs(),
    sleep: (ms: number, signal?: AbortSignal) => fake.sleep(ms, signal),
    asleepMs: () => asleepMs,
  }
  const timed = timeSync(() => fake.sleep(syncMs), { log: { append: (body) => events.push(body) as never }, clock })
  await fake.advance(syncMs - sleptMs)
  asleepMs = sleptMs
  await fake.advance(sleptMs)
  await timed
  return events
}

describe('the disk', () => {
  it('has stalled when it took far longer for a byte than a disk does', async () => {
    expect((await time(400)).at(-1)).toEqual({ type: 'disk.stalled', fromMs: 0, toMs: 400 })
  })

  it('has not, where it was quick, or where the lab itself slept meanwhile', async () => {
    expect(await time(20)).toEqual([])
    expect(await time(400, 300)).toEqual([])
  })

  it('has stalled for all but what the lab slept of it', async () => {
    expect((await time(5_000, 200)).at(-1)).toEqual({ type: 'disk.stalled', fromMs: 0, toMs: 5_000 })
  })

  it('is told of while it does not sync, too', async () => {
    expect(await time(800)).toEqual([
      { type: 'disk.stalled', fromMs: 0, toMs: 250, isOpen: true },
      { type: 'disk.stalled', fromMs: 0, toMs: 500, isOpen: true },
      { type: 'disk.stalled', fromMs: 0, toMs: 750, isOpen: true },
      { type: 'disk.stalled', fromMs: 0, toMs: 800 },
    ])
  })

  it('is left as it was', async () => {
    const folder = newFolder()
    const stop = new AbortController()
    const clock = {
      nowMs: () => 0,
      async sleep(_ms: number, signal?: AbortSignal) {
        if (signal === stop.signal) stop.abort()
        else await new Promise((resolve) => signal?.addEventListener('abort', resolve))
      },
    }
    await observeDisk({ log: { append: () => ({}) as never }, clock, folder }, stop.signal)
    expect(await readdir(folder)).toEqual([])
  })

  it('is told of once where nothing can be written to it', async () => {
    const events: EventBody[] = []
    const log = { append: (body: EventBody) => events.push(body) as never }
    await observeDisk({ log, clock: new FakeClock(), folder: '/nowhere/at/all' }, new AbortController().signal)
    expect(events).toMatchObject([
      { type: 'note', text: expect.stringContaining('whether the disk stalls is not seen') },
    ])
  })
})
