import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { labFile } from './lab-file.ts'

const COMMAND = path.resolve('dist/cli/chaoslab.js')

/** How a command ended; `code` is null when a signal ended it. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that runs. */
export interface Running extends AsyncDisposable {
  /** Resolves once something like this has been printed. @throws when the command ends before, with all that it said */
  printed(pattern: RegExp): Promise<void>
  send(signal: NodeJS.Signals): void
  ended(): Promise<Ended>
}

export interface StartOptions {
  /** In a process group of its own, to which signals are sent as a whole. */
  readonly isGroup?: boolean
  /** Default: the Node that runs the tests. */
  readonly node?: string
  /** Default: the lab of the tests. */
  readonly lab?: string
}

/** Starts `chaoslab` as built. Out of scope, it is killed if it still runs. */
export function startChaoslab(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  { isGroup = false, node = process.execPath, lab = labFile }: StartOptions = {},
): Running {
  const child = spawn(node, [COMMAND, '--lab', lab, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: isGroup,
  })
  const send = (signal: NodeJS.Signals) => {
    if (isGroup && child.pid !== undefined) process.kill(-child.pid, signal)
    else child.kill(signal)
  }
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text
      child.emit('said')
    })
  }
  const closed = once(child, 'close')
  const ended = async (): Promise<Ended> => {
    await closed
    return { code: child.exitCode, ...said }
  }
  return {
    ended,
    send,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (pattern.test(said.stdout + said.stderr)) resolve()
        }
        child.on('said', look)
        look()
        void closed.then(() => reject(new Error(`ended without ${pattern}:\n${said.stdout}${said.stderr}`)))
      }),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) send('SIGKILL')
      await closed
    },
  }
}

/** Runs one to its end. */
export async function chaoslab(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  options: StartOptions = {},
): Promise<Ended> {
  return startChaoslab(args, environment, options).ended()
}
