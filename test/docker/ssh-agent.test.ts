import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import type { Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import { openEngine, readVersion } from '../../src/docker/engine.ts'
import { sshAgent } from '../../src/docker/ssh-agent.ts'
import { newFolder } from '../new-folder.ts'
import { writeProgram } from '../program.ts'

/** Ends with the connection, as `docker system dial-stdio` does, and tells that it has. */
const ENDS = "s.on('close',()=>process.exit(0));process.on('exit',()=>fs.appendFileSync(log,'ended\\n'))"
/** The same, but its pipe is somebody's for a moment longer. */
const LEAVES_ITS_PIPE =
  "s.on('close',()=>{require('child_process').spawn('sleep',['0.2'],{stdio:['ignore','inherit','ignore'],detached:true}).unref();process.exit(0)})"
/** Reads nothing more once it has been answered, and does not end: nobody can tell until something is written to it. */
const DEAF =
  "s.once('data',()=>{process.stdin.destroy();setImmediate(()=>{fs.closeSync(0);fs.appendFileSync(log,'deaf\\n')});setInterval(()=>{},1e6)})"

const REQUEST = 'GET /version HTTP/1.1\r\nHost: docker\r\n\r\n'

function connect(environment: NodeJS.ProcessEnv): Promise<Duplex> {
  const agent = sshAgent({ host: 'far', port: null, user: 'ann' }, environment)
  return new Promise((resolve, reject) => {
    agent.createConnection({}, (error, made) => (error ? reject(error) : resolve(made)))
  })
}

/** An engine behind an `ssh` that behaves like this; every request is kept, and whoever gets `break` gets no answer. */
async function overSsh(behaviour: string, answer: (nth: number) => 'break' | 'answer' = () => 'answer') {
  const folder = newFolder()
  const log = path.join(folder, 'log')
  await writeFile(log, '')
  const requests: string[] = []
  const server = http.createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    if (answer(requests.length) === 'break') request.socket.destroy()
    else response.end(JSON.stringify({ Version: '26.1.5', Id: 'made' }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const relay = `const fs=require('fs'),log='${log}';const s=require('net').connect(${port},'127.0.0.1');s.on('error',()=>{});process.stdin.pipe(s);s.pipe(process.stdout);${behaviour}`
  writeProgram(
    path.join(folder, 'ssh'),
    `#!/bin/sh\nexec "${process.execPath}" -e "${relay.replaceAll('\n', '\\n')}"\n`,
  )
  const environment = { PATH: `${folder}:${process.env.PATH}`, DOCKER_HOST: 'ssh://ann@far' }
  const engine = openEngine(environment)
  return {
    environment,
    requests,
    ask: () => engine.call(readVersion, { deadlineMs: null }),
    make: () => engine.call((docker) => docker.createContainer({ Image: 'one' }), { deadlineMs: null }),
    /** Awaits that every `ssh` has said this so many times. */
    said: (word: string, times: number) =>
      expect.poll(async () => (await readFile(log, 'utf8')).split(word).length - 1).toBe(times),
    cut: () => server.closeAllConnections(),
    async [Symbol.asyncDispose]() {
      engine.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test.each([
  ['with its ssh', ENDS],
  ['after its ssh', LEAVES_ITS_PIPE],
])('a connection that ends %s while nobody uses it is closed, and not used again', async (_, behaviour) => {
  await using far = await overSsh(behaviour)
  const connection = await connect(far.environment)
  const [answered, closed] = [once(connection, 'data'), once(connection, 'close')]
  connection.write(REQUEST)
  await answered
  await far.ask()
  far.cut()
  await closed
  await far.ask()
  expect(far.requests).toHaveLength(3)
})

test.each(['ask', 'make'] as const)('what could not be written is sent on a new connection: %s', async (what) => {
  await using far = await overSsh(DEAF)
  await far.ask()
  await far.said('deaf', 1)
  await far[what]()
  expect(far.requests).toHaveLength(2)
})

test('who only asks asks again, once, when the connection breaks before the answer', async () => {
  await using far = await overSsh(ENDS, (nth) => (nth === 1 ? 'break' : 'answer'))
  expect(await far.ask()).toBe('26.1.5')
  expect(far.requests).toEqual(['GET /version', 'GET /version'])
  await using gone = await overSsh(ENDS, () => 'break')
  await expect(gone.ask()).rejects.toThrow('the connection to the engine broke (ECONNRESET)')
  expect(gone.requests).toHaveLength(2)
})

test('what may have been done is not done twice: that its connection broke is told', async () => {
  await using far = await overSsh(ENDS, () => 'break')
  await expect(far.make()).rejects.toMatchObject({
    code: 'unreachable',
    message: 'the connection to the engine broke (ECONNRESET)',
  })
  expect(far.requests).toEqual(['POST /containers/create?Image=one'])
})

test('an empty write breaks by nothing: HTTP makes one when all was sent, and the answer may have come by then', async () => {
  await using far = await overSsh(DEAF)
  const connection = await connect(far.environment)
  const write = (text: string) =>
    new Promise<string | undefined>((resolve) => {
      connection.write(text, (error) => resolve((error as NodeJS.ErrnoException | undefined)?.code))
    })
  connection.on('error', () => {}).resume()
  await write(REQUEST)
  await far.said('deaf', 1)
  expect(await write('')).toBeUndefined()
  expect(await write('more')).toBe('EPIPE')
})
