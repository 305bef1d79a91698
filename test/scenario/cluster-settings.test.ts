import { beforeAll, expect, it } from 'vitest'
import type { Injector, RegisteredChange } from '../../src/faults/injector.ts'
import type { World } from '../../src/faults/world.ts'
import type { LabDefinition } from '../../src/lab/definition.ts'
import { createLiveState } from '../../src/log/live-state.ts'
import type { EventBody } from '../../src/model/events.ts'
import { applySettings } from '../../src/scenario/cluster-settings.ts'
import { reducer } from '../../src/systems/state.ts'
import { play, read, startedWith, TWO } from '../systems/two-clusters.ts'
import { FakeClock } from '../traffic/fake-clock.ts'

let two: LabDefinition
beforeAll(async () => {
  two = await read(TWO)
})

const config = (ttlSeconds: number): EventBody => {
  const value = { ttlSeconds, loopWaitSeconds: 2, retryTimeoutSeconds: 3, isSynchronous: false, isFailsafe: false }
  return { type: 'patroni.config', via: 'node', reading: { ok: true, value } }
}

it('each system of several is given its own settings, and is put back by its own means', async () => {
  const live = createLiveState(reducer)
  for (const event of play([null, startedWith(two)], ['a', config(30)], ['b', config(30)])) live.onEvent(event)
  const patches: (readonly [string, unknown])[] = []
  const patroniOf = (name: string) => ({
    ask: async (_node: null, method: string, _path: string, { body }: { body?: unknown } = {}) => {
      if (method === 'PATCH') patches.push([name, body])
      return { status: 200, text: '' }
    },
  })
  const etcd = { get: async () => ({ value: '{"ttl":30,"loop_wait":2,"retry_timeout":3}' }) }
  const worlds = (name: string) => ({ control: { patroni: patroniOf(name), etcd } }) as unknown as World
  const world = { of: worlds } as unknown as World
  const registered: RegisteredChange[] = []
  const faults = { register: async (about: RegisteredChange) => void registered.push(about) } as unknown as Injector
  const lab = { world, faults, live, clock: new FakeClock() }
  const applied = applySettings(lab, { 'b.ttl': 20 }, AbortSignal.timeout(5_000))
  for (const event of play(['b', config(20)])) live.onEvent({ ...event, seq: 9, atMs: 500 })
  await applied
  expect(patches).toEqual([['b', { ttl: 20 }]])
  expect(registered).toEqual([{ fault: 'cluster settings', part: 'b', text: 'set ttl' }])
})
