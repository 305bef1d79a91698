import { hadIts } from '../../model/predicate.ts'
import { type FaultKind, noSettings } from '../fault.ts'
import { namesOf } from '../part.ts'
import { findPostmaster } from './find-process.ts'
import { type Frozen, freeze } from './freeze.ts'
import { processRefusal } from './process-refusal.ts'

const frozen: Frozen = { what: 'postmaster', find: findPostmaster }

export const freezePostmaster: FaultKind = {
  type: 'freeze-postmaster',
  family: 'process',
  schema: noSettings,
  aims: ['node'],
  effects: ['may-take-part-away', 'can-lose-writes'],
  about:
    'Stops the postmaster and nothing else: sessions go on, new connections hang, and Patroni sees no reason to fail over.',
  describe: (_params, parts) => `freeze the postmaster of ${namesOf(parts)}`,
  refusal: (_params, parts, world, signal) => processRefusal(parts, frozen, world, signal),
  async inject(_params, parts, scope, signal) {
    const proof = await freeze(parts, frozen, scope, signal)
    return { ...hadIts('postmaster frozen'), proof }
  },
}
