import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import path from 'node:path'
import type { LabDefinition } from './definition.ts'

/**
 * Where the faults of a lab are written down before they are made, so that any later process finds them: below
 * CHAOSLAB_STATE, else $XDG_STATE_HOME/chaoslab, else ~/.local/state/chaoslab.
 */
export function journalFolder(definition: LabDefinition, environment: NodeJS.ProcessEnv = process.env): string {
  return path.join(stateFolder(environment), labMark(definition))
}

/** Where processes say that they have a run under way on a lab's containers: the same for all definitions of those. */
export function underWayFolder({ compose, docker, hosts }: LabDefinition): string {
  const about = compose === undefined ? docker : { project: compose.project }
  return path.join(stateFolder(process.env), `under-way-${hashOf({ docker: about, hosts })}`)
}

function stateFolder({ CHAOSLAB_STATE, XDG_STATE_HOME }: NodeJS.ProcessEnv): string {
  return CHAOSLAB_STATE || path.join(XDG_STATE_HOME || path.join(homedir(), '.local', 'state'), 'chaoslab')
}

/** Tells labs apart by the containers that they are about, wherever their definition lies. */
export function labMark({ name, docker, hosts }: LabDefinition): string {
  return `${name}-${hashOf({ docker, hosts })}`
}

function hashOf({ docker, hosts }: Pick<LabDefinition, 'docker' | 'hosts'>): string {
  const { tools: _, ...scope } = docker ?? {}
  const about = hosts.length === 0 ? scope : { ...scope, hosts: hosts.map((host) => host.docker) }
  return createHash('sha256').update(JSON.stringify(about)).digest('hex').slice(0, 8)
}
