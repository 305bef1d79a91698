import { messageOf } from './words.ts'

/** The answer to a question about a run. `unknown` is never as good as `pass`. */
export interface Verdict {
  readonly verdict: 'pass' | 'fail' | 'unknown'
  /** One or a few sentences for people. */
  readonly why: string
  /** The sequence numbers that show it, the first hundred at most: of writes for an audit, else of events. */
  readonly evidence: readonly number[]
}

/** Runs a checker. One that throws has not found anything out: it never passes. */
export function checked(check: () => Verdict): Verdict {
  try {
    return check()
  } catch (error) {
    return unknown(`The check itself failed: ${messageOf(error)}`)
  }
}

export function unknown(why: string): Verdict {
  return { verdict: 'unknown', why, evidence: [] }
}

/** A failure outweighs what is not known, and that outweighs a pass. */
export function worstOf(verdicts: readonly Verdict['verdict'][]): Verdict['verdict'] {
  if (verdicts.includes('fail')) return 'fail'
  return verdicts.includes('unknown') ? 'unknown' : 'pass'
}
