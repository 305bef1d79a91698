import { atLeast, type FigureValue } from '../../model/figure-value.ts'
import { sectionRow as row, type Section } from '../../model/section.ts'
import { fresh } from '../../model/seen.ts'
import type { State } from '../../model/state.ts'
import { formatClock, formatDuration } from '../../model/units.ts'
import { serverTimeline } from '../default-report.ts'
import type { OwnFigure, Timeline } from '../reported.ts'
import { PROXY, pairOf } from './known.ts'
import type { Promotion } from './promotions.ts'
import { insertsPastFork, tellPastFork, tellWhy } from './words.ts'

/** What scenarios can expect of a pair beside what they expect of any system. */
export const pairFigures: readonly OwnFigure[] = [
  {
    name: 'promotions',
    unit: 'count',
    about: 'how often the proxy gave the lead to the other server',
    read: (state) => pairOf(state).promotions.length,
  },
  {
    name: 'false_promotions',
    unit: 'count',
    about: 'promotions after which the old primary would still have taken writes',
    read: (state) => falsePromotions(pairOf(state).promotions),
  },
  {
    name: 'inserts_past_fork',
    unit: 'count',
    about: 'rows that fenced primaries had taken past the fork, by their own account',
    read: (state) => insertsPastFork(pairOf(state).fences),
  },
]

/** While nobody knows of one, as many as are certain; null when none is. */
function falsePromotions(promotions: readonly Promotion[]): FigureValue {
  const certain = promotions.filter(({ verdict }) => verdict === 'false').length
  if (promotions.every(({ verdict }) => verdict !== null)) return certain
  return certain > 0 ? { atLeast: certain } : null
}

/** Whom the proxy led to, and what each server was. */
export const pairTimeline: Timeline = {
  title: 'Faults, roles and proxy',
  authority: 'lead',
  at(event, after) {
    if (event.type !== 'pair.status') return serverTimeline.at(event, after)
    const status = fresh(pairOf(after).status)
    return status === null
      ? [{ kind: 'proxy', label: PROXY, value: 'unreachable', look: 'unreachable' }]
      : [{ kind: 'proxy', label: PROXY, value: status.leadsTo, look: 'held' }]
  },
}

/** What the proxy did, and what the servers had to say of it. */
export function tellRun(state: State): readonly Section[] {
  const { status, promotions, fences } = pairOf(state)
  if (status.value === null) return []
  const { rule, leadsTo, epoch } = status.value
  const known = falsePromotions(promotions)
  const { count, totalMs } = state.splitBrain
  return [
    {
      title: 'The pair',
      lead: `The proxy followed the ${rule} rule, and led to ${leadsTo} in the end (epoch ${epoch}).`,
      rows: [
        row('promotions', promotions.length, 'the proxy gave the lead to the other server'),
        row(
          'false promotions',
          known === null ? 'not known' : typeof known === 'number' ? known : `at least ${known.atLeast}`,
          'the old primary would still have taken writes afterwards',
          atLeast(known) > 0,
        ),
        row(
          'two primaries',
          count === 0 ? 0 : `at least ${formatDuration(totalMs)}`,
          'both servers would have taken writes, whether or not a client came to both',
          count > 0,
        ),
        row('fenced', fences.length, 'an old primary was stopped, or kept from starting as one'),
      ],
      lines: [
        ...promotions.map(tellPromotion),
        ...fences.map((fence) => `${fence.node} was fenced: ${tellPastFork(fence)}.`),
      ],
    },
  ]
}

const VERDICTS = {
  false: ' That was a false promotion: the old primary still took writes.',
  right: '',
} as const

function tellPromotion({ decidedMs, node, from, why, result, verdict }: Promotion): string {
  const came =
    result === null
      ? 'and nothing had come of it in the end'
      : result.type === 'promoted'
        ? `which was promoted after ${formatDuration(result.tookMs)} (timeline ${result.timeline})`
        : `which could not be promoted: ${result.error}`
  const doubt = ' Whether the old primary still took writes, nobody saw.'
  return `At ${formatClock(decidedMs)} the lead went from ${from} to ${node}, ${came}; ${tellWhy(why)}.${verdict === null ? doubt : VERDICTS[verdict]}`
}
