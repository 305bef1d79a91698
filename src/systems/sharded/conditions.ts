import { z } from 'zod'
import type { State } from '../../model/state.ts'
import type { OwnCondition } from '../scripted.ts'
import { isAnswering } from './health.ts'
import { inDoubtOf } from './known.ts'

/** What a scenario can wait for. */
export const shardedConditions: readonly OwnCondition[] = [
  {
    key: 'answering',
    form: 'true | false',
    schema: z.boolean(),
    holds: (is, state: State) => isAnswering(state) === is,
    describe: (is) =>
      is
        ? 'every shard, the executor and the decision log answer'
        : 'a shard, the executor or the decision log does not answer',
  },
  {
    key: 'in_doubt',
    form: 'true | false',
    schema: z.boolean(),
    holds: (is, state: State) => inDoubtOf(state).gids.length > 0 === is,
    describe: (is) => (is ? 'a transaction is in doubt' : 'no transaction is in doubt'),
  },
]
