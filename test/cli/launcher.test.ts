import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'

// Real processes: whatever launched the lab is killed, and the lab heals and ends. As built: `npm test` builds first.

vi.setConfig({ testTimeout: 60_000 })

/** Stands for the lab: it runs until it is told to end, and says that it has healed. */
const WORKER = `
import { writeFileSync } from 'node:fs'
import { interruptSignal } from './interrupt.js'
const running = setInterval(() => {}, 1_000)
interruptSignal().addEventListener('abort', () => {
  writeFileSync('healed', '')
  clearInterval(running)
})
writeFileSync('began', process.pid + ' ' + process.ppid)
`

test('npm start: when npm is killed, the lab heals and ends', async () => {
  const root = await checkout()
  const npm = start('npm', ['start'], root)
  const { pid } = await begun(root)
  npm.kill('SIGKILL')
  await expectHealed(root, pid)
})

test('npm start: when what npm runs is killed, the lab heals and ends', async () => {
  const root = await checkout()
  start('npm', ['start'], root)
  const { pid, parent } = await begun(root)
  process.kill(parent, 'SIGKILL')
  await expectHealed(root, pid)
})

test('a script of npm that is the lab itself heals and ends when npm is killed', async () => {
  const root = await checkout()
  const npm = start('npm', ['run', 'chaoslab'], root)
  const { pid } = await begun(root)
  npm.kill('SIGKILL')
  await expectHealed(root, pid)
})

test('a lab whose shell ends goes on, as under nohup', async () => {
  const root = await checkout()
  const { pid } = await startBehindShell(root)
  process.kill(pid, 0)
  process.kill(pid, 'SIGTERM')
  await expectHealed(root, pid)
})

test('nobody reads what the lab prints any more: it heals and ends', async () => {
  const root = await checkout('setInterval(() => console.log("a line"), 20)')
  const worker = start('node', ['dist/cli/chaoslab.js'], root, 'pipe')
  const { pid } = await begun(root)
  worker.stdout?.destroy()
  await expect.poll(() => exists(path.join(root, 'healed'))).toBe(true)
  process.kill(pid, 'SIGKILL')
})

/** What setup.mjs finds in a checkout that is installed and built, with a worker in the place of the lab. */
async function checkout(more = ''): Promise<string> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'chaoslab-checkout-'))
  onTestFinished(() => rm(root, { recursive: true }))
  const put = async (file: string, text: string) => {
    await mkdir(path.join(root, path.dirname(file)), { recursive: true })
    await writeFile(path.join(root, file), text)
  }
  await cp('setup.mjs', path.join(root, 'setup.mjs'))
  const scripts = { start: 'node setup.mjs start', chaoslab: 'node dist/cli/chaoslab.js' }
  await put('package.json', JSON.stringify({ type: 'module', scripts }))
  await put('package-lock.json', '{}')
  await put('tsconfig.json', '{}')
  await put('labs/tsconfig.json', '{}')
  await put('node_modules/.chaoslab-installed', createHash('sha256').update('{}').digest('hex'))
  await put('node_modules/typescript/bin/tsc', '')
  await put('rolldown.config.mjs', '')
  await put('node_modules/rolldown/bin/cli.mjs', '')
  await put('node_modules/node/bin/.keep', '')
  await symlink(process.execPath, path.join(root, 'node_modules/node/bin/node'))
  await put('dist/cli/chaoslab.js', `${WORKER}${more}`)
  for (const file of ['launcher.js', 'interrupt.js']) {
    await cp(path.join('dist', 'cli', file), path.join(root, 'dist', 'cli', file))
  }
  return root
}

function start(command: string, args: readonly string[], cwd: string, stdout: 'ignore' | 'pipe' = 'ignore') {
  const child: ChildProcess = spawn(command, args, { cwd, stdio: ['ignore', stdout, 'inherit'], env: environment() })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** As a person's shell has it, not the npm that runs the tests. */
function environment(): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env
  return { PATH: `${path.dirname(process.execPath)}:${PATH}`, HOME }
}

/** A shell that leaves the lab in the background and has ended. */
async function startBehindShell(root: string): Promise<{ readonly pid: number }> {
  const shell = spawn(
    'sh',
    ['-c', 'node dist/cli/chaoslab.js & wait_for_it() { [ -e began ]; }; until wait_for_it; do :; done'],
    {
      cwd: root,
      stdio: 'ignore',
      env: environment(),
    },
  )
  await new Promise((resolve) => shell.on('exit', resolve))
  return begun(root)
}

async function begun(root: string): Promise<{ readonly pid: number; readonly parent: number }> {
  const file = path.join(root, 'began')
  await expect.poll(() => readFile(file, 'utf8').catch(() => '')).toMatch(/^\d+ \d+$/)
  const [pid = 0, parent = 0] = (await readFile(file, 'utf8')).split(' ').map(Number)
  onTestFinished(() => {
    if (isRunning(pid)) process.kill(pid, 'SIGKILL')
  })
  return { pid, parent }
}

async function expectHealed(root: string, pid: number): Promise<void> {
  await expect.poll(() => isRunning(pid)).toBe(false)
  expect(await exists(path.join(root, 'healed'))).toBe(true)
}

async function exists(file: string): Promise<boolean> {
  return readFile(file).then(
    () => true,
    () => false,
  )
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // One that has ended, and that nobody has asked how, is still listed.
    return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
