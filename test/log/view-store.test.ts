import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createViewStore } from '../../src/log/view-store.ts'
import type { LabEvent } from '../../src/model/events.ts'
import { reducer } from '../../src/systems/state.ts'

const event = (seq: number): LabEvent => ({
  seq,
  atMs: seq,
  type: 'note',
  level: 'info',
  source: 'lab',
  text: `n${seq}`,
})

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function watched(everyMs?: number) {
  const store = createViewStore(reducer, everyMs)
  const shown: number[] = []
  const unsubscribe = store.subscribe(() => shown.push(store.getState().atMs))
  return { store, shown, unsubscribe }
}

describe('the view store', () => {
  it('tells of the first change at once', () => {
    const { store, shown } = watched()
    store.onEvent(event(1))
    expect(shown).toEqual([1])
  })

  it('tells of all that came meanwhile once, when the time is over', () => {
    const { store, shown } = watched(100)
    for (let seq = 1; seq <= 50; seq++) store.onEvent(event(seq))
    expect(shown).toEqual([1])
    vi.advanceTimersByTime(99)
    expect(shown).toEqual([1])
    vi.advanceTimersByTime(1)
    expect(shown).toEqual([1, 50])
    expect(store.getState().lines).toHaveLength(50)
  })

  it('tells ten times a second however many events there are', () => {
    const { store, shown } = watched(100)
    for (let seq = 1; seq <= 1_000; seq++) {
      store.onEvent(event(seq))
      vi.advanceTimersByTime(1)
    }
    expect(shown.length).toBeGreaterThanOrEqual(10)
    expect(shown.length).toBeLessThanOrEqual(11)
  })

  it('tells at once again after a quiet time, in which it held no timer', () => {
    const { store, shown } = watched(100)
    store.onEvent(event(1))
    vi.advanceTimersByTime(1_000)
    expect(vi.getTimerCount()).toBe(0)
    store.onEvent(event(2))
    expect(shown).toEqual([1, 2])
  })

  it('shows one and the same state between two notifications', () => {
    const { store } = watched(100)
    store.onEvent(event(1))
    const state = store.getState()
    store.onEvent(event(2))
    expect(store.getState()).toBe(state)
  })

  it('tells nothing to whoever has unsubscribed', () => {
    const { store, shown, unsubscribe } = watched()
    unsubscribe()
    store.onEvent(event(1))
    expect(shown).toEqual([])
  })

  it('tells what is untold when it is closed, and holds no timer after that', async () => {
    const { store, shown } = watched(100)
    store.onEvent(event(1))
    store.onEvent(event(2))
    await store.close()
    expect(shown).toEqual([1, 2])
    store.onEvent(event(3))
    expect(vi.getTimerCount()).toBe(0)
    expect(shown).toEqual([1, 2])
  })

  it('goes on after a subscriber that threw', () => {
    const { store, shown } = watched(100)
    store.subscribe(() => {
      throw new Error('a panel')
    })
    expect(() => store.onEvent(event(1))).toThrow('a panel')
    store.onEvent(event(2))
    expect(() => vi.advanceTimersByTime(100)).toThrow('a panel')
    expect(shown).toEqual([1, 2])
  })

  it('does not go in circles when a subscriber appends', () => {
    const { store } = watched(100)
    let calls = 0
    store.subscribe(() => {
      if (++calls < 100) store.onEvent(event(calls + 1))
    })
    store.onEvent(event(1))
    expect(calls).toBe(1)
  })
})
