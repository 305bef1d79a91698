import { FaultError, type FaultKind, noSettings } from '../../../../faults/fault.ts'
import { namesOf, type Part } from '../../../../faults/part.ts'
import { controlOf } from '../../control/control.ts'
import { refusalUnlessLeader } from '../patroni/hand-over.ts'

export const deleteLeaderKey: FaultKind = {
  type: 'delete-leader-key',
  family: 'etcd',
  schema: noSettings,
  aims: ['node'],
  effects: ['over-at-once'],
  about:
    "Deletes the leader's key in etcd under a holder that is well: an accident in the DCS, which Patroni mends at once.",
  describe: (_params, parts) => `delete the leader key of ${namesOf(parts)}`,
  refusal: (_params, parts, world, signal) => refusalUnlessLeader(parts, world, signal),
  async inject(_params, parts, { world }, signal) {
    const holder = (parts[0] as Part).name
    const key = await controlOf(world).etcd.get('leader', signal)
    if (key?.value !== holder) throw new FaultError(`${holder} has lost the leader key meanwhile`)
    const revision = await controlOf(world).etcd.remove('leader', key, signal)
    if (revision === null) throw new FaultError('the leader key has changed hands meanwhile: nothing was deleted')
    return { text: 'lost its leader key', proof: `etcd deleted it at revision ${revision}` }
  },
}
