import { createHash } from 'node:crypto'
import { cp, mkdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { runCommand } from '../../src/docker/run-command.ts'
import { newFolder } from '../new-folder.ts'

let root = ''
beforeEach(async () => {
  root = await checkout()
})

test('the first start builds both, and prints what the program prints', async () => {
  expect(await start()).toEqual({ built: ['dist', 'dist-labs'], printed: 'one' })
})

test('a second start builds nothing', async () => {
  await start()
  expect(await start()).toEqual({ built: [], printed: 'one' })
})

test.each([
  ['a source has changed', 'src/text.ts', 'two', ['dist'], 'two'],
  ['one is new', 'src/cli/new.ts', '', ['dist'], 'one'],
  ['a source of the labs has changed', 'labs/app.tsx', 'x', ['dist-labs'], 'one'],
  ['the settings of the compiler have', 'tsconfig.json', '{ }', ['dist', 'dist-labs'], 'one'],
  ['those of the bundler have', 'rolldown.config.mjs', ' ', ['dist', 'dist-labs'], 'one'],
])('when %s, that is rebuilt, and nothing older is run', async (_, file, text, built, printed) => {
  await start()
  await put(file, text)
  expect(await start()).toEqual({ built, printed })
})

test('a source that is taken back to what it was, and has the time of then, is not taken for what was built', async () => {
  const old = new Date('2026-01-01')
  await utimes(path.join(root, 'src/text.ts'), old, old)
  await start()
  await put('src/text.ts', 'six')
  await utimes(path.join(root, 'src/text.ts'), old, old)
  expect(await start()).toEqual({ built: ['dist'], printed: 'six' })
})

test('what somebody else has compiled since, or deleted, is rebuilt, though no source has changed', async () => {
  await start()
  await put('dist/text.js', 'two')
  expect(await start()).toEqual({ built: ['dist'], printed: 'one' })
  await rm(path.join(root, 'dist-labs'), { recursive: true })
  expect((await start()).built).toEqual(['dist-labs'])
})

test('what could not be compiled is compiled again the next time, and nothing is run', async () => {
  await start()
  await put('src/text.ts', 'mistake')
  expect(await start()).toEqual({ built: ['dist'], printed: '' })
  expect(await start()).toEqual({ built: ['dist'], printed: '' })
  await put('src/text.ts', 'three')
  expect(await start()).toEqual({ built: ['dist'], printed: 'three' })
})

test('a start that was killed while it wrote down what it had built hinders no later one', async () => {
  await start()
  await put('node_modules/.chaoslab-built', '{"dist":')
  expect(await start()).toEqual({ built: ['dist', 'dist-labs'], printed: 'one' })
  expect((await start()).built).toEqual([])
})

/** What setup.mjs finds in a checkout that is installed, with a compiler that writes down what it compiled, of which a bundler makes what is run. */
async function checkout(): Promise<string> {
  const made = newFolder()
  await cp('setup.mjs', path.join(made, 'setup.mjs'))
  const files = {
    'package.json': '{ "type": "module" }',
    'package-lock.json': '{}',
    'tsconfig.json': '{}',
    'labs/tsconfig.json': '{}',
    'rolldown.config.mjs': '',
    'labs/app.tsx': '',
    'src/text.ts': 'one',
    'node_modules/.chaoslab-installed': createHash('sha256').update('{}').digest('hex'),
    'node_modules/typescript/bin/tsc': COMPILER,
    'node_modules/rolldown/bin/cli.mjs': BUNDLER,
  }
  for (const [file, text] of Object.entries(files)) await put(file, text, made)
  await mkdir(path.join(made, 'node_modules/node/bin'), { recursive: true })
  await symlink(process.execPath, path.join(made, 'node_modules/node/bin/node'))
  return made
}

const COMPILER = `
const { appendFileSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs')
const into = process.argv.includes('labs') ? 'dist-labs' : 'dist'
appendFileSync('compiled', into + ' ')
mkdirSync(into + '/cli', { recursive: true })
const text = readFileSync('src/text.ts', 'utf8')
writeFileSync(into + '/compiled.js', text)
writeFileSync(into + '/cli/launcher.js', 'export const launcherGone = () => undefined')
writeFileSync(into + '/cli/chaoslab.js', "import { readFileSync } from 'node:fs'; console.log(readFileSync('dist/text.js', 'utf8'))")
if (text === 'mistake') process.exit(2)
`

const BUNDLER = `
import { copyFileSync } from 'node:fs'
copyFileSync('dist/compiled.js', 'dist/text.js')
`

async function put(file: string, text: string, at = root): Promise<void> {
  await mkdir(path.join(at, path.dirname(file)), { recursive: true })
  await writeFile(path.join(at, file), text)
}

async function start(): Promise<{ readonly built: readonly string[]; readonly printed: string }> {
  await put('compiled', '')
  const { stdout } = await runCommand(process.execPath, [path.join(root, 'setup.mjs'), 'start'])
  const built = (await readFile(path.join(root, 'compiled'), 'utf8')).split(' ').filter((each) => each !== '')
  return { built, printed: stdout.trim() }
}
