import { z } from 'zod'
import { was } from '../../model/predicate.ts'
import { type FaultKind, noSettings, type UndoKind } from '../fault.ts'
import { ANY_CONTAINER, namesOf } from '../part.ts'
import { refuseUnless } from './refuse-unless.ts'
import { actOnEach } from './stop.ts'

export const pause: FaultKind = {
  type: 'pause',
  family: 'container',
  schema: noSettings,
  aims: ANY_CONTAINER,
  effects: ['takes-part-away', 'freezes-part'],
  about: 'Freezes the container: its kernel still accepts connections, and nobody answers them.',
  describe: (_params, parts) => `pause ${namesOf(parts)}`,
  byHand: (_params, parts, { containers }) => parts.map(({ service }) => containers.commandFor('pause', service)),
  refusal: (_params, parts, world, signal) => refuseUnless(['running'], parts, world, signal),
  async inject(_params, parts, scope, signal) {
    await actOnEach(parts, scope, { verb: 'pause', undo: 'unpause', state: 'paused' }, signal)
    return { ...was('paused'), proof: 'Docker says paused', isSeenByDocker: true }
  },
}

const schema = z.strictObject({ service: z.string() })

/** Lets a paused container go on; one that is not paused is left alone. */
export const unpause: UndoKind<z.output<typeof schema>> = {
  type: 'unpause',
  isIndependent: true,
  isDoneBy: ['start', 'unpause'],
  schema,
  async perform({ service }, { containers }, signal) {
    const { state } = await containers.facts(service, signal)
    if (state === 'paused') await containers.act('unpause', service, signal)
  },
  async remains({ service }, { containers }, signal) {
    const { state } = await containers.facts(service, signal)
    return state === 'paused' ? `${service} is paused` : null
  },
  byHand: ({ service }, { containers }) => containers.commandFor('unpause', service),
}
