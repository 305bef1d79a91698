import { describe, expect, it } from 'vitest'
import { performAll, performUndo, undoByHand } from '../../src/faults/undo.ts'
import { type FakeWorld, fakeWorld, parts } from './fake-world.ts'

const unpause = (service: string) => ({ type: 'unpause', params: { service } })

describe('putting one thing back', () => {
  it('is given up when its budget is spent, even where what it waits for takes no notice', async () => {
    const world = paused()
    Object.assign(world.containers, { act: () => new Promise(() => {}) })
    const budget = new AbortController()
    const undoing = performUndo(unpause('etcd1'), world, budget.signal)
    budget.abort()
    expect(await undoing).toEqual({ ok: false, error: 'not done within 30 s', byHand: 'docker unpause lab_etcd1_1' })
  })

  it('is given up too while it is made sure that nothing remains', async () => {
    const world = paused()
    const { facts } = world.containers
    let looks = 0
    Object.assign(world.containers, {
      facts: (service: string) => (++looks === 1 ? facts(service) : new Promise(() => {})),
    })
    const budget = new AbortController()
    const undoing = performUndo(unpause('etcd1'), world, budget.signal)
    await expect.poll(() => looks).toBe(2)
    budget.abort()
    expect(await undoing).toMatchObject({ ok: false })
  })

  it.each([
    ['of a kind that this version does not know', { type: 'unthink', params: {} }],
    ['with settings that are not as its kind wants them', { type: 'unpause', params: { service: 7 } }],
    ['with no settings', { type: 'unpause', params: undefined }],
  ])('%s fails without touching anything', async (_, undo) => {
    const world = paused()
    expect(await performUndo(undo, world)).toMatchObject({
      ok: false,
      byHand: expect.stringContaining('chaoslab heal'),
    })
    expect(undoByHand(undo, world)).toBe('chaoslab heal')
    expect(world.deeds).toEqual([])
  })
})

describe('putting several things back', () => {
  const entry = (faultId: string, service: string, type = 'unpause') => ({
    faultId,
    parts: [],
    undo: { type, params: { service } },
  })

  /** When each container was asked for, and how many at the same time. */
  function watched(world: FakeWorld) {
    const { facts } = world.containers
    const seen = { order: [] as string[], most: 0 }
    let busy = 0
    Object.assign(world.containers, {
      async facts(service: string) {
        if (!seen.order.includes(service)) seen.order.push(service)
        seen.most = Math.max(seen.most, ++busy)
        await new Promise((resolve) => setImmediate(resolve))
        busy--
        return facts(service)
      },
    })
    return seen
  }

  it('goes backwards, each when the one before is done', async () => {
    const world = paused()
    const seen = watched(world)
    const entries = [entry('a', 'etcd1'), entry('b', 'etcd2'), entry('a', 'etcd3')]
    const undone = await performAll(entries, world)
    expect(undone.map((each) => each.entry)).toEqual(entries.toReversed())
    expect(seen).toEqual({ order: ['etcd3', 'etcd2', 'etcd1'], most: 1 })
  })

  it('takes those of one fault and one kind that have nothing in common together', async () => {
    const world = paused()
    const seen = watched(world)
    const told: unknown[] = []
    const entries = [
      entry('a', 'etcd1'),
      entry('a', 'etcd2'),
      entry('a', 'etcd3'),
      entry('a', 'haproxy', 'start-again'),
    ]
    await performAll(entries, world, (each) => told.push(each))
    expect(seen).toEqual({ order: ['haproxy', 'etcd3', 'etcd2', 'etcd1'], most: 3 })
    expect(told).toEqual(entries.toReversed())
  })

  it('goes on after one that fails', async () => {
    const world = paused()
    world.facts.delete('etcd2')
    const undone = await performAll([entry('a', 'etcd1'), entry('b', 'etcd2'), entry('c', 'etcd3')], world)
    expect(undone.map((each) => each.undone.ok)).toEqual([true, false, true])
  })
})

/** A lab of which everything is paused. */
function paused(): FakeWorld {
  const world = fakeWorld()
  for (const { service } of parts) {
    const facts = world.facts.get(service)
    if (facts) world.facts.set(service, { ...facts, state: 'paused' })
  }
  return world
}
