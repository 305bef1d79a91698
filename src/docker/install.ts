import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AnsweringEngine, connectEngine } from './engine.ts'
import { EngineError } from './engine-error.ts'
import { type Progress, SetupError } from './progress.ts'
import { lastLine, runCommand } from './run-command.ts'

const DOCKERD_LOG = '/var/log/chaoslab-dockerd.log'
const START_TIMEOUT_MS = 60_000

export interface InstallOptions {
  readonly progress: Progress
  /** Whether the engine answers at its default address. */
  readonly answers: () => Promise<boolean>
}

/**
 * Installs and starts a Docker engine on this machine: Debian or Ubuntu, as root, unless CHAOSLAB_INSTALL=0.
 * @throws {SetupError} that says what to install, where that is not for the lab to do.
 */
export async function installEngine({ progress, answers }: InstallOptions): Promise<void> {
  if (!(await hasCommand('dockerd'))) {
    requirePermission('the Docker engine', 'no Docker engine answers: install Docker, start it')
    await aptInstall(progress, ['docker.io'])
  } else {
    requirePermission('starting dockerd', 'the Docker engine is installed but not running: start it')
  }
  await startEngine(progress, answers)
}

/** Installs packages from the distribution, in one step that says which. */
export async function aptInstall(progress: Progress, packages: readonly string[]): Promise<void> {
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  await progress.step(`installing ${packages.join(', ')} from the distribution`, async (detail) => {
    const update = await runCommand('apt-get', ['update'], { env, onLine: detail })
    if (update.code !== 0) throw new SetupError(`apt-get update failed: ${lastLine(update)}`)
    const args = ['install', '-y', '--no-install-recommends', ...packages]
    const install = await runCommand('apt-get', args, { env, onLine: detail })
    if (install.code !== 0) throw new SetupError(`apt-get install ${packages.join(' ')} failed: ${lastLine(install)}`)
  })
}

/** @throws {SetupError} `otherwise`, where the lab may not or cannot install anything by itself. */
export function requirePermission(what: string, otherwise: string): void {
  if (process.env.CHAOSLAB_INSTALL === '0') throw new SetupError(`${otherwise} (CHAOSLAB_INSTALL=0 forbids ${what})`)
  if (!isDebian()) throw new SetupError(`${otherwise}, and try again`)
  if (process.getuid?.() !== 0) throw new SetupError(`${otherwise}, or run this once as root, which does it by itself`)
}

export async function hasCommand(command: string): Promise<boolean> {
  return (await runCommand('sh', ['-c', `command -v ${command}`])).code === 0
}

function isDebian(): boolean {
  if (process.platform !== 'linux' || !existsSync('/etc/os-release')) return false
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'))
}

async function startEngine(progress: Progress, answers: () => Promise<boolean>): Promise<void> {
  const hasServiceManager = existsSync('/run/systemd/system')
  await progress.step(`starting the Docker engine${hasServiceManager ? '' : ' (dockerd)'}`, async () => {
    if (hasServiceManager) {
      const started = await runCommand('systemctl', ['start', 'docker'])
      if (started.code !== 0) throw new SetupError(`systemctl start docker failed: ${lastLine(started)}`)
    } else {
      removeStalePidFiles()
      spawnDaemon()
    }
    const deadline = performance.now() + START_TIMEOUT_MS
    while (!(await answers())) {
      if (performance.now() > deadline) {
        throw new SetupError(
          `the Docker engine does not answer after ${START_TIMEOUT_MS / 1000} s: ${daemonsLastWord()}`,
        )
      }
      await sleep(200)
    }
  })
}

/** An engine that was killed leaves its pid behind; dockerd refuses to start if some other process has it now. */
function removeStalePidFiles(): void {
  const pidFiles = [
    { file: '/var/run/docker.pid', command: 'dockerd' },
    { file: '/var/run/docker/containerd/containerd.pid', command: 'containerd' },
  ]
  for (const { file, command } of pidFiles) {
    if (existsSync(file) && !isRunning(readFileSync(file, 'utf8').trim(), command)) rmSync(file, { force: true })
  }
}

function isRunning(pid: string, command: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === command
  } catch {
    return false
  }
}

/** The engine outlives the lab, as a service would. */
function spawnDaemon(): void {
  const log = openSync(DOCKERD_LOG, 'a')
  const env = daemonEnvironment(process.env)
  spawn('dockerd', [], { detached: true, stdio: ['ignore', log, log], env }).unref()
  closeSync(log)
}

function daemonsLastWord(): string {
  if (!existsSync(DOCKERD_LOG)) return 'see journalctl -u docker'
  const last = readFileSync(DOCKERD_LOG, 'utf8').trimEnd().split('\n').at(-1)
  return `${last} (${DOCKERD_LOG})`
}

/**
 * An engine that answers: the one that the docker CLI would use, installed and started first where there is none
 * at the default address and it is allowed.
 * @throws {SetupError} in one line that says what to do
 */
export async function ensureEngine(progress: Progress): Promise<AnsweringEngine> {
  const first = await tryConnect()
  if ('engine' in first) return first.engine
  // An address that somebody chose is theirs to mend.
  const isChosen = Boolean(process.env.DOCKER_HOST || process.env.DOCKER_CONTEXT)
  if (isChosen || first.error.code !== 'unreachable') throw new SetupError(first.error.message)
  await installEngine({ progress, answers: async () => 'engine' in (await tryConnect()) })
  return connectEngine()
}

async function tryConnect(): Promise<{ engine: AnsweringEngine } | { error: EngineError }> {
  try {
    return { engine: await connectEngine() }
  } catch (error) {
    if (error instanceof EngineError) return { error }
    throw error
  }
}

/** Its starter's temporary folder may be gone long before it: then it could run nothing in any container. */
export function daemonEnvironment({ TMPDIR: _, ...environment }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return environment
}
