import path from 'node:path'
import { cancellable, type Engine } from './engine.ts'
import { runSide } from './start-side.ts'
import { withTar } from './tar.ts'

/** Below it a host keeps what containers of a lab mount, as its project, by the paths that this machine has. */
const ROOT = '/var/lib/chaoslab'

/** Where a folder of this machine is on a host, once its files have been copied. */
export function onHost(project: string, folder: string): string {
  return path.posix.join(ROOT, project, folder)
}

/**
 * Copies files of this machine to an engine's own machine, where {@link onHost} says.
 * @param image one that the engine has; nothing is run in it
 * @throws {SetupError} one of them cannot be read
 */
export async function copyFiles(
  engine: Engine,
  { project, image, files }: { readonly project: string; readonly image: string; readonly files: readonly string[] },
): Promise<void> {
  if (files.length === 0) return
  const binds = [`${path.posix.join(ROOT, project)}:/to`]
  const carrier = await engine.call((docker) =>
    docker.createContainer({ Image: image, Cmd: ['true'], HostConfig: { Binds: binds, NetworkMode: 'none' } }),
  )
  try {
    await withTar(['-C', '/', ...files.map((file) => path.relative('/', file))], (archive) =>
      engine.call(
        (docker, signal) =>
          docker.getContainer(carrier.id).putArchive(archive, { path: '/to', ...cancellable(signal) }),
        { deadlineMs: 30_000 },
      ),
    )
  } finally {
    await engine.call((docker) => docker.getContainer(carrier.id).remove({ force: true }))
  }
}

/** Takes them away again. */
export async function removeFiles(
  engine: Engine,
  { project, image }: { readonly project: string; readonly image: string },
): Promise<void> {
  const command = ['rm', '-rf', `/to/${project}`]
  const Mounts = [{ Type: 'bind' as const, Source: ROOT, Target: '/to' }]
  await runSide(engine, 'none', { image, labels: {}, command }, undefined, { Mounts })
}
