import { z } from 'zod'
import { was } from '../../model/predicate.ts'
import type { FaultKind } from '../fault.ts'
import { ANY_CONTAINER } from '../part.ts'
import { actOnEach } from './act-on-each.ts'
import { refuseUnless } from './refuse-unless.ts'

const schema = z.strictObject({})

export const stop: FaultKind<z.output<typeof schema>> = {
  type: 'stop',
  family: 'container',
  schema,
  aims: ANY_CONTAINER,
  effects: ['takes-part-away', 'hands-over', 'over-when-running'],
  about: 'Stops the container cleanly (SIGTERM, then its grace period): a leader hands over before it goes.',
  describe: (_params, parts) => `stop ${parts.map((part) => part.name).join(', ')}`,
  byHand: (_params, parts, { containers }) => parts.map(({ service }) => containers.commandFor('stop', service)),
  refusal: (_params, parts, world, signal) => refuseUnless(['running', 'paused'], parts, world, signal),
  async inject(_params, parts, scope, signal) {
    await actOnEach(parts, scope, { verb: 'stop', undo: 'start-again', state: 'exited' }, signal)
    return { ...was('stopped'), proof: 'Docker says exited', isSeenByDocker: true }
  },
}
