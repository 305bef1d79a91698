import { tellHealer } from '../model/describe-fault.ts'
import type { FaultInForce } from '../model/faults-in-force.ts'
import { formatClock } from '../model/units.ts'
import type { Verdict } from '../model/verdict.ts'
import type { Lifted, Trial } from './facts.ts'
import type { Check } from './judge-run.ts'

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

/**
 * What a run has broken and left so, and what somebody else has taken back before it did: such a fault was not in force
 * for as long as it should have been, and nothing that was measured under it holds. Null when there is neither.
 */
export function checkHealing(faults: readonly FaultInForce[], lifted: readonly Lifted[] = []): Check | null {
  const stuck = faults.flatMap((each) => (each.stuck === null ? [] : [{ ...each, ...each.stuck }]))
  if (stuck.length === 0) return lifted.length === 0 ? null : checkLifted(lifted)
  const why = stuck.map(({ fault, parts, error, byHand }) => {
    return `${fault} of ${parts.join(', ')} could not be healed: ${error}; by hand: ${byHand.join('; ')}.`
  })
  return { name: 'healing', verdict: 'fail', why: why.join(' '), evidence: [], figures: [] }
}

function checkLifted(lifted: readonly Lifted[]): Check {
  const why = lifted.map(({ fault, parts, by, atMs }) => {
    return `${fault} of ${parts.join(', ')} was healed by ${tellHealer(by)} at ${formatClock(atMs)}, before this run did it.`
  })
  return { name: 'healing', verdict: 'unknown', why: why.join(' '), evidence: [], figures: [] }
}
