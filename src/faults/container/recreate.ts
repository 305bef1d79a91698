import { type Blueprint, blueprintSchema, creationRequest } from '../../docker/blueprint.ts'
import { was } from '../../model/predicate.ts'
import { stateWords } from '../../model/words.ts'
import { factsIfThere } from '../facts-if-there.ts'
import { FaultError, type FaultKind, noSettings, type UndoKind } from '../fault.ts'
import { ANY_PART, namesOf } from '../part.ts'
import { refuseUnless } from './refuse-unless.ts'

export const recreate: FaultKind = {
  type: 'recreate',
  family: 'container',
  schema: noSettings,
  aims: ANY_PART,
  effects: ['may-take-part-away', 'over-when-running', 'over-at-once'],
  about:
    'Removes the container by force and creates it again from the same settings: named volumes stay, all else is gone.',
  describe: (_params, parts) => `recreate the container of ${namesOf(parts)}`,
  refusal: (_params, parts, world, signal) =>
    refuseUnless(['running'], parts, world, signal, async ({ name, service }) => {
      const { hostConfig } = await world.containers.blueprint(service, signal)
      if (hostConfig.AutoRemove === true) return `${name} was started with --rm: Docker would remove it by itself`
      const isGuest = String(hostConfig.NetworkMode).startsWith('container:')
      return isGuest ? `${name} lives in another container's network` : null
    }),
  async inject(_params, parts, { world, defer }, signal) {
    const { containers } = world
    const made: string[] = []
    for (const { name, service } of parts) {
      const blueprint = await containers.blueprint(service, signal)
      const { id: oldId } = await containers.facts(service, signal)
      await defer({ type: 'make-again', params: blueprint })
      await containers.remove(service, signal)
      await containers.build(blueprint, signal)
      const { id, state } = await containers.facts(service, signal)
      if (id === oldId) throw new FaultError(`the container of ${name} is still the same one`)
      if (state !== 'running') throw new FaultError(`the new container of ${name} ${stateWords(state)}`)
      made.push(`${oldId.slice(0, 12)} → ${id.slice(0, 12)}`)
    }
    const proof = `another container: ${made.join(', ')}`
    return { ...was('recreated'), proof, isSeenByDocker: true }
  },
}

/** Makes a container that was removed, from all that it was made from; one that is there already is only started. */
export const makeAgain: UndoKind<Blueprint> = {
  type: 'make-again',
  schema: blueprintSchema,
  perform: (blueprint, { containers }, signal) => containers.build(blueprint, signal),
  async remains({ service }, world, signal) {
    const facts = await factsIfThere(service, world, signal)
    if (facts === null) return `there is no container of ${service}`
    return facts.state === 'running' ? null : `${service} ${stateWords(facts.state)}`
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
