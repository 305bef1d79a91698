// Gets a fresh checkout to the point where the lab can run: packages, build, then hands over.
// Node's own modules only, and nothing newer than Node 18: this is what runs before anything is installed.
//
//   node setup.mjs start [chaoslab arguments]     what `npm start` runs
//   node setup.mjs test [vitest arguments]        what `npm test` runs

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = path.dirname(fileURLToPath(import.meta.url))
const inRoot = (...parts) => path.join(root, ...parts)
const node = inRoot('node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
const stampFile = inRoot('node_modules', '.chaoslab-installed')
const builtFile = inRoot('node_modules', '.chaoslab-built')

/** Runs a command; resolves with its exit code and, unless it shares our terminal, all that it printed. */
function run(command, args, { stdio = ['ignore', 'pipe', 'pipe'], gone } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio })
    gone?.addEventListener('abort', () => child.kill('SIGTERM'), { once: true })
    let output = ''
    child.stdout?.on('data', (chunk) => (output += chunk))
    child.stderr?.on('data', (chunk) => (output += chunk))
    // A Ctrl-C reaches the child by itself when both share a terminal; a signal sent to us alone must be passed on.
    const forward = (signal) => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal))
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward)
    child.on('error', (error) => resolve({ code: 2, output: `${command}: ${error.message}` }))
    child.on('close', (code, signal) => {
      for (const each of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeListener(each, forward)
      resolve({ code: code ?? (signal === 'SIGINT' ? 130 : 143), output })
    })
  })
}

/** One line that counts the seconds on a terminal; a line at the start and one at the end elsewhere. */
async function step(title, work) {
  const start = Date.now()
  const seconds = () => `${((Date.now() - start) / 1000).toFixed(1)} s`
  const isTerminal = process.stderr.isTTY
  const draw = () => process.stderr.write(`\r\x1b[2K… ${title}  ${seconds()}`)
  if (!isTerminal) process.stderr.write(`… ${title}\n`)
  const timer = isTerminal ? setInterval(draw, 100) : undefined
  const result = await work()
  clearInterval(timer)
  const mark = result.code === 0 ? '✓' : '✗'
  process.stderr.write(`${isTerminal ? '\r\x1b[2K' : ''}${mark} ${title}  ${seconds()}\n`)
  if (result.code !== 0) {
    process.stderr.write(`${result.output.trim()}\n`)
    process.exit(2)
  }
}

async function installPackages() {
  const lock = createHash('sha256')
    .update(readFileSync(inRoot('package-lock.json')))
    .digest('hex')
  const isCurrent = existsSync(stampFile) && existsSync(node) && readFileSync(stampFile, 'utf8') === lock
  if (isCurrent) return
  await step('installing packages (npm ci)', () => run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']))
  mkdirSync(path.dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, lock)
}

const tsc = inRoot('node_modules', 'typescript', 'bin', 'tsc')
const rolldown = inRoot('node_modules', 'rolldown', 'bin', 'cli.mjs')

/** What is compiled, into what, and how. */
const projects = [
  { from: 'src', into: 'dist', by: [[tsc], [rolldown, '-c']] },
  { from: 'labs', into: 'dist-labs', by: [[tsc, '-p', 'labs']] },
]
/** What says how, beside the sources. The lock file stands for the compiler and the types of all packages. */
const settings = ['tsconfig.json', path.join('labs', 'tsconfig.json'), 'rolldown.config.mjs', 'package-lock.json']

/** Compiles what has changed since it was last compiled here, or was compiled or touched by somebody else since. */
async function build() {
  const built = lastBuilt()
  const stale = projects.filter(({ from, into }) => built[into] !== `${sourcesOf(from)} ${outputsOf(into)}`)
  if (stale.length === 0) return
  await step('building', async () => {
    for (const { from, into, by } of stale) {
      // Of before: what is edited while it is compiled is compiled again the next time.
      const sources = sourcesOf(from)
      for (const command of by) {
        const result = await run(node, command)
        if (result.code !== 0) return result
      }
      built[into] = `${sources} ${outputsOf(into)}`
    }
    writeFileSync(builtFile, JSON.stringify(built))
    return { code: 0, output: '' }
  })
}

/** Nothing, where that is not known: as after a start that was killed while it wrote it down. */
function lastBuilt() {
  try {
    return JSON.parse(readFileSync(builtFile, 'utf8'))
  } catch {
    return {}
  }
}

/** By content: a time of change can lie. */
function sourcesOf(folder) {
  const files = filesIn(folder).filter((file) => /\.tsx?$/.test(file))
  return digest([...files, ...settings], (file) => readFileSync(file))
}

/** By size and time of change: that is cheap, and whoever else has compiled has changed it. */
function outputsOf(folder) {
  return digest(filesIn(folder), (file) => {
    const { size, mtimeMs } = statSync(file)
    return `${size} ${mtimeMs}`
  })
}

function digest(files, tell) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(`\0${file}\0`).update(tell(inRoot(file)))
  return hash.digest('hex')
}

/** All files below a folder, by their paths from the root, in the same order each time. */
function filesIn(folder) {
  if (!existsSync(inRoot(folder))) return []
  const entries = readdirSync(inRoot(folder), { withFileTypes: true })
  return entries
    .flatMap((entry) =>
      entry.isDirectory() ? filesIn(path.join(folder, entry.name)) : [path.join(folder, entry.name)],
    )
    .sort()
}

const [command, ...args] = process.argv.slice(2)
if (!['start', 'test'].includes(command)) {
  process.stderr.write('usage: node setup.mjs start|test [arguments]\n')
  process.exit(2)
}
if (Number(process.versions.node.split('.')[0]) < 18) {
  process.stderr.write(`Node ${process.versions.node} is too old: install Node 18 or newer.\n`)
  process.exit(2)
}

/** Our terminal, and a channel: by its end the lab knows that we were killed, and heals and ends. */
const shared = ['inherit', 'inherit', 'inherit', 'ipc']

await installPackages()
await build()
// When npm is killed, nobody sees any more what goes on here.
const gone = (await import(pathToFileURL(inRoot('dist', 'cli', 'launcher.js')).href)).launcherGone()
const chaoslab = inRoot('dist', 'cli', 'chaoslab.js')
if (command === 'start') {
  process.exit((await run(node, [chaoslab, ...args], { stdio: shared, gone })).code)
}
const up = await run(node, [chaoslab, 'up'], { stdio: shared, gone })
if (up.code !== 0) process.exit(up.code)
const vitest = inRoot('node_modules', 'vitest', 'vitest.mjs')
// As in test:unit: the unit tests use all cores, so a collector of garbage with threads of its own only takes them away.
const flags = ['--single-threaded-gc', '--min-semi-space-size=32', '--max-semi-space-size=64']
process.exit((await run(node, [...flags, vitest, 'run', ...args], { stdio: 'inherit', gone })).code)
