import { expect, test } from 'vitest'
import { listContainers, listStates } from '../../src/docker/containers.ts'
import { connectEngine } from '../../src/docker/engine.ts'
import { labContainers } from '../../src/docker/lab-containers.ts'
import { composeContainer, idOf, startFakeEngine } from './fake-engine.ts'

const project = { project: 'demo' }

test('a project’s containers are listed by service, running or not', async () => {
  await using fake = await startFakeEngine()
  fake.containers.push(
    composeContainer('db', { inspect: { Health: { Status: 'healthy' } } }),
    composeContainer('cache', { state: 'exited', inspect: { ExitCode: 137, Health: { Status: 'unhealthy' } } }),
  )
  const listed = await listContainers(await connectEngine(fake.environment), project)
  const startedAt = '2026-11-20T07:37:05.117645537Z'
  const cache = { name: 'demo_cache_1', state: 'exited', health: null, exitCode: 137, startedAt }
  const db = { name: 'demo_db_1', state: 'running', health: 'healthy', exitCode: null, startedAt }
  expect(listed).toEqual([
    { service: 'cache', container: { id: idOf('democachefalse'), ...cache } },
    { service: 'db', container: { id: idOf('demodbfalse'), ...db } },
  ])
  expect(fake.requests).toContain('GET /containers/json?all=true&filters={"label":["com.docker.compose.project=demo"]}')
})

test('their states alone take one question', async () => {
  await using fake = await startFakeEngine()
  fake.containers.push(
    composeContainer('db'),
    composeContainer('cache', { state: 'exited' }),
    composeContainer('x', { oneoff: true }),
  )
  const engine = await connectEngine(fake.environment)
  fake.requests.length = 0
  expect(await listStates(engine, project)).toEqual([
    { service: 'cache', state: 'exited' },
    { service: 'db', state: 'running' },
  ])
  expect(fake.requests).toHaveLength(1)
})

test('one-off runs and what the engine lets through of others are left out', async () => {
  await using fake = await startFakeEngine()
  fake.containers.push(
    composeContainer('db', { oneoff: true }),
    composeContainer('db', { project: 'other' }),
    { id: idOf('stray'), name: 'stray' },
    { id: idOf('half'), name: 'half', labels: { 'com.docker.compose.project': 'demo' } },
  )
  expect(await listContainers(await connectEngine(fake.environment), project)).toEqual([])
})

test('a scope of names takes these very names and no longer ones', async () => {
  await using fake = await startFakeEngine()
  fake.containers.push({ id: idOf('pg'), name: 'pg' }, { id: idOf('pg2'), name: 'pg-2' }, composeContainer('pg'))
  const listed = await listContainers(await connectEngine(fake.environment), { containers: ['pg', 'gone'] })
  expect(listed.map(({ service, container }) => [service, container.id])).toEqual([['pg', idOf('pg')]])
})

test('a container tells its addresses, a fixed one also while it does not run', async () => {
  await using fake = await startFakeEngine()
  const fixed = { IPAMConfig: { IPv4Address: '172.30.91.21' } }
  fake.containers.push(
    composeContainer('db', {
      networks: { lab: { ...fixed, IPAddress: '172.30.91.21' }, other: { IPAddress: '10.0.0.7' } },
    }),
    composeContainer('off', { state: 'exited', networks: { lab: { ...fixed, IPAddress: '' } } }),
    composeContainer('unfixed', { state: 'exited', networks: { lab: { IPAddress: '', IPAMConfig: null } } }),
  )
  const listed = await listContainers(await connectEngine(fake.environment), project)
  const addresses = listed.map(({ service, container }) => [service, container.addresses])
  expect(addresses).toEqual([
    ['db', ['172.30.91.21', '10.0.0.7']],
    ['off', ['172.30.91.21']],
    ['unfixed', undefined],
  ])
})

test('of several containers of a service the running one comes first, then the newest', async () => {
  await using fake = await startFakeEngine()
  fake.containers.push(
    composeContainer('db', { id: idOf('old'), state: 'exited', created: 1 }),
    composeContainer('db', { id: idOf('new'), state: 'created', created: 3 }),
    composeContainer('db', { id: idOf('live'), state: 'running', created: 2 }),
  )
  const listed = await listContainers(await connectEngine(fake.environment), project)
  expect(listed.map(({ container }) => container.id)).toEqual([idOf('live'), idOf('new'), idOf('old')])
})

test.each([
  ['a check that has not run yet', 'running', { Health: { Status: 'starting' } }, { health: 'starting' }],
  ['no check', 'running', { Health: { Status: 'none' } }, { health: null }],
  ['paused', 'paused', { Health: { Status: 'unhealthy' } }, { health: 'unhealthy', exitCode: null }],
  ['never started', 'created', { StartedAt: '0001-01-01T00:00:00Z' }, { startedAt: null, exitCode: null }],
  ['ended well', 'exited', { ExitCode: 0 }, { exitCode: 0 }],
])('inspection: %s', async (_, state, inspect, expected) => {
  await using fake = await startFakeEngine()
  fake.containers.push(composeContainer('db', { state, inspect }))
  const [db] = await listContainers(await connectEngine(fake.environment), project)
  expect(db?.container).toMatchObject({ state, ...expected })
})

