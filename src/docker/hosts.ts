import { findEndpoint } from './endpoint.ts'
import { EngineError } from './engine-error.ts'

/** A machine of a lab that has an engine of its own. */
export interface Host {
  readonly name: string
  /** Where its engine is. */
  readonly docker: HostDocker
  /** IPv4, where the other hosts reach it, and clients what it publishes. */
  readonly address: string
}

/** As in DOCKER_HOST, or a Docker context by its name. */
export type HostDocker = string | { readonly context: string }

/** What makes the docker CLI, compose and this lab talk to that engine. */
export function hostEnvironment(
  docker: HostDocker,
  environment: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv & { readonly DOCKER_HOST: string } {
  const { DOCKER_CONTEXT: _other, ...rest } = environment
  if (typeof docker === 'string') return { ...rest, DOCKER_HOST: docker }
  return { ...rest, DOCKER_HOST: '', DOCKER_CONTEXT: docker.context }
}

/** The docker CLI with what leads it to that engine, as a person types it. */
export function dockerCli(docker: HostDocker): string {
  return typeof docker === 'string' ? `docker -H ${docker}` : `docker --context ${docker.context}`
}

/**
 * The address that the engine's own one tells, null where it tells a name only, or none.
 * @throws {EngineError} `endpoint`: there is no such context, or it is open to everybody on the way (TCP without TLS)
 */
export function addressOfHost(docker: HostDocker, environment: NodeJS.ProcessEnv = process.env): string | null {
  const { transport, address } = findEndpoint(hostEnvironment(docker, environment))
  if (transport.type === 'socket') return null
  if (transport.type === 'tcp' && transport.tls === null) {
    const how = 'use ssh://, a context with certificates, or set DOCKER_TLS_VERIFY and DOCKER_CERT_PATH'
    throw new EngineError(
      'endpoint',
      `${address} has no TLS, and whoever reaches such an engine owns the machine: ${how}`,
    )
  }
  return /^\d+(\.\d+){3}$/.test(transport.host) ? transport.host : null
}
