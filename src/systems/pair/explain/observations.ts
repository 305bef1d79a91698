import type { LabEvent } from '../../../model/events.ts'
import type { State as CoreState } from '../../../model/state.ts'
import { isStreaming, problemsOf } from '../health.ts'
import { pairOf } from '../known.ts'
import type { Observation, Observations } from './shapes.ts'

const MOST = 500

/** Takes in one event; what it does not change keeps its identity. */
export function trackObservations(
  observations: Observations,
  before: CoreState,
  event: LabEvent,
  after: CoreState,
): Observations {
  if (!BEARS_ON_HEALTH.has(event.type)) return observations
  const { seq, atMs } = event
  const isWhole = problemsOf(after).length === 0
  const found: Observation[] = []
  if (event.type === 'pair.status') {
    const [was, is] = [pairOf(before).status, pairOf(after).status]
    const [wasAway, isAway] = [was.unreachableSinceMs !== null, is.unreachableSinceMs !== null]
    if (was.checkedAtMs !== null && wasAway !== isAway) {
      const fromMs = (isAway ? was.seenAtMs : was.checkedAtMs) ?? atMs
      found.push({ seq, atMs, fromMs, is: 'proxy', state: isAway ? 'away' : 'answers' })
    }
  }
  if (event.type === 'pair.replication' && !isStreaming(before, event.node) && isStreaming(after, event.node)) {
    const fromMs = pairOf(before).replication[event.node]?.checkedAtMs ?? atMs
    found.push({ seq, atMs, fromMs, is: 'streaming', part: event.node })
  }
  if (isWhole !== observations.isWhole) found.push({ seq, atMs, fromMs: before.atMs, is: 'whole', isWhole })
  if (found.length === 0) return observations
  return { seen: [...observations.seen, ...found].slice(-MOST), isWhole }
}

const BEARS_ON_HEALTH: ReadonlySet<LabEvent['type']> = new Set([
  'pair.status',
  'pair.replication',
  'postgres.node',
  'docker.container',
])
