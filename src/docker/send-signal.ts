import type { Acted } from './act.ts'
import { cancellable, type Engine } from './engine.ts'

/** Those that can be sent to a container; STOP is left out, because nothing would tell of it that it must be undone. */
export const signalNames = ['HUP', 'INT', 'QUIT', 'ABRT', 'KILL', 'USR1', 'USR2', 'ALRM', 'TERM'] as const
export type SignalName = (typeof signalNames)[number]

/**
 * Sends a signal to the first process of a container, as `docker kill --signal` does; resolves when it was sent. The
 * kernel drops what the first process of a container does not handle, all but KILL (pid_namespaces(7)).
 * @throws {EngineError} the container does not run (409), …
 */
export async function sendSignal(engine: Engine, { id }: Acted, name: SignalName, signal?: AbortSignal): Promise<void> {
  await engine.call(
    (docker, abortSignal) => docker.getContainer(id).kill({ signal: `SIG${name}`, ...cancellable(abortSignal) }),
    { signal },
  )
}
