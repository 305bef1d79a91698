import { formatDuration } from '../model/units.ts'
import { isInDoubt } from '../model/unwitnessed.ts'
import type { Verdict } from '../model/verdict.ts'
import type { Check } from './judge-run.ts'
import type { Summary } from './summary-schema.ts'
import { doubtOf, settledHow } from './words/unwitnessed.ts'

/**
 * Two nodes that would have taken writes at once is a failure, whether or not a client came to both; time in which that
 * could not be seen is a finding of its own.
 */
export function checkSplitBrain(splitBrain: Summary['splitBrain']): readonly Check[] {
  const { isWatched, count, unwitnessed, unwitnessedMs } = splitBrain
  const evidence = unwitnessed.filter(isInDoubt).flatMap((span) => span.evidence)
  const check = (verdict: Verdict['verdict'], why: string, more: Partial<Check> = {}): Check => {
    return { name: 'split brain', verdict, why, evidence: [], figures: ['split_brain'], ...more }
  }
  const found = [
    ...(count > 0 ? [splitBrainFound(splitBrain)] : []),
    ...(unwitnessedMs > 0
      ? [check('unknown', doubtOf(splitBrain), { evidence: evidence.slice(0, 100), figures: ['split_brain_unknown'] })]
      : []),
  ]
  if (found.length > 0) return found
  if (!isWatched) return [check('unknown', 'Nobody watched whether two nodes would take writes at once.')]
  return [
    check('pass', ['At no time were two nodes seen that would take writes.', ...settledHow(splitBrain)].join(' ')),
  ]
}

function splitBrainFound({ spans, totalMs }: Summary['splitBrain']): Check {
  const acknowledged = spans.filter(({ basis }) => basis === 'probe' || basis === 'traffic')
  const told = acknowledged.length > 0 ? acknowledged : spans
  const nodes = [...new Set(told.flatMap((span) => span.nodes))].sort().join(' and ')
  const did = acknowledged.length > 0 ? 'both acknowledged writes' : 'would both have taken writes'
  const length = totalMs > 0 ? `for at least ${formatDuration(totalMs)}` : 'for a moment at least'
  return {
    name: 'split brain',
    verdict: 'fail',
    why: `Split brain: ${nodes} ${did}, ${length}.`,
    evidence: told.flatMap(({ evidence }) => evidence).slice(0, 100),
    figures: ['split_brain'],
  }
}
