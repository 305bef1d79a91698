import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import net, { type AddressInfo } from 'node:net'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { newFolder } from '../new-folder.ts'

// Real processes: whatever launched the lab is killed, and the lab heals and ends. As built: `npm test` builds first.

/** Stands for the lab: it runs until it is told to end, and tells the test who it is, and that it has healed. */
const worker = (port: number) => `
import net from 'node:net'
import { interruptSignal } from './interrupt.js'
const running = setInterval(() => {}, 1_000)
const test = net.connect(${port}, '127.0.0.1')
test.unref()
interruptSignal().addEventListener('abort', () => {
  test.write('healed\\n')
  clearInterval(running)
})
test.write(process.pid + ' ' + process.ppid + '\\n')
`

test('npm start: when npm is killed, the lab heals and ends', async () => {
  const lab = await checkout()
  const npm = start('npm', ['start'], lab.root)
  await lab.begun()
  npm.kill('SIGKILL')
  await lab.healed()
  await lab.gone()
})

test('npm start: when what npm runs is killed, the lab heals and ends', async () => {
  const lab = await checkout()
  start('npm', ['start'], lab.root)
  const { parent } = await lab.begun()
  process.kill(parent, 'SIGKILL')
  await lab.healed()
  await lab.gone()
})

test('a script of npm that is the lab itself heals and ends when npm is killed', async () => {
  const lab = await checkout()
  const npm = start('npm', ['run', 'chaoslab'], lab.root)
  await lab.begun()
  npm.kill('SIGKILL')
  await lab.healed()
  await lab.gone()
})

test('a lab whose shell ends goes on, as under nohup', async () => {
  const lab = await checkout()
  const shell = start('sh', ['-c', 'node dist/cli/chaoslab.js & read -r end'], lab.root)
  const { pid } = await lab.begun()
  const ended = once(shell, 'exit')
  shell.stdin.end('\n')
  await ended
  process.kill(pid, 'SIGTERM')
  await lab.healed()
  await lab.gone()
})

test('nobody reads what the lab prints any more: it heals', async () => {
  const lab = await checkout('setInterval(() => console.log("a line"), 20)')
  const { stdout } = start('node', ['dist/cli/chaoslab.js'], lab.root)
  await lab.begun()
  stdout.destroy()
  await lab.healed()
})

/** What setup.mjs finds in a checkout that is installed and built, with a worker in the place of the lab. */
async function checkout(more = '') {
  const root = newFolder()
  const { port, ...lab } = await listen()
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
  await put('dist/cli/chaoslab.js', `${worker(port)}${more}`)
  for (const file of ['launcher.js', 'interrupt.js']) {
    await cp(path.join('dist', 'cli', file), path.join(root, 'dist', 'cli', file))
  }
  return { root, ...lab }
}

/** Hears what one lab tells, in the order in which it does; it ends with the test. */
async function listen() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const lines = told(server)
  return {
    port: (server.address() as AddressInfo).port,
    /** Which process it is, once it is there, and who started it. */
    async begun() {
      const [pid = 0, parent = 0] = String((await lines.next()).value)
        .split(' ')
        .map(Number)
      onTestFinished(() => endOf(pid))
      return { pid, parent }
    },
    healed: async () => expect(await lines.next()).toMatchObject({ value: 'healed' }),
    gone: async () => expect(await lines.next()).toMatchObject({ done: true }),
  }
}

async function* told(server: net.Server): AsyncGenerator<string, void> {
  const [socket] = (await once(server, 'connection')) as [net.Socket]
  yield* createInterface({ input: socket })
}

function endOf(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

function start(command: string, args: readonly string[], cwd: string) {
  const child = spawn(command, args, { cwd, stdio: ['pipe', 'pipe', 'inherit'], env: environment() })
  child.stdout.resume()
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** As a person's shell has it, not the npm that runs the tests. */
function environment(): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env
  return { PATH: `${path.dirname(process.execPath)}:${PATH}`, HOME }
}
