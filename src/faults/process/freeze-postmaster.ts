import { findPostmaster } from './find-process.ts'
import { freezing } from './freezing.ts'

export const freezePostmaster = freezing(
  { what: 'postmaster', find: findPostmaster },
  {
    type: 'freeze-postmaster',
    effects: ['may-take-part-away', 'can-lose-writes'],
    about:
      'Stops the postmaster and nothing else: sessions go on, new connections hang, and Patroni sees no reason to fail over.',
  },
)
