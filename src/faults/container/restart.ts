import { was } from '../../model/predicate.ts'
import { stateWords } from '../../model/words.ts'
import { allEnded } from '../all-ended.ts'
import { FaultError, type FaultKind, noSettings } from '../fault.ts'
import { ANY_CONTAINER, namesOf } from '../part.ts'
import { refuseUnless } from './refuse-unless.ts'

export const restart: FaultKind = {
  type: 'restart',
  family: 'container',
  schema: noSettings,
  aims: ANY_CONTAINER,
  effects: ['takes-part-away', 'hands-over', 'over-when-running', 'over-at-once'],
  about: 'Stops the container cleanly and starts it at once, as an upgrade of one machine after the other does.',
  describe: (_params, parts) => `restart ${namesOf(parts)}`,
  byHand: (_params, parts, { containers }) => parts.map(({ service }) => containers.commandFor('restart', service)),
  refusal: (_params, parts, world, signal) => refuseUnless(['running', 'paused'], parts, world, signal),
  async inject(_params, parts, { world, defer }, signal) {
    const { containers } = world
    const before = new Map<string, string | null>()
    for (const { service } of parts) {
      before.set(service, (await containers.facts(service, signal)).startedAt)
      await defer({ type: 'start-again', params: { service } })
    }
    await allEnded(parts.map(({ service }) => containers.act('restart', service, signal)))
    const since: string[] = []
    for (const { name, service } of parts) {
      const { state, startedAt } = await containers.facts(service, signal)
      if (state !== 'running') throw new FaultError(`${name} ${stateWords(state)} after its restart`)
      if (startedAt === null || startedAt === before.get(service))
        throw new FaultError(`${name} has not been restarted`)
      since.push(startedAt.slice(11, 19))
    }
    const proof = `Docker says running since ${since.join(', ')} (UTC)`
    return { ...was('restarted'), proof, isSeenByDocker: true }
  },
}
