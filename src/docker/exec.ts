import type { Acted } from './act.ts'
import type { Engine } from './engine.ts'
import { EngineError } from './engine-error.ts'
import { demultiplex, type Outcome, readAll } from './output.ts'

export interface ExecOptions {
  readonly user?: string
  /** Default 10 s. */
  readonly deadlineMs?: number
}

const DEADLINE_MS = 10_000

/**
 * Runs a command in a running container, as `docker exec` does. The command gets no input; a deadline ends the waiting,
 * not the command.
 * @throws {EngineError} the container does not run, the command is not in it, or no answer in time
 */
export function execIn(
  engine: Engine,
  { id }: Pick<Acted, 'id'>,
  command: readonly string[],
  { user = '', deadlineMs = DEADLINE_MS }: ExecOptions,
  signal?: AbortSignal,
): Promise<Outcome> {
  return engine.call(
    async (docker, abortSignal) => {
      const exec = await docker.getContainer(id).exec({
        Cmd: [...command],
        AttachStdout: true,
        AttachStderr: true,
        User: user,
        abortSignal,
      })
      const stream = await exec.start({ hijack: false, stdin: false, abortSignal })
      const output = demultiplex(await readAll(stream))
      const { ExitCode: code } = await exec.inspect({ abortSignal })
      if (code === null || code === undefined) throw new EngineError('unexpected', `${command[0]} gave no exit code`)
      return { ...output, code }
    },
    { signal, deadlineMs },
  )
}
