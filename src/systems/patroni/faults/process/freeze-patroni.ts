import { findPatroni } from '../../../../faults/process/find-process.ts'
import { freezing } from '../../../../faults/process/freezing.ts'

export const freezePatroni = freezing(
  { what: 'Patroni', find: findPatroni },
  {
    type: 'freeze-patroni',
    effects: ['may-take-part-away', 'freezes-patroni', 'can-lose-writes'],
    about:
      'Stops Patroni and nothing else: PostgreSQL goes on, nobody renews the leader key, and nobody demotes a leader that lost it.',
  },
)
