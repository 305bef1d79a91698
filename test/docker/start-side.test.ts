import { expect, test } from 'vitest'
import { connectEngine, type Engine } from '../../src/docker/engine.ts'
import { runSide, startSide } from '../../src/docker/start-side.ts'
import { startFakeEngine } from './fake-engine.ts'

const side = { image: 'tools', name: 'beside', labels: {}, command: ['true'] }

test('nothing is left of a container whose making is broken off: whoever is told so may end at once', async () => {
  const stop = new AbortController()
  const { engine, done } = fakeDocker({ onCreate: () => stop.abort(new Error('interrupted')) })
  await expect(startSide(engine, 'host', side, stop.signal)).rejects.toThrow('interrupted')
  expect(done).toEqual(['create', 'remove made'])
})

test('nor of one whose start is', async () => {
  const stop = new AbortController()
  const { engine, done } = fakeDocker({ onStart: () => stop.abort(new Error('interrupted')) })
  await expect(startSide(engine, 'host', side, stop.signal)).rejects.toThrow('interrupted')
  expect(done).toEqual(['create', 'start made', 'remove made'])
})

test('once it is broken off none is made any more', async () => {
  const { engine, done } = fakeDocker({})
  await expect(startSide(engine, 'host', side, AbortSignal.abort(new Error('interrupted')))).rejects.toThrow(
    'interrupted',
  )
  expect(done).toEqual([])
})

test('one that the engine cannot start is taken away', async () => {
  await using fake = await startFakeEngine()
  fake.answers.set('POST /containers/create', { status: 201, body: { Id: 'made' } })
  fake.answers.set('POST /containers/made/start', { status: 500, body: { message: 'no such command' } })
  fake.answers.set('DELETE /containers/made', 204)
  await expect(runSide(await connectEngine(fake.environment), 'host', side)).rejects.toThrow('no such command')
  expect(fake.requests.at(-1)).toMatch(/^DELETE \/containers\/made\?force=true/)
})

interface When {
  readonly onCreate?: () => void
  readonly onStart?: () => void
}

/** An engine that makes one container, and keeps the order of what was done to it. */
function fakeDocker({ onCreate = () => {}, onStart = () => {} }: When) {
  const done: string[] = []
  const container = {
    id: 'made',
    async start() {
      done.push('start made')
      onStart()
    },
    async remove() {
      done.push('remove made')
    },
  }
  const docker = {
    async createContainer() {
      done.push('create')
      onCreate()
      return container
    },
    getContainer: () => container,
  }
  const call = async (request: (docker: unknown, signal: AbortSignal) => Promise<unknown>, { signal = null } = {}) => {
    const given = signal as AbortSignal | null
    given?.throwIfAborted()
    const answer = await request(docker, new AbortController().signal)
    given?.throwIfAborted()
    return answer
  }
  return { engine: { call } as unknown as Engine, done }
}
