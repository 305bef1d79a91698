import type { Audit } from '../model/audit.ts'
import { formatDuration } from '../model/units.ts'
import type { Verdict } from '../model/verdict.ts'
import type { Summary } from './summary-schema.ts'

export type Check = Summary['checks'][number]

/** What the run as a whole comes to: failed when any check failed, unknown when any is, and only else passed. */
export function runVerdict(checks: readonly Check[]): Verdict {
  const decisive = checks.filter(({ verdict }) => verdict === worst(checks))
  return {
    verdict: worst(checks),
    why: decisive.map(({ why }) => why).join(' '),
    evidence: decisive.find(({ evidence }) => evidence.length > 0)?.evidence ?? [],
  }
}

function worst(checks: readonly Check[]): Verdict['verdict'] {
  if (checks.some(({ verdict }) => verdict === 'fail')) return 'fail'
  return checks.length > 0 && checks.every(({ verdict }) => verdict === 'pass') ? 'pass' : 'unknown'
}

/** Whether what was acknowledged is there, and nothing else; what was acknowledged after the audit, nobody knows. */
export function checkWrites(audit: Audit | null, writes: Pick<Summary['writes'], 'acknowledged' | 'unguarded'>): Check {
  const figures = ['lost_writes', 'unguarded_lost_writes', 'phantom_writes', 'duplicated_writes']
  const check = (verdict: Verdict['verdict'], why: string): Check => {
    return { name: 'writes', verdict, why, evidence: [], figures }
  }
  if (audit === null) {
    return check('unknown', 'No audit was made: nobody has looked whether the acknowledged writes are in the database.')
  }
  const counts = audit.findings?.counts
  const judged = (counts?.acknowledged ?? 0) + (counts?.unguarded ?? 0)
  const later = writes.acknowledged + (writes.unguarded ?? 0) - judged
  if (audit.verdict.verdict === 'pass' && later > 0) {
    return check('unknown', `${later} writes were acknowledged after the last audit, and nobody has looked for them.`)
  }
  return { name: 'writes', ...audit.verdict, evidence: [...audit.verdict.evidence], figures }
}

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
