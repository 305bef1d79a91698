import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { CLIENT_FILES, clientProgram, ERROR_FILE, RUN_SCRIPT } from '../../../src/lab/clients/client-program.ts'
import { packWrite, SAID_FILE, TOLD_FILE } from '../../../src/lab/clients/protocol.ts'
import { HEAR_SCRIPT } from '../../../src/lab/clients/site-clients.ts'
import { parseJson } from '../../../src/model/parse-json.ts'
import { eventually } from '../../eventually.ts'
import { newFolder } from '../../new-folder.ts'

const at = { host: '10.0.0.1', port: 5001 }
const credentials = { database: 'app', user: 'app', password: 'secret' }
const src = path.resolve(import.meta.dirname, '..', '..', '..', 'src')

/** Every file that is loaded with this one, and the packages that they name. */
async function loadedWith(file: string, found = new Map<string, readonly string[]>()) {
  const text = await readFile(file, 'utf8')
  const imports = [...text.matchAll(/^(?:import|export)\s+(?!type\b)[^;'"]*?from\s+'([^']+)'/gms)].map(
    ([, name = '']) => name,
  )
  found.set(
    path.relative(src, file),
    imports.filter((name) => !name.startsWith('.')),
  )
  for (const name of imports.filter((each) => each.startsWith('.'))) {
    const next = path.resolve(path.dirname(file), name)
    if (!found.has(path.relative(src, next))) await loadedWith(next, found)
  }
  return found
}

it('all that the program loads goes along with it, and its packages are in the image', async () => {
  const loaded = await loadedWith(path.join(src, 'cli', 'clients.ts'))
  expect(loaded.size).toBeGreaterThan(30)
  const isSent = (file: string) => CLIENT_FILES.some((each) => file.startsWith(`${each}/`) || file === each)
  expect([...loaded.keys()].map((file) => file.replace(/ts$/, 'js')).filter((file) => !isSent(file))).toEqual([])
  const packages = new Set([...loaded.values()].flat().filter((name) => !name.startsWith('node:')))
  expect([...packages]).toEqual(['pg'])
  expect(await readFile(path.join(src, '..', 'labs', 'node', 'build-context.ts'), 'utf8')).toContain("'pg',")
})

it('its files are looked for in the folder of the package', () => {
  const settings = { runId: 'run1', workload: 'events', write: [at], read: [at], credentials, pipeline: 1 } as const
  const { files, environment } = clientProgram({ ...settings, probeEveryMs: 100 }, 'lab-1234')
  expect(files.root).toBe(path.dirname(src))
  expect(JSON.parse(environment.CHAOSLAB_CLIENTS ?? '')).toEqual({ ...settings, probeEveryMs: 100 })
})

it('what the lab says replaces what it said before, and what it reads begins where it has read up to', async () => {
  const folder = newFolder()
  const here = (file: string) => path.join(folder, path.basename(file))
  const script = HEAR_SCRIPT.replaceAll(SAID_FILE, here(SAID_FILE)).replaceAll(TOLD_FILE, here(TOLD_FILE))
  const hear = async (said: string, from: number) =>
    (await promisify(execFile)('sh', ['-c', script, 'chaoslab', said, String(from)])).stdout
  await writeFile(here(TOLD_FILE), '{"a":1}\n{"b":2}\n')
  expect(await hear('{"n":1}', 1)).toBe('{"a":1}\n{"b":2}\n')
  expect(await hear(`{"n":2,"it's":"$HOME %s"}`, 9)).toBe('{"b":2}\n')
  expect(await hear('{"n":3}', 17)).toBe('')
  expect(await readFile(here(SAID_FILE), 'utf8')).toBe('{"n":3}')
})

it.each([
  [
    'a module that is not there',
    "import 'not-there'",
    /^exit code 1: Error \[ERR_MODULE_NOT_FOUND\]: Cannot find .*not-there/,
  ],
  ['an error', String.raw`throw new TypeError('a "b" \\ c')`, /^exit code 1: TypeError: a b {2}c$/],
  ['no word at all', 'process.kill(process.pid, "SIGKILL")', /^exit code 137$/],
])('where the program breaks by %s, that is told before its container is gone', async (_what, program, why) => {
  const folder = newFolder()
  const told = path.join(folder, 'told')
  await writeFile(path.join(folder, 'clients.mjs'), program)
  await writeFile(told, '{"type":"began","zeroUnixMs":1}\n{"type":"wri')
  const script = RUN_SCRIPT.replaceAll(TOLD_FILE, told)
    .replaceAll(ERROR_FILE, path.join(folder, 'error'))
    .replace('node dist/cli/clients.js', `'${process.execPath}' '${folder}/clients.mjs'`)
  const shell = spawn('sh', ['-c', script], { stdio: 'ignore' })
  await eventually(async () => {
    const lines = (await readFile(told, 'utf8')).split('\n').map(parseJson)
    expect(lines).toContainEqual({ type: 'failed', why: expect.stringMatching(why) })
  })
  // As the engine asks the first process of a container to end, which ends by no signal that it does not listen to.
  shell.kill('SIGTERM')
  await once(shell, 'exit')
})

it('a write keeps all that the ledger holds of it', () => {
  const write = {
    seq: 7,
    dueMs: 1.26,
    sentMs: 1.31,
    answeredMs: 9,
    outcome: 'ok',
    code: null,
    node: 'x',
    lsn: 5,
    digest: -3,
  } as const
  expect(packWrite(write)).toEqual([7, 1.3, 1.3, 9, 'ok', null, 'x', 5, -3])
  expect(packWrite({ ...write, sentMs: null })[2]).toBeNull()
})
