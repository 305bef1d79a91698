import { open } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { connectEngine, type Engine, openEngine, readVersion } from '../../src/docker/engine.ts'
import { EngineError } from '../../src/docker/engine-error.ts'
import { freePort } from '../free-port.ts'
import { newFolder } from '../new-folder.ts'
import { writeProgram } from '../program.ts'
import { type FakeEngine, startFakeEngine } from './fake-engine.ts'

test.each(['unix', 'tcp'] as const)('an engine on a %s address answers with its version', async (on) => {
  await using fake = await startFakeEngine(on)
  const engine = await connectEngine(fake.environment)
  expect(engine).toMatchObject({ version: '20.10.24', address: fake.address, chosenBy: 'DOCKER_HOST' })
})

test('the address comes from the environment that was given, not from the process', async () => {
  await using fake = await startFakeEngine('unix')
  const before = process.env.DOCKER_HOST
  process.env.DOCKER_HOST = 'tcp://127.0.0.1:1'
  try {
    expect((await connectEngine(fake.environment)).version).toBe('20.10.24')
  } finally {
    if (before === undefined) delete process.env.DOCKER_HOST
    else process.env.DOCKER_HOST = before
  }
})

test('an ssh address runs docker system dial-stdio on the other side', async () => {
  await using fake = await startFakeEngine('tcp')
  const folder = newFolder()
  const { port } = new URL(fake.address)
  const log = path.join(folder, 'arguments')
  const relay = `const s=require('net').connect(${port},'127.0.0.1');process.stdin.pipe(s);s.pipe(process.stdout)`
  writeProgram(path.join(folder, 'ssh'), `#!/bin/sh\necho "$*" >> ${log}\nexec "${process.execPath}" -e "${relay}"\n`)
  const engine = await connectEngine({ PATH: `${folder}:${process.env.PATH}`, DOCKER_HOST: 'ssh://ann@far:2222' })
  try {
    expect(engine.version).toBe('20.10.24')
    expect(await engine.call(readVersion)).toBe('20.10.24')
    const { readFile } = await import('node:fs/promises')
    // One line: the second call used the connection of the first.
    expect(await readFile(log, 'utf8')).toBe(
      '-T -o BatchMode=yes -o ConnectTimeout=10 -l ann -p 2222 -- far docker system dial-stdio\n',
    )
  } finally {
    engine.close()
  }
})

test('many calls at once over ssh, which log in a few at a time, are all answered', async () => {
  await using fake = await startFakeEngine('tcp')
  const folder = newFolder()
  const { port } = new URL(fake.address)
  const relay = `const s=require('net').connect(${port},'127.0.0.1');process.stdin.pipe(s);s.pipe(process.stdout)`
  writeProgram(path.join(folder, 'ssh'), `#!/bin/sh\nexec "${process.execPath}" -e "${relay}"\n`)
  const engine = openEngine({ PATH: `${folder}:${process.env.PATH}`, DOCKER_HOST: 'ssh://ann@busy' })
  try {
    const calls = Array.from({ length: 8 }, () => engine.call(readVersion, { deadlineMs: null }))
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 8 }, () => '20.10.24'))
  } finally {
    engine.close()
  }
})

test('an ssh that cannot connect, or is not there, is an unreachable engine', async () => {
  const folder = newFolder()
  const environment = { PATH: folder, DOCKER_HOST: 'ssh://far' }
  expect(await failure(connectEngine(environment))).toMatchObject({ code: 'unreachable' })
  writeProgram(path.join(folder, 'ssh'), '#!/bin/sh\nexit 255\n')
  expect((await failure(connectEngine(environment))).message).toContain('ssh says: ssh ended with 255')
})

test('an ssh that cannot be started now is told each time, however many ask', async () => {
  const folder = newFolder()
  writeProgram(path.join(folder, 'ssh'), '#!/bin/sh\nexit 255\n')
  const engine = openEngine({ PATH: folder, DOCKER_HOST: 'ssh://ann@written' })
  await using _writer = await open(path.join(folder, 'ssh'), 'r+')
  for (const _ of Array(6)) {
    const asked = engine.call(readVersion, { deadlineMs: null })
    expect((await failure(asked)).message).toBe('the engine does not answer (ETXTBSY)')
  }
})

test.each([
  ['a wrong key', 255, 'ann@far: Permission denied (publickey).'],
  ['no docker over there', 127, 'bash: line 1: docker: command not found'],
])('what ssh says of %s is told, however it breaks', async (_what, code, says) => {
  const folder = newFolder()
  writeProgram(
    path.join(folder, 'ssh'),
    `#!/bin/sh\nexec <&-\necho 'Warning: something else' >&2\necho '${says}' >&2\nexit ${code}\n`,
  )
  const { message } = await failure(connectEngine({ PATH: folder, DOCKER_HOST: 'ssh://ann@far' }))
  expect(message).toBe(`no Docker engine answers at ssh://ann@far (DOCKER_HOST): ssh says: ${says}`)
})

