import type { Audited } from './events.ts'
import type { Remarks } from './remark.ts'
import type { Verdict } from './verdict.ts'
import { grouped } from './words.ts'

const LEVELS = { pass: 'good', fail: 'bad', unknown: 'warn' } as const satisfies Record<Verdict['verdict'], string>

/** The verdict with the counts that it rests on; in full only when it is not a pass. */
export function describeAudit({ audit: { findings, verdict } }: Audited): Remarks {
  const level = LEVELS[verdict.verdict]
  if (findings === null) return [{ level, source: 'audit', text: `${verdict.verdict}: ${verdict.why}` }]
  const { counts } = findings
  const told = [
    `${grouped(counts.acknowledged)} acknowledged, ${grouped(counts.lost)} lost`,
    ...(counts.unguarded > 0
      ? [`${grouped(counts.unguarded)} without a guarantee, ${grouped(counts.unguardedLost)} lost`]
      : []),
    `${grouped(counts.unknown)} unknown, ${grouped(counts.recovered)} present`,
    `${grouped(counts.failed)} failed`,
    ...(counts.phantom > 0 ? [`${grouped(counts.phantom)} failed or dropped and present all the same`] : []),
    ...(counts.duplicated > 0 ? [`${grouped(counts.duplicated)} present more than once`] : []),
    ...(counts.altered ? [`${grouped(counts.altered)} not as they were written`] : []),
    ...(counts.neverAttempted > 0 ? [`${grouped(counts.neverAttempted)} rows that nobody wrote`] : []),
  ].join('; ')
  const why = verdict.verdict === 'pass' ? '' : `. ${verdict.why}`
  return [{ level, source: 'audit', text: `${verdict.verdict}: ${told}${why}` }]
}
