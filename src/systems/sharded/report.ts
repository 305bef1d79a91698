import type { FigureValue } from '../../model/figure-value.ts'
import { sectionRow as row, type Section } from '../../model/section.ts'
import { fresh } from '../../model/seen.ts'
import type { State } from '../../model/state.ts'
import { longestMsOf, totalMsOf } from '../../model/time-union.ts'
import { formatDuration } from '../../model/units.ts'
import type { OwnFigure, Timeline } from '../reported.ts'
import { EXECUTOR, IN_DOUBT_AFTER_MS, inDoubtOf, shardedOf, shardNames } from './known.ts'

/** What scenarios can expect beside what they expect of any system. */
export const shardedFigures: readonly OwnFigure[] = [
  {
    name: 'in_doubt_time',
    unit: 'duration',
    about: 'how long any transaction was prepared for more than a second and not settled',
    read: (state) => lengthOf(state, totalMsOf(shardedOf(state).inDoubt)),
  },
  {
    name: 'blocked_time',
    unit: 'duration',
    about:
      'how long anybody was seen to wait for locks of a transaction that was not decided; each shard is looked at twice a second, and what is over sooner can go unseen',
    read: (state) => lengthOf(state, totalMsOf(shardedOf(state).blocked)),
  },
]

/** What a shard that cannot be asked holds is not known. */
function lengthOf(state: State, ms: number): FigureValue {
  const { shards } = shardedOf(state)
  const seen = shardNames(state).map((name) => shards[name])
  if (seen.every((each) => fresh(each) !== null)) return ms
  return ms > 0 ? { atLeast: ms } : null
}

/** Who answered, and where anything was in doubt. */
export const shardedTimeline: Timeline = {
  title: 'Faults and shards',
  legend: { primary: 'answers', nobody: 'holds what is in doubt' },
  at(event, after) {
    if (event.type === 'sharded.executor') {
      const isThere = fresh(shardedOf(after).executor) !== null
      return [{ kind: 'role', label: EXECUTOR, ...(isThere ? ANSWERS : UNREACHABLE) }]
    }
    if (event.type !== 'sharded.shard') return []
    const shard = fresh(shardedOf(after).shards[event.node])
    const hasDoubt = shard?.prepared.some(({ ageMs }) => ageMs > IN_DOUBT_AFTER_MS) === true
    return [{ kind: 'role', label: event.node, ...(shard === null ? UNREACHABLE : hasDoubt ? IN_DOUBT : ANSWERS) }]
  },
}

const ANSWERS = { value: 'answers', look: 'primary' } as const
const IN_DOUBT = { value: 'in doubt', look: 'nobody' } as const
const UNREACHABLE = { value: 'unreachable', look: 'unreachable' } as const

/** What the executor did, and what was left in doubt. */
export function tellRun(state: State): readonly Section[] {
  const { executor, decisions, inDoubt, blocked } = shardedOf(state)
  if (executor.value === null) return []
  const { gids } = inDoubtOf(state)
  const log = decisions.value
  const isShort = gids.length > 0
  return [
    {
      title: 'The shards',
      lead: `The executor followed ${executor.value.protocol} over ${shardNames(state).length} databases.`,
      rows: [
        row('in doubt in the end', gids.length, 'prepared somewhere, and not settled', isShort),
        row(
          'in doubt',
          inDoubt.length === 0 ? 0 : formatDuration(totalMsOf(inDoubt)),
          `in all, the longest stretch ${formatDuration(longestMsOf(inDoubt))}: something was prepared for more than a second`,
        ),
        row(
          'blocked',
          formatDuration(totalMsOf(blocked)),
          'somebody was seen, twice a second, to wait for locks of what was not decided',
        ),
        ...(log === null
          ? []
          : [
              row('commits decided', log.committed, 'in the decision log, of all runs'),
              row('aborts decided', log.aborted, 'in the decision log, of all runs'),
            ]),
      ],
      lines: gids.map((gid) => `${gid} was in doubt when the run ended.`),
    },
  ]
}
