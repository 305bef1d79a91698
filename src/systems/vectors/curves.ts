import { fresh } from '../../model/seen.ts'
import type { Curve } from '../reported.ts'
import { lagOf } from './health.ts'
import { shardsOf, vectorsOf } from './known.ts'

const RECALL = 'recall@10'
const MARKED = 'share marked partial or stale'
const LAG = 'farthest behind'

/** Recall of the searches and the lag of the copies, over the time of a run. */
export const vectorsCurves: readonly Curve[] = [
  {
    id: 'recall',
    title: 'Recall of the searches',
    reading:
      'Of the ten nearest of what was acknowledged, how many were found by the answers of a second that were not marked; and how many answers were.',
    unit: 'share',
    at(event) {
      if (event.type !== 'traffic.tick' || event.measured === undefined) return []
      return [
        { line: RECALL, value: event.measured.recall_now ?? null },
        { line: MARKED, value: event.measured.marked_now ?? null },
      ]
    },
  },
  {
    id: 'convergence',
    title: 'Copies behind their leader',
    reading: 'How many positions the copy that lags most is behind; the line breaks while a gateway does not answer.',
    unit: 'count',
    at(event, after) {
      if (event.type !== 'vectors.gateway') return []
      if (fresh(vectorsOf(after).gateways[event.gateway]) === null) return [{ line: LAG, value: null }]
      const lags = shardsOf(after).flatMap((shard) => shard.members.map((member) => lagOf(after, shard, member) ?? 0))
      return [{ line: LAG, value: Math.max(0, ...lags) }]
    },
  },
]
