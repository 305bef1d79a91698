import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connectEngine } from '../../src/docker/engine.ts'
import { ensureLabNode } from '../../src/docker/lab-node.ts'
import type { Progress } from '../../src/docker/progress.ts'
import { newFolder } from '../new-folder.ts'
import { type FakeEngine, startFakeEngine } from './fake-engine.ts'

let fake: FakeEngine
let folder: string
let said: string[]
beforeEach(async () => {
  fake = await startFakeEngine()
  folder = newFolder()
  said = []
  fake.answers.set('GET /images/debian:trixie-slim/json', { status: 200, body: {} })
  fake.answers.set('POST /build', { status: 200, body: Buffer.from('{"stream":"Step 1/7"}\n') })
})
afterEach(async () => {
  await fake[Symbol.asyncDispose]()
})

const progress: Progress = {
  step: (title, work) => {
    said.push(title)
    return work((detail) => said.push(detail))
  },
  say: (line) => said.push(line),
}

/** Stands in for the build context's own script: remembers where it was told to put it. */
async function script(body = ''): Promise<string> {
  const file = path.join(folder, 'build-context.mjs')
  const text = `import { mkdirSync, writeFileSync } from 'node:fs'
const folder = process.argv[2]
mkdirSync(folder + '/app', { recursive: true })
for (const name of ['Dockerfile', 'node', 'app/main.js']) writeFileSync(folder + '/' + name, name)
writeFileSync(${JSON.stringify(path.join(folder, 'where'))}, folder)
${body}
console.log(JSON.stringify({ folder, hash: 'abc' }))\n`
  await writeFile(file, text)
  return file
}

const built = () => fake.requests.filter((request) => request.startsWith('POST /build'))
const imageWith = (hash: string) => ({
  status: 200,
  body: { Config: { Labels: { 'chaoslab.dockerfile.sha256': hash } } },
})
const ensure = async (file: string) => ensureLabNode({ engine: await connectEngine(fake.environment), progress }, file)

test('the image is built where there is none, carries the hash of all it is made of, and leaves no folder behind', async () => {
  fake.answers.set('GET /images/lab-node/json', 404)
  await ensure(await script())
  expect(built()).toHaveLength(1)
  expect(built()[0]).toContain('t=lab-node')
  expect(built()[0]).toContain('"chaoslab.dockerfile.sha256":"abc"')
  expect(said).toEqual(['building the image lab-node', 'Step 1/7'])
  expect(existsSync(await readFile(path.join(folder, 'where'), 'utf8'))).toBe(false)
})

test('a build that fails says why, and does not pass for one that went well', async () => {
  fake.answers.set('GET /images/lab-node/json', 404)
  const failing = '{"stream":"Step 1/7"}\n{"errorDetail":{"message":"no answers"},"error":"COPY failed: no answers"}\n'
  fake.answers.set('POST /build', { status: 200, body: Buffer.from(failing) })
  await expect(ensure(await script())).rejects.toThrow('the Docker engine says: COPY failed: no answers')
})

test('an image made of the same is not built again; one made of something else is', async () => {
  fake.answers.set('GET /images/lab-node/json', imageWith('abc'))
  await ensure(await script())
  expect(built()).toEqual([])
  expect(said).toEqual([])
  fake.answers.set('GET /images/lab-node/json', imageWith('older'))
  await ensure(await script())
  expect(built()).toHaveLength(1)
})

test('where nothing is compiled, or nothing can be put together, one line says so', async () => {
  await expect(ensure(path.join(folder, 'absent.js'))).rejects.toThrow('not compiled: npm run build')
  const failing = await script('console.error("the package pg is not installed"); process.exit(1)')
  await expect(ensure(failing)).rejects.toThrow(
    'what lab-node is built from cannot be put together: the package pg is not installed',
  )
  expect(built()).toEqual([])
  expect(existsSync(await readFile(path.join(folder, 'where'), 'utf8'))).toBe(false)
})
