import { expect, it } from 'vitest'
import { buildContainer, creationRequest, readBlueprint, removeContainer } from '../../src/docker/blueprint.ts'
import { connectEngine } from '../../src/docker/engine.ts'
import { composeContainer, type FakeEngine, startFakeEngine } from './fake-engine.ts'

const scope = { project: 'demo' }
const db = composeContainer('db')

/** Has the engine tell of `db` what it is made of: two networks, an image whose name may mean another one by now. */
async function engineWith({ nameMeans = 'sha256:one' } = {}): Promise<FakeEngine> {
  const fake = await startFakeEngine()
  fake.containers.push(db)
  const body = {
    Id: db.id,
    Name: `/${db.name}`,
    Image: 'sha256:one',
    Config: { Image: 'patroni', Hostname: db.id.slice(0, 12), Env: ['A=1'], Labels: db.labels },
    HostConfig: { NetworkMode: 'demo_b', Memory: 2 ** 62, MemorySwap: -1, CpuQuota: -1, Binds: ['data:/data:rw'] },
    NetworkSettings: {
      Networks: {
        demo_a: { Aliases: null, IPAMConfig: null, Links: null },
        demo_b: { Aliases: ['db', db.id.slice(0, 12)], IPAMConfig: { IPv4Address: '10.0.0.9' }, Links: null },
      },
    },
  }
  fake.answers.set(`GET /containers/${db.id}/json`, { status: 200, body })
  fake.answers.set('GET /images/patroni/json', { status: 200, body: { Id: nameMeans } })
  return fake
}

it('holds all that a container was made from, and nothing of what it came to be', async () => {
  await using fake = await engineWith()
  const engine = await connectEngine(fake.environment)
  const blueprint = await readBlueprint(engine, scope, 'db')
  expect(blueprint).toMatchObject({
    service: 'db',
    name: 'demo_db_1',
    config: { Image: 'patroni', Hostname: '', Env: ['A=1'], Labels: db.labels },
    hostConfig: { Memory: 0, MemorySwap: 0, CpuQuota: 0, Binds: ['data:/data:rw'] },
    networks: [
      ['demo_b', { Aliases: ['db'], IPAMConfig: { IPv4Address: '10.0.0.9' } }],
      ['demo_a', { Aliases: [] }],
    ],
  })
  expect(JSON.parse(JSON.stringify(blueprint))).toMatchObject(blueprint)
  expect(creationRequest(blueprint)).toMatchObject({
    Image: 'patroni',
    HostConfig: { NetworkMode: 'demo_b' },
    NetworkingConfig: { EndpointsConfig: { demo_b: { Aliases: ['db'] } } },
  })
})

it('names the image by its id where the name means another one by now', async () => {
  await using fake = await engineWith({ nameMeans: 'sha256:two' })
  const engine = await connectEngine(fake.environment)
  expect((await readBlueprint(engine, scope, 'db')).config).toMatchObject({ Image: 'sha256:one' })
})

it('makes what is missing, joins it to its other networks, and starts it', async () => {
  await using fake = await engineWith()
  const engine = await connectEngine(fake.environment)
  const blueprint = await readBlueprint(engine, scope, 'db')
  fake.containers.splice(0)
  const inspected = { Id: 'new', Name: '/x', Image: '', Config: { Image: '' }, HostConfig: { NetworkMode: 'demo_b' } }
  fake.answers.set('POST /containers/create', { status: 201, body: { Id: 'new' } })
  fake.answers.set('GET /containers/new/json', {
    status: 200,
    body: { ...inspected, NetworkSettings: { Networks: { demo_b: {} } } },
  })
  fake.answers.set('POST /networks/demo_a/connect', 200)
  fake.answers.set('POST /containers/new/start', 304)
  fake.requests.splice(0)
  await buildContainer(engine, scope, blueprint)
  const posted = fake.requests.filter((request) => request.startsWith('POST')).map((request) => request.split('&')[0])
  expect(posted).toEqual([
    'POST /containers/create?name=demo_db_1',
    'POST /networks/demo_a/connect',
    'POST /containers/new/start',
  ])
})

it('makes nothing that would not be in the scope, and removes nothing that is not', async () => {
  await using fake = await engineWith()
  const engine = await connectEngine(fake.environment)
  const blueprint = await readBlueprint(engine, scope, 'db')
  fake.requests.splice(0)
  const foreign = { ...blueprint, config: { ...blueprint.config, Labels: { 'com.docker.compose.project': 'other' } } }
  await expect(buildContainer(engine, scope, foreign)).rejects.toMatchObject({ code: 'outside-scope' })
  await expect(removeContainer(engine, scope, 'web')).rejects.toMatchObject({ code: 'outside-scope' })
  expect(fake.requests.filter((request) => !request.startsWith('GET'))).toEqual([])
})
