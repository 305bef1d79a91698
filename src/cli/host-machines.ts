import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { type ComposeProject, mountedFiles } from '../docker/compose.ts'
import { findEndpoint } from '../docker/endpoint.ts'
import { connectEngine } from '../docker/engine.ts'
import { onHost } from '../docker/host-files.ts'
import { hostEnvironment } from '../docker/hosts.ts'
import { type Progress, SetupError } from '../docker/progress.ts'
import { sshSocket } from '../docker/ssh-agent.ts'
import type { OpenedHost } from '../docker/swarm.ts'
import type { LabDefinition } from '../lab/definition.ts'
import { composeProject } from './compose-project.ts'

/** The engines of a lab's hosts, and which of them do not answer. */
export interface Machines {
  readonly answering: readonly OpenedHost[]
  /** A line each. */
  readonly silent: readonly string[]
  close(): void
}

export async function openMachines({ hosts }: Pick<LabDefinition, 'hosts'>): Promise<Machines> {
  const opened = await Promise.allSettled(
    hosts.map(async (host) => ({ host, engine: await connectEngine(hostEnvironment(host.docker)) })),
  )
  const answering = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const silent = opened.flatMap((each, index) => {
    return each.status === 'fulfilled' ? [] : [`${hosts[index]?.name}: ${(each.reason as Error).message}`]
  })
  return {
    answering,
    silent,
    close: () => {
      for (const { engine } of answering) engine.close()
    },
  }
}

/** Runs compose for one host; version 1 of it knows no ssh. */
export async function withCompose<T>(
  definition: LabDefinition,
  { host }: OpenedHost,
  variables: Record<string, string>,
  work: (project: ComposeProject) => Promise<T>,
): Promise<T> {
  const project = composeProject(definition, { ...variables, CHAOSLAB_HOST_ADDRESS: host.address })
  const folder = onHost(project.project, path.dirname(project.file))
  const environment = hostEnvironment(host.docker)
  const { transport } = findEndpoint(environment)
  const socket = transport.type === 'ssh' ? await sshSocket(transport, environment) : null
  const reach = socket
    ? { DOCKER_HOST: socket.address }
    : { DOCKER_HOST: environment.DOCKER_HOST, DOCKER_CONTEXT: environment.DOCKER_CONTEXT ?? '' }
  try {
    return await work({ ...project, folder, environment: { ...project.environment, ...reach } })
  } finally {
    await socket?.close()
  }
}

/** The services that a host has. */
export function servicesOn({ hostOf }: Pick<LabDefinition, 'hostOf'>, host: string): readonly string[] {
  return [...hostOf].flatMap(([service, on]) => (on === host ? [service] : []))
}

/** The files of this machine that these services mount. */
export async function filesFor(definition: LabDefinition, services: readonly string[]): Promise<readonly string[]> {
  const { file } = composeProject(definition)
  const found = mountedFiles(await readFile(file, 'utf8'), services)
  return found.map((each) => path.resolve(path.dirname(file), each))
}

/** The same work for all at the same time, as one step; what fails on any is told of all of them. */
export async function onEach(
  machines: readonly OpenedHost[],
  title: string,
  progress: Progress,
  work: (one: OpenedHost, detail: (text: string) => void) => Promise<void>,
): Promise<void> {
  await progress.step(title, async (detail) => {
    const done = await Promise.allSettled(
      machines.map((one) => work(one, (text) => detail(`${one.host.name}: ${text}`))),
    )
    const failed = done.flatMap((each, index) => {
      return each.status === 'fulfilled' ? [] : [`${machines[index]?.host.name}: ${(each.reason as Error).message}`]
    })
    if (failed.length > 0) throw new SetupError(failed.join('\n'))
  })
}
