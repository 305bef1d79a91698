import { FaultError } from '../fault.ts'
import type { World } from '../world.ts'

/** One process of a container, by the numbers of the container's own namespace. */
export interface Process {
  readonly pid: number
  readonly parentPid: number
  /** R, S, D, T (stopped by a signal), t (traced), Z (ended, not yet waited for), … */
  readonly state: string
  /** When it was started, in clock ticks since the machine was: with the pid it names a process for good. */
  readonly startTicks: string
  /** At most 15 characters. */
  readonly name: string
  /** At most 300 characters, arguments apart by spaces; a PostgreSQL process says here what it does. */
  readonly commandLine: string
}

/** What names a process beyond doubt: the pid alone is given to another one sooner or later. */
type ProcessId = Pick<Process, 'pid' | 'startTicks'>

/** Needs a shell, `tr` and `head` of the container, and no procps. */
const LIST = `
cd /proc || exit 1
for pid in [0-9]*; do
  { read -r stat <"$pid/stat"; } 2>/dev/null || continue
  printf '%s\\t%s\\n' "$stat" "$(tr '\\000\\n\\t' '   ' 2>/dev/null <"$pid/cmdline" | head -c 300)"
done
`

/**
 * Every process of a running container, its kernel's view of it.
 * @throws {FaultError} it has no shell, or the script failed
 * @throws {EngineError} it does not run or is paused (409), …
 */
export async function listProcesses(service: string, world: World, signal: AbortSignal): Promise<readonly Process[]> {
  const stdout = await runScript(service, LIST, [], world, signal)
  return stdout.split('\n').flatMap((line) => parseProcess(line) ?? [])
}

/** How a process is at this moment; null when it has ended, or its number belongs to another one. */
export async function stateOfProcess(
  service: string,
  { pid, startTicks }: ProcessId,
  world: World,
  signal: AbortSignal,
): Promise<string | null> {
  const stdout = await runScript(service, READ, [String(pid)], world, signal)
  const found = parseProcess(stdout.trimEnd())
  if (found === null || found.startTicks !== startTicks) return null
  // It has ended, and only its parent has not noticed.
  return found.state === 'Z' || found.state === 'X' ? null : found.state
}

const POLL_MS = 50
const POLLS = 40

/** Waits for a while until a process is in this state, as {@link stateOfProcess} tells it. @returns how it is then */
export async function untilInState(
  wanted: string | null,
  service: string,
  process: ProcessId,
  world: World,
  signal: AbortSignal,
): Promise<string | null> {
  for (let poll = 1; ; poll++) {
    const state = await stateOfProcess(service, process, world, signal)
    if (state === wanted || poll === POLLS) return state
    await world.clock.sleep(POLL_MS, signal)
  }
}

/** What is sent to a single process. */
type ProcessSignal = 'STOP' | 'CONT' | 'KILL'

/**
 * Sends a signal to this very process.
 * @returns false when it has ended: then nobody was sent anything
 */
export async function signalProcess(
  service: string,
  { pid, startTicks }: ProcessId,
  name: ProcessSignal,
  world: World,
  signal: AbortSignal,
): Promise<boolean> {
  const stdout = await runScript(service, SEND, [String(pid), startTicks, name], world, signal)
  return stdout.trim() === 'sent'
}

/**
 * Of proc(5), /proc/PID/stat: the pid, the name in brackets (which may hold anything), the state, the parent, and the
 * start as field 22; after it, behind a tab, the command line.
 */
export function parseProcess(line: string): Process | null {
  const tab = line.lastIndexOf('\t')
  const stat = tab < 0 ? line : line.slice(0, tab)
  const found = /^(\d+) \((.*)\) (\S) (\d+) (.*)$/.exec(stat)
  const startTicks = found?.[5]?.split(' ')[17]
  if (!found || startTicks === undefined) return null
  return {
    pid: Number(found[1]),
    name: found[2] ?? '',
    state: found[3] ?? '',
    parentPid: Number(found[4]),
    startTicks,
    commandLine: tab < 0 ? '' : line.slice(tab + 1).trim(),
  }
}

const READ = `{ read -r stat <"/proc/$1/stat"; } 2>/dev/null && printf '%s\\n' "$stat"; true`

/** Looks and sends in one go, so that no other process can take the number in between. */
const SEND = `
{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || exit 0
pid=$1 ticks=$2 name=$3
set -- \${stat##*) }
[ "\${20}" = "$ticks" ] && kill -"$name" "$pid" && echo sent
true
`

async function runScript(
  service: string,
  script: string,
  given: readonly string[],
  world: World,
  signal: AbortSignal,
): Promise<string> {
  const command = ['sh', '-c', script, 'chaoslab', ...given]
  const { code, stdout, stderr } = await world.containers.exec(service, command, { user: 'root' }, signal)
  if (code === 0) return stdout
  const why = (stderr || stdout).trim().split('\n').at(-1)
  throw new FaultError(`the processes of ${service} cannot be looked at: ${why || `sh gave exit code ${code}`}`)
}
