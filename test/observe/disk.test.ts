import { mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { EventBody } from '../../src/model/events.ts'
import { observeDisk } from '../../src/observe/disk.ts'

/** Watches a folder for three syncs, each of which seems to take so long. */
async function watch(syncMs: number, sleptMs = 0, folder?: string) {
  const events: EventBody[] = []
  const stop = new AbortController()
  const own = folder ?? (await mkdtemp(path.join(tmpdir(), 'disk-')))
  let [nowMs, asleepMs, sleeps] = [0, 0, 0]
  const clock = {
    nowMs: () => {
      nowMs += syncMs
      return nowMs
    },
    asleepMs: () => {
      asleepMs += sleptMs
      return asleepMs
    },
    async sleep() {
      if (++sleeps === 3) stop.abort()
    },
  }
  await observeDisk(
    { log: { append: (body: EventBody) => void events.push(body) } as never, clock, folder: own },
    stop.signal,
  )
  return { events, left: folder ? [] : await readdir(own) }
}

describe('the disk', () => {
  it('has stalled when it took far longer for a byte than a disk does', async () => {
    const { events } = await watch(400)
    expect(events).toEqual([
      { type: 'disk.stalled', fromMs: 400, toMs: 800 },
      { type: 'disk.stalled', fromMs: 1_200, toMs: 1_600 },
      { type: 'disk.stalled', fromMs: 2_000, toMs: 2_400 },
    ])
  })

  it('has not, where it was quick, or where the lab itself slept meanwhile', async () => {
    expect((await watch(20)).events).toEqual([])
    expect((await watch(400, 300)).events).toEqual([])
  })

  it('has stalled for all but what the lab slept of it', async () => {
    expect((await watch(5_000, 200)).events).toContainEqual({ type: 'disk.stalled', fromMs: 5_000, toMs: 10_000 })
  })

  it('is left as it was', async () => {
    expect((await watch(20)).left).toEqual([])
  })

  it('is told of once where nothing can be written to it', async () => {
    const { events } = await watch(20, 0, '/nowhere/at/all')
    expect(events).toMatchObject([
      { type: 'note', text: expect.stringContaining('whether the disk stalls is not seen') },
    ])
  })
})
