import { cancellable, type Engine } from './engine.ts'
import { startMade } from './start-side.ts'
import { withTar } from './tar.ts'

/** A program of the lab's own that runs on the machine of an engine, in the network of that machine. */
export interface Program {
  /** Has the runtime, and the packages that the program needs. */
  readonly image: string
  /** For people who list the containers. */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** What is copied from this machine, by paths below `root`, to the same paths below the folder `to` of the image. */
  readonly files: { readonly root: string; readonly paths: readonly string[]; readonly to: string }
}

/**
 * Copies it there and starts it. The engine removes it as soon as it ends.
 * @returns the id of its container
 * @throws {EngineError} there is no such image, …
 */
export function startProgram(engine: Engine, program: Program, signal?: AbortSignal): Promise<string> {
  const { image, name, labels, command, environment } = program
  const settings = {
    name,
    Image: image,
    Entrypoint: [],
    Cmd: [...command],
    // What is copied belongs to whoever compiled the lab, and others may not be allowed to read it.
    User: 'root',
    Env: Object.entries(environment).map(([key, value]) => `${key}=${value}`),
    Labels: { ...labels },
    Healthcheck: { Test: ['NONE'] },
    HostConfig: { NetworkMode: 'host', AutoRemove: true, LogConfig: { Type: 'json-file', Config: {} } },
  }
  return startMade(engine, settings, signal, (id) => copyInto(engine, id, program.files))
}

async function copyInto(engine: Engine, id: string, { root, paths, to }: Program['files']): Promise<void> {
  const leftOut = ['--exclude=*.map', '--exclude=*.d.ts']
  await withTar(['-C', root, ...leftOut, ...paths], (archive) =>
    engine.call((docker, signal) => docker.getContainer(id).putArchive(archive, { path: to, ...cancellable(signal) }), {
      deadlineMs: 30_000,
    }),
  )
}
