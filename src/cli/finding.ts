/** One thing that was checked. */
export interface Finding {
  readonly check: string
  readonly isGood: boolean
  readonly found: string
  /** What to do about it; null when it is good. */
  readonly advice: string | null
}

export function good(check: string, found: string): Finding {
  return { check, isGood: true, found, advice: null }
}

export function bad(check: string, found: string, advice: string): Finding {
  return { check, isGood: false, found, advice }
}
