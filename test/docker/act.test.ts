import { afterEach, describe, expect, test, vi } from 'vitest'
import { act, ContainerError, dockerCommand } from '../../src/docker/act.ts'
import { connectEngine } from '../../src/docker/engine.ts'
import { composeContainer, type FakeEngine, idOf, startFakeEngine } from './fake-engine.ts'

const project = { project: 'demo' }
const verbs = ['stop', 'start', 'restart', 'kill', 'pause', 'unpause'] as const

afterEach(() => {
  vi.useRealTimers()
})

test.each(verbs)('%s goes to the one container of the service, by its id, with nothing added', async (verb) => {
  await using fake = await startFakeEngine()
  fake.containers.push(composeContainer('db'), composeContainer('db2'))
  const acted = await act(await connectEngine(fake.environment), project, verb, 'db')
  expect(acted).toEqual({ id: idOf('demodbfalse'), name: 'demo_db_1' })
  expect(orders(fake)).toEqual([`POST /containers/${idOf('demodbfalse')}/${verb}`])
})

describe('outside the scope', () => {
  const hostile = [
    '',
    ' ',
    '.',
    '..',
    '../x',
    '/db',
    'db/../../images',
    'db?force=1',
    'db\n',
    '-db',
    'd b',
    '%2e%2e',
    '*',
  ]

  test.each(verbs.flatMap((verb) => hostile.map((name) => [verb, name] as const)))(
    '%s of %j is refused without a word to the engine',
    async (verb, name) => {
      await using fake = await startFakeEngine()
      fake.containers.push(composeContainer('db'))
      const engine = await connectEngine(fake.environment)
      fake.requests.length = 0
      for (const scope of [project, { containers: ['db', name] }]) {
        expect(await failure(act(engine, scope, verb, name))).toMatchObject({ code: 'outside-scope' })
      }
      expect(fake.requests).toEqual([])
    },
  )

  test('a name that the list of names does not hold is refused without a word to the engine', async () => {
    await using fake = await startFakeEngine()
    fake.containers.push({ id: idOf('other'), name: 'other' })
    const engine = await connectEngine(fake.environment)
    fake.requests.length = 0
    const error = await failure(act(engine, { containers: ['pg1', 'pg2'] }, 'kill', 'other'))
    expect(error).toMatchObject({
      code: 'outside-scope',
      message: '"other" is not in the containers pg1, pg2: left alone',
    })
    expect(fake.requests).toEqual([])
  })

  const foreign = composeContainer('db', { project: 'other' })
  const oneoff = composeContainer('run', { oneoff: true })
  const mine = composeContainer('web')

  test.each([
    ['a service of another project', 'db'],
    ['the name of a foreign container', foreign.name],
    ['the id of a foreign container', foreign.id],
    ['the short id of a foreign container', foreign.id.slice(0, 12)],
    ['a one-off run', 'run'],
    ['the id of one’s own container, which is no service', mine.id],
    ['the name of one’s own container, which is no service', mine.name],
    ['a service in other letters', 'WEB'],
  ])('%s reaches no container', async (_, name) => {
    await using fake = await startFakeEngine()
    fake.containers.push(foreign, oneoff, mine)
    const engine = await connectEngine(fake.environment)
    for (const verb of verbs) {
      expect(await failure(act(engine, project, verb, name))).toMatchObject({ code: 'outside-scope' })
    }
    expect(orders(fake)).toEqual([])
  })
})

test('a service of several containers is left alone', async () => {
  await using fake = await startFakeEngine()
  fake.containers.push(composeContainer('db'), composeContainer('db', { id: idOf('two'), name: 'demo_db_2' }))
  const error = await failure(act(await connectEngine(fake.environment), project, 'kill', 'db'))
  expect(error).toMatchObject({ code: 'ambiguous', message: expect.stringContaining('demo_db_1, demo_db_2') })
  expect(orders(fake)).toEqual([])
})

