import { between, type FigureValue } from '../../model/figure-value.ts'
import { sectionRow as row, type Section } from '../../model/section.ts'
import { fresh } from '../../model/seen.ts'
import type { State } from '../../model/state.ts'
import { sum } from '../../model/sum.ts'
import { totalMsOf } from '../../model/time-union.ts'
import { without } from '../../model/totals.ts'
import { formatClock, formatDuration } from '../../model/units.ts'
import { SLOTS } from '../../workloads/vectors/clients.ts'
import type { OwnFigure, Timeline } from '../reported.ts'
import { gatewayOf, type Rebalance, type Stretch, vectorsOf } from './known.ts'

const measured =
  (name: string): OwnFigure['read'] =>
  (state) =>
    vectorsOf(state).measured[name] ?? null

/** What scenarios can expect of a vector store beside what they expect of any system. */
export const vectorsFigures: readonly OwnFigure[] = [
  {
    name: 'time_to_level',
    unit: 'duration',
    about: 'the longest time from a heal until all copies were whole and level',
    read: (state) => longest(vectorsOf(state).convergences, state),
  },
  {
    name: 'rebalance_time',
    unit: 'duration',
    about: 'the longest time that slots were on the move',
    read: (state) => longest(vectorsOf(state).rebalances, state),
  },
  {
    name: 'share_moved',
    unit: 'share',
    about: 'slots that moved to another shard, of all',
    read: (state) => sum(vectorsOf(state).rebalances.map(({ slots }) => slots)) / SLOTS,
  },
  {
    name: 'recall_at_10',
    unit: 'share',
    about: 'of the ten nearest of what was acknowledged, how many searches found that were not marked partial or stale',
    read: measured('recall_at_10'),
  },
  {
    name: 'worst_recall_at_10',
    unit: 'share',
    about: 'the same of the worst of these answers',
    read: measured('worst_recall_at_10'),
  },
  { name: 'search_p50', unit: 'duration', about: 'half of the searches took no longer', read: measured('search_p50') },
  { name: 'search_p99', unit: 'duration', about: '99 % of them took no longer', read: measured('search_p99') },
]

/** One that is not over has lasted at least so long; null where there was none, or nobody knows how long any took. */
function longest(stretches: readonly Stretch[], state: State): FigureValue {
  const lengths = stretches
    .filter(({ isCutShort }) => isCutShort !== true)
    .map(({ fromMs, toMs }) => {
      const endMs = toMs ?? state.atMs
      const fedMs = totalMsOf(without({ fromMs, toMs: endMs }, vectorsOf(state).starved))
      // Nobody knows how much sooner it had been over on a machine that has processors to give.
      const isStarved = fedMs < (endMs - fromMs) / 2
      const isOver = toMs !== null
      return { least: isStarved ? fedMs : endMs - fromMs, most: isOver ? endMs - fromMs : Number.POSITIVE_INFINITY }
    })
  if (lengths.length === 0) return null
  return between(Math.max(...lengths.map(({ least }) => least)), Math.max(...lengths.map(({ most }) => most)))
}

/** Who led each shard, and whether the gateways answered. */
export const vectorsTimeline: Timeline = {
  title: 'Faults and leaders of shards',
  authority: 'lead',
  at(event, after) {
    if (event.type !== 'vectors.gateway') return []
    const view = fresh(vectorsOf(after).gateways[event.gateway])
    const answers = view === null ? UNREACHABLE : ANSWERS
    return [
      { kind: 'role', label: event.gateway, ...answers },
      ...(view?.shards ?? []).map(({ id, leader, isSettled }) =>
        leader === null || !isSettled
          ? ({ kind: 'role', label: id, value: 'no leader', look: 'nobody' } as const)
          : ({ kind: 'role', label: id, value: leader, look: 'held' } as const),
      ),
    ]
  },
}

const UNREACHABLE = { value: 'unreachable', look: 'unreachable' } as const
const ANSWERS = { value: 'answers', look: 'replica' } as const

/** How long copies took to be level again, and what moved. */
export function tellRun(state: State): readonly Section[] {
  const view = gatewayOf(state).value
  if (view === null) return []
  const { convergences, rebalances } = vectorsOf(state)
  const slots = sum(rebalances.map((each) => each.slots))
  const notLevel = convergences.filter(({ toMs }) => toMs === null)
  return [
    {
      title: 'The vector store',
      lead: `${view.shards.length} shards in the end, ids placed by ${view.strategy}${view.mapVersion === null ? '' : `, map ${view.mapVersion}`}.`,
      rows: [
        row('heals', convergences.length, 'after each of them all copies had to become level again'),
        row(
          'not level again',
          notLevel.length,
          'some copy was not whole, did not count, or was behind to the end',
          true,
        ),
        row('slots moved', slots, `of ${SLOTS}, from one shard to another`),
      ],
      lines: [...convergences.map(tellConvergence), ...rebalances.map(tellRebalance)],
    },
  ]
}

function tellConvergence({ fromMs, toMs, isCutShort }: Stretch): string {
  const healed = `A fault was healed at ${formatClock(fromMs)}`
  if (isCutShort === true) return `${healed}; the next one came before all copies were level.`
  return toMs === null
    ? `${healed}; to the end not all copies were level.`
    : `${healed}; all copies were level after ${formatDuration(toMs - fromMs)}.`
}

function tellRebalance({ fromMs, toMs, slots }: Rebalance): string {
  const many = `${slots} slots moved`
  return toMs === null
    ? `From ${formatClock(fromMs)} on ${many}, and more were to move in the end.`
    : `From ${formatClock(fromMs)} on ${many} in ${formatDuration(toMs - fromMs)}.`
}