test('when nobody answers, one line says where, why there, and what to do', async () => {
  const error = await failure(connectEngine({ DOCKER_HOST: 'unix:///nowhere/docker.sock' }))
  expect(error.code).toBe('unreachable')
  expect(error.message).toMatch(/unix:\/\/\/nowhere\/docker\.sock \(DOCKER_HOST\).*ENOENT.*start Docker/)
  expect(error.message).not.toContain('\n')
})

test('a port that refuses is unreachable too', async () => {
  const port = await freePort()
  const error = await failure(connectEngine({ DOCKER_HOST: `tcp://127.0.0.1:${port}` }))
  expect(error).toMatchObject({ code: 'unreachable' })
  expect(error.message).toContain('ECONNREFUSED')
})

test('an engine that accepts and says nothing is given up at the deadline', async () => {
  await using fake = await startFakeEngine()
  fake.answers.set('GET /version', 'hang')
  const error = await failure(connectEngine(fake.environment, { deadlineMs: 50 }))
  expect(error.code).toBe('timeout')
  expect(error.message).toContain(fake.address)
})

test('something else that speaks HTTP is not taken for an engine', async () => {
  await using fake = await startFakeEngine('tcp')
  fake.answers.set('GET /version', { status: 200, body: { hello: 'world' } })
  expect((await failure(connectEngine(fake.environment))).code).toBe('unexpected')
  fake.answers.set('GET /version', 404)
  expect(await failure(connectEngine(fake.environment))).toMatchObject({ code: 'status', statusCode: 404 })
})

test('a body that is cut in half ends at the deadline instead of never', async () => {
  await using fake = await startFakeEngine()
  const engine = await connectEngine(fake.environment)
  fake.answers.set('GET /version', 'half')
  expect((await failure(engine.call(readVersion, { deadlineMs: 50 }))).code).toBe('timeout')
})

test('a call ends with the reason of its signal, and drops the connection', async () => {
  await using fake = await startFakeEngine()
  const engine = await connectEngine(fake.environment)
  fake.answers.set('GET /version', 'hang')
  const stop = new AbortController()
  const call = engine.call(readVersion, { signal: stop.signal, deadlineMs: null })
  stop.abort(new Error('enough'))
  await expect(call).rejects.toThrow('enough')
  await expect(engine.call(readVersion, { signal: stop.signal })).rejects.toThrow('enough')
})

test('a request that throws at once is an error like any other', async () => {
  await using fake = await startFakeEngine()
  const engine = await connectEngine(fake.environment)
  const broken = engine.call(() => {
    throw new TypeError('no such method')
  })
  expect((await failure(broken)).code).toBe('unexpected')
})

test('a stream gives its lines, whole ones only, and leaves out what is no JSON', async () => {
  await using fake = await startFakeEngine()
  const engine = await connectEngine(fake.environment)
  const lines = await openEvents(engine)
  await opened(fake)
  fake.send('/events', '{"n":1}\n{"n"')
  expect(await lines.next()).toEqual({ done: false, value: { n: 1 } })
  fake.send('/events', ':2}\nnonsense\n\n{"n":3}\n{"half":')
  expect(await lines.next()).toEqual({ done: false, value: { n: 2 } })
  expect(await lines.next()).toEqual({ done: false, value: { n: 3 } })
  fake.cut()
  expect((await failure(lines.next())).code).toBe('cut')
})

test('a stream that is not read when it is cut breaks nothing, and tells the reader later', async () => {
  await using fake = await startFakeEngine()
  const engine = await connectEngine(fake.environment)
  const lines = await openEvents(engine)
  await opened(fake)
  fake.cut()
  await closed(fake)
  expect((await failure(lines.next())).code).toBe('cut')
})

test('a stream ends quietly when its signal aborts, and is closed on the engine’s side', async () => {
  await using fake = await startFakeEngine()
  const engine = await connectEngine(fake.environment)
  const stop = new AbortController()
  const lines = await openEvents(engine, { signal: stop.signal })
  await opened(fake)
  const next = lines.next()
  stop.abort()
  expect(await next).toEqual({ done: true, value: undefined })
  await closed(fake)
})

test('a stream that falls silent for longer than it may is cut', async () => {
  await using fake = await startFakeEngine()
  const engine = await connectEngine(fake.environment)
  const lines = await openEvents(engine, { silenceMs: 30 })
  expect((await failure(lines.next())).message).toContain('silent')
  await closed(fake)
})

test('a stream that the engine does not open is given up at the deadline', async () => {
  await using fake = await startFakeEngine()
  const engine = await connectEngine(fake.environment)
  fake.answers.set('GET /events', 'hang')
  expect((await failure(openEvents(engine, { deadlineMs: 50 }))).code).toBe('timeout')
})

function openEvents(engine: Engine, options: Parameters<Engine['stream']>[1] = {}) {
  return engine.stream((docker, abortSignal) => docker.getEvents({ abortSignal }), options)
}

async function opened(fake: FakeEngine): Promise<void> {
  await expect.poll(() => fake.open('/events')).toBe(1)
}

async function closed(fake: FakeEngine): Promise<void> {
  await expect.poll(() => fake.open('/events')).toBe(0)
}

async function failure(promise: Promise<unknown>): Promise<EngineError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (error instanceof EngineError) return error
  throw new Error(`expected an EngineError, not ${error}`)
}
