import { totalMsOf } from '../model/time-union.ts'
import { without } from '../model/totals.ts'
import type { Verdict } from '../model/verdict.ts'
import { BLIP_MS } from '../systems/fault-costs.ts'
import type { Measured } from './summary-schema.ts'

type Judgement = Verdict['verdict']

/**
 * A figure that is not as it was expected to be proves nothing where it would have been without the time in which the
 * disk did not sync.
 * @param judge of what was measured, or of the same without stalls
 * @returns beside the judgement what is to be said of it behind what was found, mostly nothing
 */
export function judgedFairly(judge: (of: (measured: Measured) => Measured) => Judgement) {
  const judgement = judge((measured) => measured)
  const isDisks = judgement === 'fail' && judge(withoutStalls) !== 'fail'
  return isDisks ? { judgement: 'unknown' as const, but: ', under a disk that did not sync' } : { judgement, but: '' }
}

/** Each write outage shorter by what the disk did not sync of it, of a second and more. */
function withoutStalls({ instances, ...measured }: Measured): Measured {
  const outages = measured.outages.map((outage) => {
    const stalledMs = outage.kind === 'write' ? stalledIn(outage, measured) : 0
    return stalledMs < BLIP_MS ? outage : { ...outage, atLeastMs: Math.max(0, outage.atLeastMs - stalledMs) }
  })
  const each = Object.entries(instances ?? {}).map(([name, one]) => [name, { ...one, ...withoutStalls(one) }])
  return { ...measured, outages, ...(instances && { instances: Object.fromEntries(each) }) }
}

function stalledIn({ fromMs, toMs, atLeastMs }: Measured['outages'][number], { diskStalls = [] }: Measured): number {
  const whole = { fromMs, toMs: toMs ?? fromMs + atLeastMs }
  return totalMsOf([whole]) - totalMsOf(without(whole, diskStalls))
}
