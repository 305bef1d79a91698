import { readFile } from 'node:fs/promises'
import path from 'node:path'

/** The process that a file of the lab's state belongs to, as its name says. */
interface Owner {
  readonly pid: number
  /** Whether it still runs: then what the file tells of is its own business. */
  readonly isOwnerAlive: boolean
}

/** This process, as the beginning of a file's name: `PID.START`. */
export async function thisProcess(): Promise<string> {
  return `${process.pid}.${await startOf(process.pid)}`
}

/** How this process was called, for people. */
export function thisCommand(): string {
  return ['chaoslab', ...process.argv.slice(2)].join(' ')
}

/** Whose a file is that {@link thisProcess} has named. */
export async function ownerOf(file: string): Promise<Owner> {
  const [number = '', startedAt = ''] = path.basename(file).split('.')
  const pid = Number(number)
  return { pid, isOwnerAlive: pid > 0 && startedAt !== '' && (await startOf(pid)) === startedAt }
}

/**
 * When a process began, by the kernel's count, so that a number that was given to another process later is not taken
 * for it (proc(5), /proc/PID/stat, field 22, after the name in brackets). Empty when there is no such process, or it has
 * ended and nobody has asked how (state Z); where there is no /proc, whether it takes a signal must do.
 */
async function startOf(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? '' : (fields[19] ?? '')
  } catch {
    return process.platform === 'linux' ? '' : aliveBySignal(pid)
  }
}

function aliveBySignal(pid: number): string {
  try {
    process.kill(pid, 0)
    return 'running'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'running' : ''
  }
}
