import path from 'node:path'
import { parse } from 'yaml'
import type { Engine } from './engine.ts'
import { aptInstall, requirePermission } from './install.ts'
import { type Progress, SetupError } from './progress.ts'
import { lastLine, runCommand } from './run-command.ts'

/** A compose tool: `docker compose` (2 or later) or `docker-compose` (any). */
export interface ComposeTool {
  readonly command: readonly string[]
  readonly version: string
}

export interface ComposeProject {
  readonly file: string
  readonly project: string
  /** Added to the tool's own environment, for the variables in the file. */
  readonly environment: Readonly<Record<string, string>>
  /** Where relative paths in it begin; default its own folder. */
  readonly folder?: string
}

export interface PublishedPort {
  readonly service: string
  readonly host: string
  readonly port: number
}

const CANDIDATES = [['docker', 'compose'], ['docker-compose']] as const

/** The compose tool of this machine, the plugin first; null when there is none. */
export async function findCompose(): Promise<ComposeTool | null> {
  for (const command of CANDIDATES) {
    const result = await runCommand(command[0], [...command.slice(1), 'version', '--short'])
    if (result.code === 0) return { command, version: result.stdout.trim().replace(/^v/, '') }
  }
  return null
}

/** The same, installed from the distribution where there is none and it is allowed. */
export async function ensureCompose(progress: Progress): Promise<ComposeTool> {
  const found = await findCompose()
  if (found) return found
  requirePermission('a compose tool', 'no compose tool: install docker compose or docker-compose')
  await aptInstall(progress, [(await hasPackage('docker-compose-v2')) ? 'docker-compose-v2' : 'docker-compose'])
  const installed = await findCompose()
  if (!installed)
    throw new SetupError('a compose tool was installed, but neither docker compose nor docker-compose works')
  return installed
}

/** `up -d` of the project, with these profiles switched on. */
export async function composeUp(
  tool: ComposeTool,
  project: ComposeProject,
  options: {
    readonly profiles?: readonly string[]
    /** Only these, and nothing that they depend on; default all. */
    readonly services?: readonly string[]
    readonly onLine?: (line: string) => void
  } = {},
): Promise<void> {
  const { profiles = [], services, onLine } = options
  const which = services === undefined ? [] : ['--no-deps', ...services]
  await compose(tool, project, [...withProfiles(profiles), 'up', '-d', ...which], onLine)
}

/** `down`: containers and network, and with `hasVolumes` the data too. */
export async function composeDown(
  tool: ComposeTool,
  project: ComposeProject,
  options: {
    readonly hasVolumes: boolean
    readonly profiles?: readonly string[]
    readonly onLine?: (line: string) => void
  },
): Promise<void> {
  const { hasVolumes, profiles = [], onLine } = options
  const volumes = hasVolumes ? ['--volumes'] : []
  await compose(tool, project, [...withProfiles(profiles), 'down', '--remove-orphans', ...volumes], onLine)
}

function withProfiles(profiles: readonly string[]): string[] {
  return profiles.flatMap((profile) => ['--profile', profile])
}

/** The ports that the project's services publish: those without a profile, and those of `profiles`. */
export async function publishedPorts(
  tool: ComposeTool,
  project: ComposeProject,
  profiles: readonly string[] = [],
): Promise<PublishedPort[]> {
  return readPorts(await compose(tool, project, [...withProfiles(profiles), 'config']), profiles)
}

/**
 * What each service's settings come to, as the tool writes it on the containers that it makes: those of the services
 * without a profile, and of `profiles`. Null where it cannot say.
 */
export async function settingsHashes(
  tool: ComposeTool,
  project: ComposeProject,
  profiles: readonly string[],
): Promise<ReadonlyMap<string, string> | null> {
  try {
    const lines = (await compose(tool, project, [...withProfiles(profiles), 'config', '--hash', '*']))
      .trim()
      .split('\n')
    return new Map(lines.map((line) => line.trim().split(/\s+/) as [string, string]))
  } catch {
    return null
  }
}