test.each([
  ['stop', 304, 'exited', 'db is not running'],
  ['start', 304, 'running', 'db is already running'],
  ['start', 409, 'paused', 'db is paused: unpause it instead'],
  ['kill', 409, 'exited', 'db is not running'],
  ['kill', 409, 'created', 'db is not running'],
  ['pause', 409, 'exited', 'db is not running'],
  ['pause', 409, 'paused', 'db is already paused'],
  ['unpause', 500, 'running', 'db is not paused'],
  ['unpause', 409, 'exited', 'db is not paused'],
] as const)('%s answered %d while %s: "%s"', async (verb, status, state, message) => {
  await using fake = await startFakeEngine()
  fake.containers.push(composeContainer('db', { state }))
  fake.answers.set('POST', status)
  const error = await failure(act(await connectEngine(fake.environment), project, verb, 'db'))
  expect(error).toMatchObject({ code: 'wrong-state', message })
})

test('a refusal that the state does not explain keeps the engine’s own words', async () => {
  await using fake = await startFakeEngine()
  fake.containers.push(composeContainer('db', { state: 'exited' }))
  fake.answers.set('POST', { status: 500, body: { message: 'port is already\n allocated' } })
  const starting = act(await connectEngine(fake.environment), project, 'start', 'db')
  await expect(starting).rejects.toMatchObject({
    name: 'EngineError',
    statusCode: 500,
    message: 'cannot start db: the engine refused: port is already allocated',
  })
})

test.each([
  ['pause', 5],
  ['stop', 1],
] as const)('%s of a container that goes on running is tried %i times when the engine fails', async (verb, tries) => {
  await using fake = await startFakeEngine()
  fake.containers.push(composeContainer('db', { state: 'running' }))
  fake.answers.set('POST', { status: 500, body: { message: 'OCI runtime pause failed: unable to freeze' } })
  const acting = act(await connectEngine(fake.environment), project, verb, 'db')
  await expect(acting).rejects.toMatchObject({ statusCode: 500, message: expect.stringContaining('unable to freeze') })
  expect(orders(fake)).toHaveLength(tries)
})

test('a container that is removed meanwhile is told as such', async () => {
  await using fake = await startFakeEngine()
  fake.containers.push(composeContainer('db'))
  fake.answers.set('POST', 404)
  const error = await failure(act(await connectEngine(fake.environment), project, 'kill', 'db'))
  expect(error.message).toBe('db has been removed')
})

test.each([
  ['its own stop_grace_period', 60, 60_000],
  ['ten seconds where it has none', undefined, 10_000],
])('a stop is not given up before the container had %s', async (_, stopTimeout, graceMs) => {
  await using fake = await startFakeEngine()
  fake.containers.push(composeContainer('db', stopTimeout === undefined ? {} : { stopTimeout }))
  const engine = await connectEngine(fake.environment)
  fake.answers.set('POST', 'hang')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const outcome = { error: null as unknown }
  const stopping = act(engine, project, 'stop', 'db').catch((error) => {
    outcome.error = error
  })
  while (orders(fake).length === 0) await new Promise((resolve) => setImmediate(resolve))
  await vi.advanceTimersByTimeAsync(graceMs + 10_000)
  expect(outcome.error).toBeNull()
  await vi.advanceTimersByTimeAsync(60_000)
  await stopping
  expect(outcome.error).toMatchObject({ code: 'timeout' })
})

test('a stop that may last for ever still ends with its signal', async () => {
  await using fake = await startFakeEngine()
  fake.containers.push(composeContainer('db', { stopTimeout: -1 }))
  const engine = await connectEngine(fake.environment)
  fake.answers.set('POST', 'hang')
  const stop = new AbortController()
  const stopping = act(engine, project, 'stop', 'db', stop.signal)
  await expect.poll(() => orders(fake).length).toBe(1)
  stop.abort(new Error('the lab ends'))
  await expect(stopping).rejects.toThrow('the lab ends')
})

test('the command by hand', () => {
  expect(dockerCommand('stop', 'hw3_patroni1_1')).toBe('docker stop hw3_patroni1_1')
})

/** What was asked of containers, beyond looking. */
function orders(fake: FakeEngine): string[] {
  return fake.requests.filter((request) => !request.startsWith('GET ')).map((request) => request.replace(/\?$/, ''))
}

async function failure(promise: Promise<unknown>): Promise<ContainerError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (error instanceof ContainerError) return error
  throw new Error(`expected a ContainerError, not ${error}`)
}
