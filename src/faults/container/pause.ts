import { z } from 'zod'
import { was } from '../../model/predicate.ts'
import type { FaultKind } from '../fault.ts'
import { ANY_CONTAINER } from '../part.ts'
import { actOnEach } from './act-on-each.ts'
import { refuseUnless } from './refuse-unless.ts'

const schema = z.strictObject({})

export const pause: FaultKind<z.output<typeof schema>> = {
  type: 'pause',
  family: 'container',
  schema,
  aims: ANY_CONTAINER,
  effects: ['takes-part-away', 'freezes-part'],
  about: 'Freezes the container: its kernel still accepts connections, and nobody answers them.',
  describe: (_params, parts) => `pause ${parts.map((part) => part.name).join(', ')}`,
  byHand: (_params, parts, { containers }) => parts.map(({ service }) => containers.commandFor('pause', service)),
  refusal: (_params, parts, world, signal) => refuseUnless(['running'], parts, world, signal),
  async inject(_params, parts, scope, signal) {
    await actOnEach(parts, scope, { verb: 'pause', undo: 'unpause', state: 'paused' }, signal)
    return { ...was('paused'), proof: 'Docker says paused', isSeenByDocker: true }
  },
}
