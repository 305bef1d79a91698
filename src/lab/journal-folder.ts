import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import path from 'node:path'
import type { LabDefinition } from './definition.ts'

/**
 * Where the faults of a lab are written down before they are made, so that any later process finds them: below
 * CHAOSLAB_STATE, else $XDG_STATE_HOME/chaoslab, else ~/.local/state/chaoslab.
 */
export function journalFolder(definition: LabDefinition, environment: NodeJS.ProcessEnv = process.env): string {
  const { CHAOSLAB_STATE, XDG_STATE_HOME } = environment
  const base = CHAOSLAB_STATE || path.join(XDG_STATE_HOME || path.join(homedir(), '.local', 'state'), 'chaoslab')
  return path.join(base, labMark(definition))
}

/** Tells labs apart by the containers that they are about, wherever their definition lies. */
export function labMark({ name, docker, hosts }: LabDefinition): string {
  const { tools: _, ...scope } = docker ?? {}
  const about = hosts.length === 0 ? scope : { ...scope, hosts: hosts.map((host) => host.docker) }
  const hash = createHash('sha256').update(JSON.stringify(about)).digest('hex').slice(0, 8)
  return `${name}-${hash}`
}