/** The published ports from what `config` printed: version 1 prints the services of every profile. */
export function readPorts(config: string, profiles: readonly string[] = []): PublishedPort[] {
  const { services = {} } = parse(config, { merge: true }) as {
    services?: Record<string, { ports?: (string | LongPort)[]; profiles?: string[] }>
  }
  return Object.entries(services)
    .filter(([, { profiles: of = [] }]) => of.length === 0 || of.some((profile) => profiles.includes(profile)))
    .flatMap(([service, definition]) => (definition.ports ?? []).map((port) => ({ service, ...readPort(port) })))
}

/** The same from the file itself, where no compose tool is to be asked: what it extends or includes is not followed. */
export function portsInFile(text: string, variables: Readonly<Record<string, string | undefined>>): PublishedPort[] {
  const filled = text.replace(/\$(?:\$|(\w+)|\{(\w+)(?::?-([^}]*))?\})/g, (whole, plain, braced, otherwise = '') =>
    whole === '$$' ? '$' : variables[plain ?? braced] || otherwise,
  )
  return readPorts(filled)
}

/** The files beside the compose file that services mount from their host, as they are written there. */
export function mountedFiles(text: string, services: readonly string[]): readonly string[] {
  const { services: all = {} } = parse(text, { merge: true }) as {
    services?: Record<string, { volumes?: (string | { readonly source?: string })[] }>
  }
  const sources = services.flatMap((service) =>
    (all[service]?.volumes ?? []).map((volume) => (typeof volume === 'string' ? volume.split(':')[0] : volume.source)),
  )
  return [...new Set(sources.filter((source) => source !== undefined && /^\.\.?\//.test(source)))] as string[]
}

/** How version 2 prints a port; version 1 prints `127.0.0.1:5001:5001/tcp`. */
interface LongPort {
  readonly host_ip?: string
  readonly published?: string | number
}

function readPort(port: string | LongPort): { host: string; port: number } {
  if (typeof port !== 'string') return { host: port.host_ip ?? '0.0.0.0', port: Number(port.published) }
  const parts = port.split('/')[0]?.split(':') ?? []
  return { host: parts.length > 2 ? (parts[0] as string) : '0.0.0.0', port: Number(parts.at(-2)) }
}

async function compose(
  tool: ComposeTool,
  project: ComposeProject,
  args: readonly string[],
  onLine?: (line: string) => void,
): Promise<string> {
  const [command, ...prefix] = tool.command
  const where = [
    '-p',
    project.project,
    '-f',
    project.file,
    '--project-directory',
    project.folder ?? path.dirname(project.file),
  ]
  const result = await runCommand(command as string, [...prefix, ...where, ...args], {
    env: project.environment,
    ...(onLine ? { onLine } : {}),
  })
  if (result.code !== 0) throw new SetupError(`${tool.command.join(' ')} ${args.join(' ')} failed: ${lastLine(result)}`)
  return result.stdout
}

async function hasPackage(name: string): Promise<boolean> {
  const result = await runCommand('apt-cache', ['policy', name])
  return /Candidate: (?!\(none\))/.test(result.stdout)
}

/**
 * Version 1 and those after it must not take turns on one project: 1 recreates what 2 made, and etcd comes back without
 * its data.
 * @param takeDown the command that removes them
 * @throws {SetupError} when the project's containers were made by the other one
 */
export async function requireSameMaker(
  engine: Engine,
  tool: ComposeTool,
  project: string,
  takeDown: string,
): Promise<void> {
  const filters = { label: [`com.docker.compose.project=${project}`] }
  const containers = await engine.call((docker) => docker.listContainers({ all: true, filters }))
  const makers = containers.map((container) => container.Labels['com.docker.compose.version'] ?? tool.version)
  const other = makers.find((version) => isVersion1(version) !== isVersion1(tool.version))
  if (other !== undefined) {
    throw new SetupError(
      `the containers of ${project} were made by compose ${other}, and this is ${tool.version}: ` +
        `the two must not take turns on one project. ${takeDown} removes them and keeps the data`,
    )
  }
}

function isVersion1(version: string): boolean {
  return version.startsWith('1.')
}
