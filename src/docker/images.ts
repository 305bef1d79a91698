import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type Docker from 'dockerode'
import { z } from 'zod'
import type { Engine } from './engine.ts'
import { EngineError } from './engine-error.ts'
import { aptInstall, hasCommand, requirePermission } from './install.ts'
import { type Progress, SetupError } from './progress.ts'
import { lastLine, runCommand } from './run-command.ts'
import { withTar } from './tar.ts'

const BASE_IMAGE = 'debian:trixie-slim'
const BASE_SUITE = 'trixie'
const HASH_LABEL = 'chaoslab.dockerfile.sha256'

export interface ImageOptions {
  readonly engine: Engine
  readonly progress: Progress
}

/**
 * Makes sure that the lab's image is there and belongs to the present Dockerfile; builds it otherwise.
 * @param image the tag, and the folder of the Dockerfile
 */
export async function ensureImage(
  options: ImageOptions,
  image: { readonly tag: string; readonly folder: string },
): Promise<void> {
  const dockerfile = await readFile(path.join(image.folder, 'Dockerfile'))
  const hash = createHash('sha256').update(dockerfile).digest('hex')
  await ensureBuilt(options, { ...image, files: ['Dockerfile'], hash })
}

/** What an image is built from. */
export interface ImageSource {
  readonly tag: string
  readonly folder: string
  /** Files and folders of the folder. */
  readonly files: readonly string[]
  /** Of all that is in them: an image that carries it is not built again. */
  readonly hash: string
}

/** Builds an image unless it is there and was built from the same. */
export async function ensureBuilt(options: ImageOptions, { tag, folder, files, hash }: ImageSource): Promise<void> {
  const existing = await inspectImage(options.engine, tag)
  if (existing?.Config?.Labels?.[HASH_LABEL] === hash) return
  await ensureBaseImage(options)
  await options.progress.step(`building the image ${tag}`, async (detail) => {
    const settings = { t: tag, labels: { [HASH_LABEL]: hash } }
    await follow(options.engine, (docker) => docker.buildImage({ context: folder, src: [...files] }, settings), detail)
  })
}

/** Whether an image is there, by its tag. */
export async function hasImage(engine: Engine, tag: string): Promise<boolean> {
  return (await inspectImage(engine, tag)) !== null
}

/** Pulls an image, as a step of its own; false where no registry has it or none can be reached. */
export async function pullImage(engine: Engine, tag: string, progress: Progress): Promise<boolean> {
  try {
    await progress.step(`pulling ${tag}`, (detail) => follow(engine, (docker) => docker.pull(tag), detail))
    return true
  } catch {
    return false
  }
}

const madeForSchema = z.object({ Id: z.string(), Architecture: z.string().default('') })

/** What an image is, by its tag; null where there is none. */
export async function imageOf(
  engine: Engine,
  tag: string,
): Promise<{ readonly id: string; readonly architecture: string } | null> {
  const found = await inspectImage(engine, tag)
  if (found === null) return null
  const { Id: id, Architecture: architecture } = madeForSchema.parse(found)
  return { id, architecture }
}

/** Brings an image from one engine to another that has it not, without a registry: `docker save | docker load`. */
export async function sendImage(from: Engine, to: Engine, tag: string): Promise<void> {
  const saved = await from.call((docker) => docker.getImage(tag).get(), { deadlineMs: null })
  await follow(
    to,
    (docker) => docker.loadImage(saved, { quiet: true }),
    () => {},
  )
}

async function ensureBaseImage(options: ImageOptions): Promise<void> {
  const { engine, progress } = options
  if (await hasImage(engine, BASE_IMAGE)) return
  if (await pullImage(engine, BASE_IMAGE, progress)) return
  progress.say(`  ${BASE_IMAGE} cannot be pulled from here; making it from Debian's packages`)
  await bootstrapBaseImage(options)
}

/** Makes the base image from Debian's own packages, which is what the registry's is made of too. */
async function bootstrapBaseImage({ engine, progress }: ImageOptions): Promise<void> {
  if (!(await hasCommand('debootstrap'))) {
    requirePermission('debootstrap', `no registry to pull ${BASE_IMAGE} from: install debootstrap`)
    await aptInstall(progress, ['debootstrap'])
  }
  await progress.step(`making ${BASE_IMAGE} with debootstrap`, async (detail) => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'chaoslab-base-'))
    try {
      const made = await runCommand('debootstrap', ['--variant=minbase', BASE_SUITE, folder], { onLine: detail })
      if (made.code !== 0) throw new SetupError(`debootstrap ${BASE_SUITE} failed: ${lastLine(made)}`)
      detail('importing')
      await importFolder(engine, folder)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
}

/** `docker import`: the folder becomes an image of one layer. */
async function importFolder(engine: Engine, folder: string): Promise<void> {
  const [repo, tag] = BASE_IMAGE.split(':') as [string, string]
  const nobody = () => {}
  await withTar(['-C', folder, '.'], (archive) =>
    follow(engine, (docker) => docker.importImage(archive, { repo, tag }), nobody),
  )
}

async function inspectImage(engine: Engine, tag: string): Promise<Docker.ImageInspectInfo | null> {
  try {
    return await engine.call((docker) => docker.getImage(tag).inspect())
  } catch (error) {
    if (error instanceof EngineError && error.statusCode === 404) return null
    throw error
  }
}

/** Starts a build, pull or import and waits for its end; the engine reports a failure inside the stream. */
function follow(
  engine: Engine,
  start: (docker: Docker) => Promise<NodeJS.ReadableStream>,
  detail: (text: string) => void,
): Promise<void> {
  const run = async (docker: Docker) => {
    const stream = await start(docker)
    await new Promise<void>((resolve, reject) => {
      const fail = (message: string) => reject(new SetupError(`the Docker engine says: ${message.trim()}`))
      docker.modem.followProgress(
        stream,
        (error) => (error ? fail(error.message) : resolve()),
        (event: { stream?: string; status?: string; progress?: string; error?: string }) => {
          // To dockerode it is a line like any other.
          if (event.error !== undefined) fail(event.error)
          const text = (event.stream ?? [event.status, event.progress].filter(Boolean).join(' ')).trim()
          if (text !== '') detail(text)
        },
      )
    })
  }
  return engine.call(run, { deadlineMs: null })
}
