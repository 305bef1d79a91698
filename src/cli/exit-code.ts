import type { Verdict } from '../model/verdict.ts'

/** By what a run came to: what is not known is never as good as a pass. */
export const EXIT: Readonly<Record<Verdict['verdict'], number>> = { pass: 0, fail: 1, unknown: 2 }
