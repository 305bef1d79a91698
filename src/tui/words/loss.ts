import { age, count, runTime } from '../../draw/format.ts'
import { type Line, line, span } from '../../draw/line.ts'
import type { State } from '../../model/state.ts'

export interface Auditing {
  readonly nowMs: number
  /** When the audit that goes on was asked for; null while none does. */
  readonly sinceMs: number | null
  /** Nobody can ask for an audit: what is shown is a recording. */
  readonly isReplay: boolean
}

/**
 * How many acknowledged writes are lost, as the latest audit found and for the writes up to then: only an audit knows,
 * so before the first one, and after one that could not find out, it is a question.
 */
export function lossWords({ audited }: State, { nowMs, sinceMs, isReplay }: Auditing, isShort: boolean): Line {
  if (sinceMs !== null) return line(span(`auditing… ${age(nowMs - sinceMs)}`, 'accent'))
  if (audited === null) return line(span(`lost ?${isShort || isReplay ? '' : ' (a audits)'}`, 'dim'))
  const { findings, startedMs, verdict } = audited.audit
  const at = isShort ? ` @${runTime(startedMs)}` : ` at ${runTime(startedMs)}`
  if (findings === null) return line(span('lost ?', 'warn'), span(at, 'dim'))
  const { lost, unguardedLost } = findings.counts
  if (lost > 0) return line(span(` ${count(lost)} LOST `, 'alarm'), span(at, 'dim'))
  const unguarded = unguardedLost > 0 ? `, ${count(unguardedLost)} unguarded lost` : ''
  switch (verdict.verdict) {
    case 'pass':
      return line(span(`0 lost${unguarded}`, unguarded === '' ? 'good' : 'warn'), span(at, 'dim'))
    case 'fail':
      return line(span(`0 lost${unguarded}, audit FAILED`, 'bad'), span(at, 'dim'))
    case 'unknown':
      return line(span(`0 lost?${unguarded}`, 'warn'), span(at, 'dim'))
  }
}
