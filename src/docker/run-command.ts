import { spawn } from 'node:child_process'

export interface CommandResult {
  /** Null when the command could not be started or was killed by a signal. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a command to its end without a shell, and never rejects, whatever comes of it.
 * A command that does not exist ends with code 127.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  options: {
    readonly cwd?: string
    readonly env?: NodeJS.ProcessEnv
    readonly signal?: AbortSignal
    readonly onLine?: (line: string) => void
  } = {},
): Promise<CommandResult> {
  return new Promise<CommandResult>((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      signal: options.signal,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const output = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output[stream] += text
        const line = text
          .trimEnd()
          .split(/[\r\n]/)
          .at(-1)
        if (line) options.onLine?.(line)
      })
    }
    child.on('error', (error: NodeJS.ErrnoException) => {
      resolve({ ...output, code: error.code === 'ENOENT' ? 127 : null, stderr: output.stderr || error.message })
    })
    child.on('close', (code) => resolve({ ...output, code }))
    // Few reasons why nothing could be started are events (ENOENT); the others are thrown (ENOMEM, ETXTBSY, E2BIG).
  }).catch((error: Error) => ({ code: null, stdout: '', stderr: error.message }))
}

/** The last line that says something: what a person needs to see of a failed command. */
export function lastLine(result: CommandResult): string {
  const lines = (result.stderr || result.stdout).split('\n').filter((line) => line.trim() !== '')
  return lines.at(-1)?.trim() ?? `exit code ${result.code}`
}
