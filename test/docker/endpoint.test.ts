import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { findEndpoint } from '../../src/docker/endpoint.ts'
import { EngineError } from '../../src/docker/engine-error.ts'
import { newFolder } from '../new-folder.ts'

let folder: string

beforeEach(() => {
  folder = newFolder()
})

test.each([
  ['unix:///run/user/1000/docker.sock', { type: 'socket', path: '/run/user/1000/docker.sock' }],
  ['unix://', { type: 'socket', path: '/var/run/docker.sock' }],
  ['npipe:////./pipe/docker_engine', { type: 'socket', path: '//./pipe/docker_engine' }],
  ['tcp://10.0.0.5:2375', { type: 'tcp', host: '10.0.0.5', port: 2375, tls: null }],
  ['tcp://10.0.0.5', { type: 'tcp', host: '10.0.0.5', port: 2375, tls: null }],
  ['tcp://proxy:80', { type: 'tcp', host: 'proxy', port: 80, tls: null }],
  ['tcp://[::1]:2375', { type: 'tcp', host: '::1', port: 2375, tls: null }],
  ['10.0.0.5:2375', { type: 'tcp', host: '10.0.0.5', port: 2375, tls: null }],
  ['https://engine', { type: 'tcp', host: 'engine', port: 2376, tls: { rejectUnauthorized: true } }],
  ['ssh://ann@engine:2222', { type: 'ssh', host: 'engine', port: 2222, user: 'ann' }],
  ['ssh://engine', { type: 'ssh', host: 'engine', port: null, user: null }],
])('DOCKER_HOST=%s is understood as the docker CLI does', (host, transport) => {
  const endpoint = findEndpoint({ DOCKER_HOST: host, DOCKER_CONFIG: folder })
  expect(endpoint).toMatchObject({ transport, chosenBy: 'DOCKER_HOST' })
})

test.each(['fd://3', 'tcp://', 'ssh://', 'tcp://host:port', '://'])(
  'DOCKER_HOST=%s is refused with its name',
  (host) => {
    const error = caught(() => findEndpoint({ DOCKER_HOST: host, DOCKER_CONFIG: folder }))
    expect(error.code).toBe('endpoint')
    expect(error.message).toContain(`DOCKER_HOST says ${host}`)
  },
)

test('without any setting it is the default socket', () => {
  const expected = { address: 'unix:///var/run/docker.sock', chosenBy: 'the default socket' }
  expect(findEndpoint({ DOCKER_CONFIG: folder })).toMatchObject(expected)
  expect(findEndpoint({ DOCKER_CONFIG: folder, DOCKER_HOST: '' })).toMatchObject(expected)
})

test('currentContext of config.json leads to the host of that context', async () => {
  await makeContext('rootless', { Host: 'unix:///run/user/1000/docker.sock' })
  await writeFile(path.join(folder, 'config.json'), JSON.stringify({ currentContext: 'rootless' }))
  const endpoint = findEndpoint({ DOCKER_CONFIG: folder })
  expect(endpoint.address).toBe('unix:///run/user/1000/docker.sock')
  expect(endpoint.chosenBy).toBe(`the context rootless of ${folder}/config.json`)
})

test('the config is looked for in the home folder when DOCKER_CONFIG is not set', async () => {
  const home = folder
  folder = path.join(home, '.docker')
  await makeContext('desktop', { Host: 'unix:///desktop.sock' })
  await writeFile(path.join(folder, 'config.json'), JSON.stringify({ currentContext: 'desktop' }))
  expect(findEndpoint({ HOME: home }).address).toBe('unix:///desktop.sock')
  folder = home
})

test('DOCKER_CONTEXT wins over currentContext, and DOCKER_HOST over both', async () => {
  await makeContext('one', { Host: 'unix:///one.sock' })
  await makeContext('two', { Host: 'unix:///two.sock' })
  await writeFile(path.join(folder, 'config.json'), JSON.stringify({ currentContext: 'one' }))
  const environment = { DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'two' }
  expect(findEndpoint(environment).address).toBe('unix:///two.sock')
  expect(findEndpoint({ ...environment, DOCKER_HOST: 'unix:///three.sock' }).address).toBe('unix:///three.sock')
})

test('the context "default" is the default socket', () => {
  expect(findEndpoint({ DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'default' }).address).toBe('unix:///var/run/docker.sock')
})

test('a context that does not exist is an error that names it and who named it', () => {
  const error = caught(() => findEndpoint({ DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'gone' }))
  expect(error.code).toBe('endpoint')
  expect(error.message).toBe(
    'DOCKER_CONTEXT names the Docker context gone, which does not exist: see docker context ls',
  )
})

test.each([
  ['half a file', '{"Endpoints"'],
  ['no host', '{"Endpoints":{"docker":{}}}'],
])('a context with %s is an error', async (_, text) => {
  await makeContext('bad', {})
  await writeFile(metaFile('bad'), text)
  expect(caught(() => findEndpoint({ DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'bad' })).code).toBe('endpoint')
})

test('a config.json that is no JSON is passed over, and told', async () => {
  await writeFile(path.join(folder, 'config.json'), '{')
  const endpoint = findEndpoint({ DOCKER_CONFIG: folder })
  expect(endpoint.address).toBe('unix:///var/run/docker.sock')
  expect(endpoint.chosenBy).toContain('is not valid JSON')
})

test('DOCKER_TLS_VERIFY takes the certificates of DOCKER_CERT_PATH and the port 2376', async () => {
  await writeFile(path.join(folder, 'ca.pem'), 'CA')
  const endpoint = findEndpoint({ DOCKER_HOST: 'tcp://engine', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder })
  const tls = { ca: Buffer.from('CA'), rejectUnauthorized: true }
  expect(endpoint.transport).toEqual({ type: 'tcp', host: 'engine', port: 2376, tls })
})

test('a context brings its own certificates', async () => {
  await makeContext('far', { Host: 'tcp://engine:2376', SkipTLSVerify: true })
  const tlsFolder = path.join(folder, 'contexts', 'tls', digest('far'), 'docker')
  await mkdir(tlsFolder, { recursive: true })
  await writeFile(path.join(tlsFolder, 'key.pem'), 'KEY')
  const { transport } = findEndpoint({ DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'far' })
  expect(transport).toMatchObject({ tls: { key: Buffer.from('KEY'), rejectUnauthorized: false } })
})

function digest(name: string): string {
  return createHash('sha256').update(name).digest('hex')
}

function metaFile(name: string): string {
  return path.join(folder, 'contexts', 'meta', digest(name), 'meta.json')
}

async function makeContext(name: string, docker: object): Promise<void> {
  await mkdir(path.dirname(metaFile(name)), { recursive: true })
  await writeFile(metaFile(name), JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker } }))
}

function caught(act: () => unknown): EngineError {
  try {
    act()
  } catch (error) {
    if (error instanceof EngineError) return error
  }
  throw new Error('expected an EngineError')
}
