import type { FaultInForce } from '../model/faults-in-force.ts'
import { formatDuration } from '../model/units.ts'
import type { Verdict } from '../model/verdict.ts'
import type { Trial } from './facts.ts'
import type { Check } from './judge-run.ts'
import type { Summary } from './summary-schema.ts'

/** Two nodes that would have taken writes at once is a failure, whether or not a client came to both. */
export function checkSplitBrain({ isWatched, spans, totalMs }: Summary['splitBrain']): Check {
  if (spans.length > 0) {
    const acknowledged = spans.filter(({ basis }) => basis !== 'recovery')
    const told = acknowledged.length > 0 ? acknowledged : spans
    const nodes = [...new Set(told.flatMap((span) => span.nodes))].sort().join(' and ')
    const did = acknowledged.length > 0 ? 'both acknowledged writes' : 'would both have taken writes'
    const why = `Split brain: ${nodes} ${did}, for at least ${formatDuration(totalMs)}.`
    return {
      name: 'split brain',
      verdict: 'fail',
      why,
      evidence: told.flatMap(({ evidence }) => evidence).slice(0, 100),
      figures: ['split_brain'],
    }
  }
  const check = (verdict: Verdict['verdict'], why: string): Check => ({
    name: 'split brain',
    verdict,
    why,
    evidence: [],
    figures: ['split_brain'],
  })
  if (!isWatched) return check('unknown', 'Nobody watched whether two nodes would take writes at once.')
  return check('pass', 'At no time were two nodes seen that would take writes.')
}

/** A run that was cut short may have gone wrong after its end. */
export function checkRecording(whyIncomplete: string | null): Check {
  const check = (verdict: Verdict['verdict'], why: string): Check => {
    return { name: 'recording', verdict, why, evidence: [], figures: [] }
  }
  if (whyIncomplete === null) return check('pass', 'The recording is whole.')
  return check('unknown', `The recording is incomplete: ${whyIncomplete}. What came after its end is not known.`)
}

/** Whether the scenario was played to its end; null for a run of none. */
export function checkSteps(trial: Trial | null): Check | null {
  if (trial === null) return null
  const check = (verdict: Verdict['verdict'], why: string): Check => {
    return { name: 'steps', verdict, why, evidence: [], figures: [] }
  }
  const { ended } = trial
  if (ended === null) return check('unknown', 'Whether every step of the scenario was done is not recorded.')
  if (ended.failure !== null) {
    const { path, text, why, kind } = ended.failure
    return check(kind === 'expectation' ? 'fail' : 'unknown', `Step ${path}, ${text}: ${why}.`)
  }
  if (ended.error !== null) return check('unknown', `The scenario was not played to its end: ${ended.error}.`)
  return check('pass', 'Every step was done.')
}

/** What a run has broken and left so; null when that is nothing. */
export function checkHealing(faults: readonly FaultInForce[]): Check | null {
  const stuck = faults.flatMap((each) => (each.stuck === null ? [] : [{ ...each, ...each.stuck }]))
  if (stuck.length === 0) return null
  const why = stuck.map(({ fault, parts, error, byHand }) => {
    return `${fault} of ${parts.join(', ')} could not be healed: ${error}; by hand: ${byHand.join('; ')}.`
  })
  return { name: 'healing', verdict: 'fail', why: why.join(' '), evidence: [], figures: [] }
}
