import { formatDuration } from '../model/units.ts'
import { isInDoubt } from '../model/unwitnessed.ts'
import { type Check, checkOf } from './judge-run.ts'
import type { Summary } from './summary-schema.ts'
import { doubtOf, settledHow } from './words/unwitnessed.ts'

/**
 * Two nodes that would have taken writes at once is a failure, whether or not a client came to both; time in which that
 * could not be seen is a finding of its own.
 */
export function checkSplitBrain(splitBrain: Summary['splitBrain']): readonly Check[] {
  const { isWatched, count, unwitnessed, unwitnessedMs } = splitBrain
  const evidence = unwitnessed.filter(isInDoubt).flatMap((span) => span.evidence)
  const found = count > 0 ? [splitBrainFound(splitBrain)] : []
  if (unwitnessedMs > 0) {
    const doubt = { verdict: 'unknown' as const, why: doubtOf(splitBrain), evidence: evidence.slice(0, 100) }
    found.push(checkOf('split brain', doubt, ['split_brain_unknown']))
  }
  if (found.length > 0) return found
  const why = isWatched
    ? ['Two nodes were never seen to take writes at once.', ...settledHow(splitBrain)].join(' ')
    : 'Nobody watched whether two nodes would take writes at once.'
  return [checkOf('split brain', { verdict: isWatched ? 'pass' : 'unknown', why }, ['split_brain'])]
}

function splitBrainFound({ spans, totalMs }: Summary['splitBrain']): Check {
  const acknowledged = spans.filter(({ basis }) => basis === 'probe' || basis === 'traffic')
  const told = acknowledged.length > 0 ? acknowledged : spans
  const nodes = [...new Set(told.flatMap((span) => span.nodes))].sort().join(' and ')
  const did = acknowledged.length > 0 ? 'both acknowledged writes' : 'would both have taken writes'
  const length = totalMs > 0 ? `for at least ${formatDuration(totalMs)}` : 'for a moment at least'
  const evidence = told.flatMap((span) => span.evidence).slice(0, 100)
  return checkOf('split brain', { verdict: 'fail', why: `Split brain: ${nodes} ${did}, ${length}.`, evidence }, [
    'split_brain',
  ])
}
