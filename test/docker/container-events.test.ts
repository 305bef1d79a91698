import { expect, test } from 'vitest'
import { type ContainerEvent, containerEvents } from '../../src/docker/container-events.ts'
import { connectEngine } from '../../src/docker/engine.ts'
import { composeContainer, eventOf, type FakeEngine, idOf, startFakeEngine } from './fake-engine.ts'

const db = composeContainer('db')

test('events of the scope come with what they carry', async () => {
  await using fake = await startFakeEngine()
  const next = await follow(fake, { project: 'demo' })
  const common = {
    service: 'db',
    containerId: db.id,
    exitCode: null,
    signal: null,
    timeNano: 1_795_160_224_000_000_000,
  }
  fake.send('/events', eventOf(db, 'kill', { signal: '9' }))
  expect(await next()).toEqual({ ...common, action: 'kill', signal: 9 })
  fake.send('/events', eventOf(db, 'die', { exitCode: '137' }))
  expect(await next()).toEqual({ ...common, action: 'die', exitCode: 137 })
  fake.send('/events', eventOf(db, 'health_status: unhealthy'))
  expect(await next()).toEqual({ ...common, action: 'health_status: unhealthy' })
})

test('other projects, one-off runs, health checks and odd lines are left out', async () => {
  await using fake = await startFakeEngine()
  const next = await follow(fake, { project: 'demo' })
  fake.send('/events', eventOf(composeContainer('db', { project: 'other' }), 'die'))
  fake.send('/events', eventOf(composeContainer('db', { oneoff: true }), 'start'))
  for (const action of ['exec_create: curl', 'exec_start: curl', 'exec_die', 'attach', 'top']) {
    fake.send('/events', eventOf(db, action))
  }
  fake.send('/events', { Type: 'network', Action: 'connect' })
  fake.send('/events', eventOf(db, 'oom'))
  expect(await next()).toMatchObject({ action: 'oom' })
})

test('the engine is asked for the scope and the wanted actions only', async () => {
  await using fake = await startFakeEngine()
  await follow(fake, { containers: ['pg'] })
  const asked = fake.requests.find((request) => request.startsWith('GET /events'))
  const filters = JSON.parse(asked?.split('filters=')[1] ?? '')
  expect(filters).toMatchObject({ type: ['container'], container: ['pg'] })
  expect(filters.event).toContain('health_status')
  expect(filters.event.filter((action: string) => action.startsWith('exec'))).toEqual([])
})

test('a scope of names takes these very names', async () => {
  await using fake = await startFakeEngine()
  const next = await follow(fake, { containers: ['pg'] })
  fake.send('/events', eventOf({ id: idOf('pg-2'), name: 'pg-2' }, 'die'))
  fake.send('/events', eventOf({ id: idOf('pg'), name: 'pg' }, 'start'))
  expect(await next()).toMatchObject({ service: 'pg', action: 'start' })
})

test('a cut stream throws, so that the reader can open another', async () => {
  await using fake = await startFakeEngine()
  const next = await follow(fake, { project: 'demo' })
  fake.cut()
  await expect(next()).rejects.toMatchObject({ code: 'cut' })
})

async function follow(
  fake: FakeEngine,
  scope: Parameters<typeof containerEvents>[1],
): Promise<() => Promise<ContainerEvent>> {
  const events = await containerEvents(await connectEngine(fake.environment), scope)
  const iterator = events[Symbol.asyncIterator]()
  return async () => (await iterator.next()).value
}
