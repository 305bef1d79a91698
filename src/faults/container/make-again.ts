import { type Blueprint, blueprintSchema, creationRequest } from '../../docker/blueprint.ts'
import { factsIfThere } from '../facts-if-there.ts'
import type { UndoKind } from '../fault.ts'

/** Makes a container that was removed, from all that it was made from; one that is there already is only started. */
export const makeAgain: UndoKind<Blueprint> = {
  type: 'make-again',
  schema: blueprintSchema,
  perform: (blueprint, { containers }, signal) => containers.build(blueprint, signal),
  async remains({ service }, world, signal) {
    const facts = await factsIfThere(service, world, signal)
    if (facts === null) return `there is no container of ${service}`
    return facts.state === 'running' ? null : `${service} is ${facts.state}`
  },
  byHand(blueprint) {
    const body = quoted(JSON.stringify(creationRequest(blueprint)))
    const [, ...others] = blueprint.networks
    return [
      `curl -fsS --unix-socket /var/run/docker.sock -H 'Content-Type: application/json' -d ${body} 'http://docker/containers/create?name=${blueprint.name}'`,
      ...others.map(([network]) => `docker network connect ${quoted(network)} ${blueprint.name}`),
      `docker start ${blueprint.name}`,
    ].join(' && ')
  },
}

/** As one word of a POSIX shell, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
