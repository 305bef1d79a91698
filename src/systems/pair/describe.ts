import type { LabEvent } from '../../model/events.ts'
import { nothing, onReach, type Remark, type Remarks } from '../../model/remark.ts'
import { fresh } from '../../model/seen.ts'
import type { State as CoreState } from '../../model/state.ts'
import { formatDuration } from '../../model/units.ts'
import type { PairStatus } from './events.ts'
import { isStreaming } from './health.ts'
import { pairOf } from './known.ts'
import type { Promotion } from './promotions.ts'
import { tellHold, tellPastFork, tellWhy } from './words.ts'

/** What an event changed of the pair, for people. */
export function describePair(before: CoreState, event: LabEvent, after: CoreState): Remarks {
  const [was, is] = [pairOf(before), pairOf(after)]
  switch (event.type) {
    case 'pair.status':
      return [
        ...onReach(was.status, is.status, { atMs: after.atMs, source: 'proxy', who: 'the proxy' }),
        ...is.promotions.slice(was.promotions.length).map(onDecision),
        ...onHold(was.status.value, fresh(is.status)),
        ...onResults(was.promotions, is.promotions),
        ...onFences(before, after),
      ]
    case 'pair.replication':
      return onStreaming(before, event.node, after)
    default:
      return onVerdict(was.promotions, is.promotions)
  }
}

function onDecision({ node, from, why }: Promotion): Remark {
  return { level: 'bad', source: 'proxy', text: `leads to ${node} from now on, not to ${from}: ${tellWhy(why)}` }
}

function onResults(was: readonly Promotion[], is: readonly Promotion[]): Remarks {
  return is.flatMap((each, index): Remark[] => {
    const { node, result } = each
    if (result === null || JSON.stringify(was[index]?.result) === JSON.stringify(result)) return []
    return result.type === 'promoted'
      ? [
          {
            level: 'good',
            source: node,
            text: `is promoted after ${formatDuration(result.tookMs)} (timeline ${result.timeline})`,
          },
        ]
      : [{ level: 'bad', source: node, text: `could not be promoted: ${result.error}` }]
  })
}

/** A run of them is told of once; how far the checks have come, on the screen only. */
function onHold(was: PairStatus | null, is: PairStatus | null): Remarks {
  if (was === null || !is?.hold || is.hold.why.type === 'too-few-checks' || was.hold?.at === is.hold.at) return nothing
  return [{ level: 'warn', source: 'proxy', text: `does not promote: ${tellHold(is.hold.why)}` }]
}

function onFences(before: CoreState, after: CoreState): Remarks {
  const [was, is] = [pairOf(before).fences, pairOf(after).fences]
  return is.flatMap((fence, index): Remark[] => {
    const { node, when, walBytesPastFork, rejoined } = fence
    const known = was[index]
    const level = walBytesPastFork === 0 ? 'info' : 'bad'
    const how = when === 'running' ? 'is stopped, as another leads' : 'is kept from starting as a primary'
    return [
      ...(known === undefined ? [{ level, source: node, text: `${how}: ${tellPastFork(fence)}` } as const] : []),
      ...(rejoined && !known?.rejoined
        ? [{ level: 'good', source: node, text: `comes back as a standby by ${rejoined.by}` } as const]
        : []),
    ]
  })
}

function onStreaming(before: CoreState, node: string, after: CoreState): Remarks {
  const [was, is] = [isStreaming(before, node), isStreaming(after, node)]
  const own = pairOf(before).replication[node]
  if (was === is || own === undefined || own.checkedAtMs === null) return nothing
  if (is) return [{ level: 'good', source: node, text: 'streams from the leader' }]
  // One that does not answer is told of by itself.
  return fresh(pairOf(after).replication[node]) === null
    ? nothing
    : [{ level: 'warn', source: node, text: 'does not stream from the leader any more' }]
}

function onVerdict(was: readonly Promotion[], is: readonly Promotion[]): Remarks {
  if (was === is) return nothing
  return is.flatMap(({ verdict, from, node }, index): Remark[] =>
    verdict === 'false' && was[index]?.verdict !== 'false'
      ? [{ level: 'bad', source: 'proxy', text: `false promotion of ${node}: ${from} still takes writes` }]
      : [],
  )
}
