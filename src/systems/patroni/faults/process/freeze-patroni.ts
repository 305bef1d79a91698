import { type FaultKind, noSettings } from '../../../../faults/fault.ts'
import { namesOf } from '../../../../faults/part.ts'
import { findPatroni } from '../../../../faults/process/find-process.ts'
import { type Frozen, freeze } from '../../../../faults/process/freeze.ts'
import { processRefusal } from '../../../../faults/process/process-refusal.ts'
import { hadIts } from '../../../../model/predicate.ts'

const frozen: Frozen = { what: 'Patroni', find: findPatroni }

export const freezePatroni: FaultKind = {
  type: 'freeze-patroni',
  family: 'process',
  schema: noSettings,
  aims: ['node'],
  effects: ['may-take-part-away', 'freezes-patroni', 'can-lose-writes'],
  about:
    'Stops Patroni and nothing else: PostgreSQL goes on, nobody renews the leader key, and nobody demotes a leader that lost it.',
  describe: (_params, parts) => `freeze the Patroni of ${namesOf(parts)}`,
  refusal: (_params, parts, world, signal) => processRefusal(parts, frozen, world, signal),
  async inject(_params, parts, scope, signal) {
    const proof = await freeze(parts, frozen, scope, signal)
    return { ...hadIts('Patroni frozen'), proof }
  },
}
