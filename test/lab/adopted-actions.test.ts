import { expect, it } from 'vitest'
import type { ActiveFault } from '../../src/faults/held.ts'
import { createInjector } from '../../src/faults/injector.ts'
import { adopt, release } from '../../src/lab/adopted-actions.ts'
import { createEventLog } from '../../src/log/event-log.ts'
import type { Verb } from '../../src/model/events.ts'
import { fakeWorld } from '../faults/fake-world.ts'
import { shape } from '../model/events.ts'

/** A person at the keys, on a lab without Docker: each verb is adopted, done and released as the lab does it. */
function keys() {
  const world = fakeWorld()
  const log = createEventLog(world.clock)
  let id = 0
  const journal = {
    add: async (about: object) => ({ ...about, id: String(id++), at: new Date(0).toISOString() }) as never,
    settle: async () => {},
    lifted: async () => new Map(),
    onTouched: () => {},
    close: async () => {},
  }
  const faults = createInjector({ signal: new AbortController().signal, world, log, journal })
  return {
    world,
    faults,
    async press(verb: Verb, service: string) {
      await adopt(faults, verb, service, shape)
      await world.containers.act(verb, service)
      await release(faults, verb, service, shape)
    },
    inForce: () => faults.active().map(({ fault, parts }: ActiveFault) => `${fault} ${parts}`),
  }
}

it.each([
  [['stop'], ['stop etcd1']],
  [['kill'], ['kill etcd1']],
  [['pause'], ['pause etcd1']],
  [['start'], []],
  [['restart'], []],
  [['stop', 'start'], []],
  [['kill', 'start'], []],
  [['kill', 'restart'], []],
  [['pause', 'unpause'], []],
  [['pause', 'stop', 'start'], []],
  [['stop', 'unpause'], ['stop etcd1']],
] as [Verb[], string[]][])('after %j, %j is in force', async (verbs, inForce) => {
  const { press, faults, inForce: found } = keys()
  for (const verb of verbs) await press(verb, 'etcd1')
  expect(found()).toEqual(inForce)
  await faults.healAll()
})

it.each(['stop', 'kill', 'pause'] as const)('a %s is put back by healing', async (verb) => {
  const { world, press, faults } = keys()
  await press(verb, 'etcd1')
  expect(await faults.healAll()).toEqual([])
  expect(world.facts.get('etcd1')?.state).toBe('running')
})

it('a stop that did not come about is settled', async () => {
  const { faults, inForce } = keys()
  const settle = await adopt(faults, 'stop', 'etcd1', shape)
  expect(inForce()).toEqual(['stop etcd1'])
  await settle()
  expect(inForce()).toEqual([])
})

it('what is started is settled there, and nowhere else', async () => {
  const { press, inForce, faults } = keys()
  await press('stop', 'etcd1')
  await press('stop', 'etcd2')
  await press('start', 'etcd1')
  expect(inForce()).toEqual(['stop etcd2'])
  await faults.healAll()
})

it('a part is named as the lab names it, whatever its container is called', async () => {
  const { faults, inForce } = keys()
  await adopt(faults, 'stop', 'pg-one', shape)
  expect(inForce()).toEqual(['stop patroni1'])
  await release(faults, 'start', 'pg-one', shape)
  expect(inForce()).toEqual([])
})

it('a container that is no part is put back as well', async () => {
  const { faults, inForce } = keys()
  await adopt(faults, 'stop', 'prometheus', shape)
  expect(inForce()).toEqual(['stop prometheus'])
})
