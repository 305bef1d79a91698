import { mkdir, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { runCommand } from '../../src/docker/run-command.ts'
import { createRecording } from '../../src/log/recording.ts'
import { newFolder } from '../new-folder.ts'
import { healthyRun } from '../report/fixture.ts'

// The built command, as a person would call it: `npm test` builds before it tests.
const chaoslab = (...args: string[]) =>
  runCommand(process.execPath, ['dist/cli/chaoslab.js', ...args], {
    env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' },
  })

test('--help shows the commands of docs/commands.md, all of them, and examples, and ends well', async () => {
  const { code, stdout } = await chaoslab('--help')
  expect(code).toBe(0)
  const [, commands = '', examples] = stdout.split(/^Commands:$|^Examples:$/m)
  const shown = [...commands.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name)
  const page = await readFile('docs/commands.md', 'utf8')
  const told = [...page.matchAll(/^\| `chaoslab ([a-z]+)/gm)].map(([, name]) => name)
  expect(new Set(shown.filter((name) => name !== 'help'))).toEqual(new Set(told))
  expect(shown).toContain('up')
  expect(examples).toContain('chaoslab up')
})

test.each([
  [['frobnicate'], /^no such command: frobnicate \(--help/],
  [['statsu'], /^no such command: statsu; did you mean status\?/],
  [['traffic', '--writes', 'lots'], /expected a rate like 200\/s/],
  [['traffic', '--for', 'ever'], /expected a duration like 30s/],
  [['up', '--preset', 'slow'], /^hw3: there is no preset slow; there are fast, default/],
  [['up', '--proxies', '0'], /expected a number, 1 or more/],
  [['traffic', '--endpoints', 'second'], /Allowed choices are first, all/],
  [['traffic', '--pipeline', '0'], /expected a number from 1 to 64/],
  [['status', '--lab', 'nowhere.yaml'], /^nowhere\.yaml: there is no such file/],
  [['status', '--lab', 'hw4'], /^no such lab: hw4; did you mean hw3\? \(chaoslab labs lists them/],
  [['status', '--lab', 'patroni'], /^no Docker engine answers/],
  [['status'], /^no Docker engine answers at unix:\/\/\/nowhere\/docker\.sock \(DOCKER_HOST\)/],
  [['ui'], /^the screen needs a terminal/],
  [['run', 'hw3', '--lab', 'test'], /^test: is a folder: name the files in it/],
  [['attach', 'nowhere'], /expected HOST:PORT of a REST API of Patroni/],
  [['attach', '127.0.0.1:1', '--out', 'package.json'], /^package.json is there already: .*--force/],
  [['report', 'no/such/run'], /^no\/such\/run does not exist; chaoslab runs lists the runs that are kept/],
  [['export', 'src/cli'], /^src\/cli is no folder of a run \(it has no events.ndjson\); chaoslab runs lists/],
  [['compare', 'no/such/run'], /^no\/such\/run does not exist; chaoslab runs lists the runs that are kept/],
  [['open', 'no/such/run'], /^no\/such\/run does not exist; chaoslab runs lists the runs that are kept/],
  [['open', '--out', 'no/runs'], /^no run is kept under no\/runs/],
  [['runs', '--prune', 'long'], /expected an age like 30d or 12h/],
  [['runs', '--yes'], /^--yes goes with --prune/],
  [['runs', '--prune', '30d', '--json'], /^--json is of the list/],
  [['completion', 'tcsh'], /Allowed choices are bash, zsh, fish/],
  [['status', '--jsn'], /^unknown option '--jsn' \(Did you mean --json\?\) \(--help shows/],
])('%j cannot be done: exit code 2 and one line that says why', async (args, message) => {
  const { code, stderr } = await chaoslab(...args)
  expect(code).toBe(2)
  expect(stderr).toMatch(message)
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
})

test('attach says that there is no engine, and goes on without its containers', async () => {
  const { code, stderr } = await chaoslab('attach', '127.0.0.1:1')
  expect(code).toBe(2)
  expect(stderr).toMatch(/^no Docker engine answers.*\nnothing at 127.0.0.1:1 answers as Patroni's REST API does/)
})

test('--debug adds where an error came from', async () => {
  expect((await chaoslab('--debug', 'frobnicate')).stderr).toContain('    at ')
})

/** Tells which packages a command has loaded: what it loads is what it makes a person wait for. */
const TELL_LOADED = `
  import { registerHooks } from 'node:module'
  const loaded = new Set()
  registerHooks({
    load(url, context, next) {
      const name = url.split('/node_modules/').at(-1).match(/^(?:@[^/]+[/])?[^/]+/)[0]
      if (url.includes('/node_modules/')) loaded.add(name)
      return next(url, context)
    },
  })
  process.on('exit', () => {
    const own = process.moduleLoadList.some((name) => name.includes('undici')) ? ['undici'] : []
    process.stderr.write('loaded: ' + [...loaded, ...own].join(' ') + '.')
  })`

async function packagesOf(...args: string[]): Promise<readonly string[]> {
  const hook = `data:text/javascript,${encodeURIComponent(TELL_LOADED)}`
  const { stderr } = await runCommand(process.execPath, ['--import', hook, 'dist/cli/chaoslab.js', ...args], {
    env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' },
  })
  return (
    /loaded: (.*)\.$/s
      .exec(stderr)?.[1]
      ?.split(' ')
      .filter((name) => name !== '') ?? []
  )
}

test('--help loads nothing but what reads a command line', async () => {
  expect(await packagesOf('--help')).toEqual([])
})

test('status loads what it asks with, and neither the screen nor what serves metrics, nor an SSH client, nor a second one for HTTP', async () => {
  const packages = await packagesOf('status')
  expect(packages).toContain('dockerode')
  for (const unwanted of ['ink', 'react', 'prom-client', 'string-width', 'ssh2', 'undici'])
    expect(packages).not.toContain(unwanted)
})

test('doctor tells of a missing engine, what to do about it, and ends with 1', async () => {
  const { code, stdout } = await chaoslab('doctor', '--json')
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject([{ check: 'engine', isGood: false, advice: expect.any(String) }])
})

test('report on what chaoslab run has kept writes the report of each run in it, also when it was killed before its end', async () => {
  const folder = newFolder()
  for (const name of ['leader-kill-1', 'leader-kill-2']) {
    await mkdir(path.join(folder, name))
    const recording = createRecording(path.join(folder, name, 'events.ndjson'), () => {})
    for (const event of healthyRun()) recording.onEvent(event)
    await recording.close()
  }
  const { code, stdout } = await chaoslab('report', folder)
  expect(code).toBe(0)
  for (const name of ['leader-kill-1', 'leader-kill-2']) {
    expect(stdout).toContain(path.join(folder, name, 'report.html'))
    expect(await readdir(path.join(folder, name))).toContain('summary.json')
  }
  expect((await chaoslab('replay', folder)).stderr).not.toContain('    at ')
  expect((await chaoslab('export', folder)).stderr).toContain(
    `name one of them; the latest is ${path.join(folder, 'leader-kill-2')}`,
  )
})
