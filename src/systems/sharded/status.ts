import { columns } from '../../draw/format.ts'
import { fresh } from '../../model/seen.ts'
import type { State } from '../../model/state.ts'
import { formatDuration } from '../../model/units.ts'
import type { SystemStatus } from '../operated.ts'
import { inDoubtOf, shardedOf, shardNames } from './known.ts'

/** How the shards stand: the executor, the decision log, and every shard by its own word. */
export function statusOf(state: State): SystemStatus {
  const { executor, decisions, shards } = shardedOf(state)
  const [serves, log] = [fresh(executor), fresh(decisions)]
  const rows = shardNames(state).map((name) => ({
    name,
    error: shards[name]?.error ?? null,
    shard: fresh(shards[name]),
  }))
  return {
    json: { executor: serves, decisions: log, inDoubt: inDoubtOf(state).gids, shards: rows },
    lines: [
      serves === null
        ? `executor: unreachable (${executor.error ?? 'no answer'})`
        : `executor: ${serves.protocol}, ${serves.underWayCount} under way`,
      log === null
        ? `decision log: unreachable (${decisions.error ?? 'no answer'})`
        : `decision log: ${log.open} open, ${log.committed} committed, ${log.aborted} aborted`,
      ...columns([
        ['shard', 'committed', 'prepared', 'oldest', 'waiting'],
        ...rows.map(({ name, error, shard }) =>
          shard === null
            ? [name, `unreachable (${error ?? 'no answer'})`, '', '', '']
            : [
                name,
                String(shard.committed),
                String(shard.preparedCount),
                oldestOf(shard.prepared),
                String(shard.waiting),
              ],
        ),
      ]),
    ],
  }
}

function oldestOf(prepared: readonly { readonly ageMs: number }[]): string {
  return prepared[0] === undefined ? '' : formatDuration(prepared[0].ageMs)
}
