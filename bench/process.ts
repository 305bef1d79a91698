import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Bench, SEARCH_PATH } from './bench.ts'

/** node-postgres reads it as libpq does: what the lab writes then goes into the bench's own tables. */
export const OWN_TABLES = { PGOPTIONS: SEARCH_PATH }

export const CHAOSLAB = fileURLToPath(new URL('../dist/cli/chaoslab.js', import.meta.url))

/** A process of the bench's own, and what it has printed so far. */
export interface Running {
  readonly child: ChildProcess
  readonly pid: number
  output(): string
  /** Its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>
  /** Ends it and what it started, at once. */
  kill(): void
}

/** Starts a program in a process group of its own, which is killed when the signal aborts. */
export function start(
  command: string,
  args: readonly string[],
  signal: AbortSignal,
  added: NodeJS.ProcessEnv = {},
): Running {
  signal.throwIfAborted()
  // Apart from the terminal's process group: Ctrl-C is the bench's to pass on.
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    env: { ...environment(), ...added },
  })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stdin.on('error', () => {})
  const kill = () => killGroup(child)
  signal.addEventListener('abort', kill, { once: true })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      signal.removeEventListener('abort', kill)
      resolve(code)
    })
  })
  ended.catch(() => {})
  return { child, pid: child.pid ?? 0, output: () => Buffer.concat(chunks).toString(), ended, kill }
}

/** Runs a program to its end. @throws when it ends with anything but 0 */
export async function finish(command: string, args: readonly string[], { signal }: Bench): Promise<string> {
  const running = start(command, args, signal)
  running.child.stdin?.end()
  const code = await running.ended
  signal.throwIfAborted()
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${running.output().trim().slice(-300)}`)
  return running.output()
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function environment(): NodeJS.ProcessEnv {
  const { NODE_V8_COVERAGE: _, NODE_OPTIONS: __, ...others } = process.env
  return { ...others, TERM: 'xterm-256color' }
}

/** What one process has used so far, from /proc: Linux only. */
export interface Usage {
  readonly cpuMs: number
  readonly residentBytes: number
  readonly peakBytes: number
}

/** The kernel's clock ticks, which Linux shows as hundredths of a second on every architecture it has. */
const TICK_MS = 10

export async function usageOf(pid: number): Promise<Usage> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  // The name in brackets may hold blanks: fields count from behind it. utime is the 14th of all, stime the 15th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const kibibytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1_024
  const cpuMs = (Number(fields[11]) + Number(fields[12])) * TICK_MS
  return { cpuMs, residentBytes: kibibytes('VmRSS'), peakBytes: kibibytes('VmHWM') }
}

/** The first child of a process; null while it has none. */
export async function childOf(pid: number): Promise<number | null> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  const first = Number(children.trim().split(' ')[0])
  return first > 0 ? first : null
}
