import { fresh } from '../../model/seen.ts'
import type { Sections } from '../place.ts'
import { plainSystem } from '../plain-system.ts'
import type { System } from '../system.ts'
import { gateAim } from './aim-at-gate.ts'
import { shardedConditions } from './conditions.ts'
import { type ShardedSections, sections } from './definition.ts'
import { describeSharded } from './describe.ts'
import { draws } from './faults/draws.ts'
import { endSecondExecutor, secondExecutor } from './faults/second-executor.ts'
import { problemsOf } from './health.ts'
import { coordinatorOf, EXECUTOR, shardedOf, shardNames } from './known.ts'
import { decisionsPanel } from './panels/decisions.ts'
import { executorPanel } from './panels/executor.ts'
import { shardsPanel } from './panels/shards.ts'
import { locate } from './place.ts'
import { shardedFigures, shardedTimeline, tellRun } from './report.ts'
import { inRole, roles, whatRemains } from './roles.ts'
import { standing } from './standing.ts'
import { reduceSharded } from './state.ts'
import { statusOf } from './status.ts'

/** Databases without a leader, and an executor of transactions that span them. */
export const sharded: System = {
  ...plainSystem,
  type: 'sharded',
  sections,
  locate: (given) => locate(given as Sections<ShardedSections>),
  kindOf: () => 'app',
  reduce: reduceSharded,
  describe: describeSharded,
  problems: problemsOf,
  roles,
  inRole,
  whatRemains,
  roleOfPart(part, state) {
    if (part === coordinatorOf(state)) return 'coordinator'
    return fresh(shardedOf(state).shards[part]) === null ? null : 'shard'
  },
  conditions: shardedConditions,
  aims: [gateAim],
  draws,
  faults: [secondExecutor],
  undos: [endSecondExecutor],
  status: statusOf,
  gauges: [
    {
      name: 'prepared_transactions',
      help: 'Transactions that an executor has prepared and nobody has settled; absent while the shard does not answer',
      labels: ['shard'],
      series: (state) => {
        return shardNames(state).map((shard) => [{ shard }, fresh(shardedOf(state).shards[shard])?.preparedCount])
      },
    },
  ],
  sources(state) {
    const { executor, decisions, shards } = shardedOf(state)
    return [
      { source: 'executor', target: EXECUTOR, seen: executor, isAround: true },
      { source: 'decision log', target: coordinatorOf(state) ?? '', seen: decisions },
      ...shardNames(state).map((target) => ({ source: 'shard', target, seen: shards[target] })),
    ]
  },
  standing,
  timeline: shardedTimeline,
  figures: shardedFigures,
  tellRun,
  panels: [shardsPanel, executorPanel, decisionsPanel],
}