test.each([
  ['running', 'Up 2 minutes (unhealthy)', { health: 'unhealthy', exitCode: null }],
  ['running', 'Up 2 seconds (health: starting)', { health: 'starting' }],
  ['paused', 'Up 2 minutes (Paused)', { health: null }],
  ['exited', 'Exited (137) 2 seconds ago', { health: null, exitCode: 137 }],
])('a container that cannot be inspected is told from the list: %s, %s', async (state, status, expected) => {
  await using fake = await startFakeEngine()
  const db = composeContainer('db', { state, status })
  fake.containers.push(db, composeContainer('web'))
  fake.answers.set(`GET /containers/${db.id}/json`, 500)
  const listed = await listContainers(await connectEngine(fake.environment), project)
  expect(listed[0]?.container).toMatchObject({ id: db.id, state, startedAt: null, ...expected })
  expect(listed[1]).toMatchObject({ service: 'web', container: { state: 'running' } })
})

test('an inspection that hangs does not hang the list', async () => {
  await using fake = await startFakeEngine()
  const db = composeContainer('db')
  fake.containers.push(db, composeContainer('web'))
  fake.answers.set(`GET /containers/${db.id}/json`, 'hang')
  const listed = await listContainers(await connectEngine(fake.environment), project)
  expect(listed.map(({ service, container }) => [service, container.startedAt === null])).toEqual([
    ['db', true],
    ['web', false],
  ])
})

test('a container that goes between list and inspection is left out', async () => {
  await using fake = await startFakeEngine()
  const db = composeContainer('db')
  fake.containers.push(db)
  fake.answers.set(`GET /containers/${db.id}/json`, 404)
  expect(await listContainers(await connectEngine(fake.environment), project)).toEqual([])
})

test('a list of another shape is an error and no empty list', async () => {
  await using fake = await startFakeEngine()
  fake.answers.set('GET /containers/json', { status: 200, body: [{ Id: '../x', State: 'running' }] })
  const listing = listContainers(await connectEngine(fake.environment), project)
  await expect(listing).rejects.toMatchObject({ code: 'unexpected' })
})

test('the command by hand uses the container’s own name once it has been seen', async () => {
  await using fake = await startFakeEngine()
  fake.containers.push(composeContainer('db'))
  const containers = labContainers(await connectEngine(fake.environment), project)
  expect(containers.commandFor('stop', 'db')).toBe('docker compose -p demo stop db')
  await containers.list()
  expect(containers.commandFor('stop', 'db')).toBe('docker stop demo_db_1')
  const byName = labContainers(await connectEngine(fake.environment), { containers: ['pg'] })
  expect(byName.commandFor('kill', 'pg')).toBe('docker kill pg')
})

test('while nothing happens, one that has run for minutes is not looked at again until the list says something else of it', async () => {
  await using fake = await startFakeEngine()
  const db = composeContainer('db', { status: 'Up 2 minutes (healthy)', inspect: { Health: { Status: 'healthy' } } })
  fake.containers.push(
    db,
    composeContainer('web', { status: 'Up 4 seconds' }),
    composeContainer('off', { state: 'exited', status: 'Exited (0) 3 hours ago' }),
  )
  let nowMs = 0
  const containers = labContainers(await connectEngine(fake.environment), project, () => nowMs)
  const looks = async (isQuiet: boolean) => {
    fake.requests.length = 0
    const listed = await containers.list(undefined, isQuiet)
    expect(listed.map(({ service }) => service)).toEqual(['db', 'off', 'web'])
    const looked = fake.requests.filter((request) => request.endsWith('/json') && !request.includes('?'))
    return { looked: looked.length, db: listed[0]?.container }
  }
  expect(await looks(false)).toMatchObject({ looked: 3, db: { state: 'running', health: 'healthy' } })
  expect(await looks(true)).toMatchObject({ looked: 2, db: { state: 'running', health: 'healthy' } })
  nowMs += 9_999
  expect(await looks(true)).toMatchObject({ looked: 2 })
  nowMs += 10_000
  expect(await looks(true)).toMatchObject({ looked: 3 })
  // The list can be late after an event.
  db.inspect = { Status: 'exited', ExitCode: 137 }
  expect(await looks(false)).toMatchObject({ looked: 3, db: { state: 'exited', exitCode: 137 } })
  db.status = 'Up 2 minutes (unhealthy)'
  db.inspect = { Health: { Status: 'unhealthy' } }
  expect(await looks(true)).toMatchObject({ looked: 3, db: { state: 'running', health: 'unhealthy' } })
})
