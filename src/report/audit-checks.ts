import type { Audit, ProbeAudit } from '../model/audit.ts'
import { tellHealer } from '../model/describe-fault.ts'
import type { FaultInForce } from '../model/faults-in-force.ts'
import { formatClock } from '../model/units.ts'
import { many } from '../model/words.ts'
import { workloadFindings } from '../workloads/workloads.ts'
import { WRONG_OF_WRITES } from './always-expected.ts'
import type { Lifted, TrialFacts } from './facts.ts'
import { type Check, checkOf } from './judge-run.ts'
import type { Summary } from './summary-schema.ts'

/**
 * Whether what was acknowledged is there, and nothing else; what was acknowledged after the audit, nobody knows. Where
 * clients only read, the rows of the probe are what was acknowledged, and have a check of their own.
 */
export function checkWrites(
  audit: Audit | null,
  writes: Pick<Summary['writes'], 'attempted' | 'acknowledged' | 'unguarded'>,
  probe: Pick<ProbeAudit, 'acknowledged'> | null = null,
): Check {
  const unknown = (why: string) => checkOf('writes', { verdict: 'unknown', why }, WRONG_OF_WRITES)
  if (audit === null && writes.attempted === 0) {
    return unknown('Nothing was written, so whether writes survive is not known.')
  }
  if (audit === null) {
    return unknown('No audit was made: nobody has looked whether the acknowledged writes are in the database.')
  }
  const counts = audit.findings?.counts
  const judged = (counts?.acknowledged ?? 0) + (counts?.unguarded ?? 0)
  const later = writes.acknowledged + (writes.unguarded ?? 0) - judged
  // Recordings of before know one verdict for both.
  const found = audit.halves?.writes ?? audit.verdict
  if (found.verdict === 'pass' && later > 0) {
    return unknown(
      `${many(later, 'write was', 'writes were')} acknowledged after the last audit, and nobody has looked for them.`,
    )
  }
  const isNone = audit.isLedgerComplete && counts?.attempted === 0 && writes.attempted === 0
  if (found.verdict === 'unknown' && isNone && (probe?.acknowledged ?? 0) > 0) {
    return checkOf('writes', { verdict: 'pass', why: 'No client tried to write.' }, WRONG_OF_WRITES)
  }
  return checkOf('writes', found, WRONG_OF_WRITES)
}

/** Whether every replica holds what the leader holds; null where nobody looked, and in recordings of before. */
export function checkReplicas(audit: Audit | null): Check | null {
  return audit?.halves === undefined ? null : checkOf('replicas', audit.halves.replicas, ['replica_differences'])
}

/** What the workload found beyond that; none where nobody kept what its answers showed. */
export function checkWorkload(audit: Audit | null): readonly Check[] {
  const found = audit === null ? null : workloadFindings(audit)
  return (found?.checks ?? []).map(({ name, figures, ...verdict }) => checkOf(name, verdict, figures))
}

/** Whether every acknowledged row of the probe is there, once; null where none was written. */
export function checkProbe(probe: ProbeAudit | null, audit: Audit | null): Check | null {
  if (probe === null) return null
  const { lostFromMs, lostToMs, doubled } = probe
  const spans = audit?.lossOutages?.spans ?? []
  const isNear = (atMs: number | null) =>
    atMs !== null &&
    spans.some(({ fromMs, toMs, afterMs = fromMs }) => {
      return atMs >= afterMs - NEAR_MS && atMs <= (toMs ?? Number.POSITIVE_INFINITY) + NEAR_MS
    })
  // Lost with the writes around it, or while none of them came through: that is one loss, or several, told by the writes.
  const withWrites = !doubled && isNear(lostFromMs) && isNear(lostToMs)
  return checkOf('probe', probe.verdict, ['lost_probe_writes', ...(withWrites ? ['lost_writes'] : [])])
}

const NEAR_MS = 1_000

/** A run that was cut short may have gone wrong after its end. */
export function checkRecording(whyIncomplete: string | null): Check {
  if (whyIncomplete === null) return checkOf('recording', { verdict: 'pass', why: 'The recording is whole.' })
  const why = `The recording is incomplete: ${whyIncomplete}. What came after its end is not known.`
  return checkOf('recording', { verdict: 'unknown', why })
}

/** Whether the scenario was played to its end; null for a run of none. */
export function checkSteps(trial: TrialFacts | null): Check | null {
  if (trial === null) return null
  const check = (verdict: Check['verdict'], why: string) => checkOf('steps', { verdict, why })
  const { ended } = trial
  if (ended === null) return check('unknown', 'The recording does not say whether every step of the scenario was done.')
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
  return checkOf('healing', { verdict: 'fail', why: why.join(' ') })
}

function checkLifted(lifted: readonly Lifted[]): Check {
  const why = lifted.map(({ fault, parts, by, atMs }) => {
    return `${fault} of ${parts.join(', ')} was healed by ${tellHealer(by)} at ${formatClock(atMs)}, before this run did it.`
  })
  return checkOf('healing', { verdict: 'unknown', why: why.join(' ') })
}
