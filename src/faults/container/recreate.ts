import { z } from 'zod'
import { was } from '../../model/predicate.ts'
import { FaultError, type FaultKind } from '../fault.ts'
import { ANY_PART } from '../part.ts'
import { refuseUnless } from './refuse-unless.ts'

const schema = z.strictObject({})

export const recreate: FaultKind<z.output<typeof schema>> = {
  type: 'recreate',
  family: 'container',
  schema,
  aims: ANY_PART,
  effects: ['may-take-part-away', 'over-when-running', 'over-at-once'],
  about:
    'Removes the container by force and makes it anew from the same settings: named volumes stay, all else is gone.',
  describe: (_params, parts) => `recreate the container of ${parts.map((part) => part.name).join(', ')}`,
  async refusal(_params, parts, world, signal) {
    const refused = await refuseUnless(['running'], parts, world, signal)
    if (refused !== null) return refused
    for (const { name, service } of parts) {
      const { hostConfig } = await world.containers.blueprint(service, signal)
      if (hostConfig.AutoRemove === true) return `${name} was started with --rm: Docker would remove it by itself`
      if (String(hostConfig.NetworkMode).startsWith('container:')) return `${name} lives in another container's network`
    }
    return null
  },
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
      if (state !== 'running') throw new FaultError(`the new container of ${name} is ${state}`)
      made.push(`${oldId.slice(0, 12)} → ${id.slice(0, 12)}`)
    }
    const proof = `another container: ${made.join(', ')}`
    return { ...was('made anew'), proof, isSeenByDocker: true }
  },
}
