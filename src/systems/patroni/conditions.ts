import { z } from 'zod'
import { fresh } from '../../model/seen.ts'
import type { OwnCondition } from '../scripted.ts'
import { hasQuorum } from './quorum.ts'
import { isSyncStandby } from './roles.ts'
import { patroniOf, type State } from './state.ts'

/** What a scenario can wait for of etcd and of synchronous replication. */
export const patroniConditions: readonly OwnCondition[] = [
  {
    key: 'quorum',
    form: 'true | false',
    schema: z.boolean(),
    holds: (has, state) => hasQuorum(patroniOf(state)) === has,
    describe: (has) => (has ? 'etcd has a quorum' : 'etcd has no quorum'),
  },
  {
    key: 'sync_standby',
    form: 'true | false',
    schema: z.boolean(),
    holds: (has, state) => hasSyncStandby(patroniOf(state)) === has,
    describe: (has) => (has ? 'there is a synchronous standby' : 'there is no synchronous standby'),
  },
]

/** Null while nobody says. */
export function hasSyncStandby({ cluster }: State): boolean | null {
  const members = fresh(cluster)?.members
  return members?.some(isSyncStandby) ?? null
}
