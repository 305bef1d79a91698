import type { Remark } from './remark.ts'

/** One line of the event list, for people. */
export interface EventLine extends Remark {
  readonly seq: number
  readonly atMs: number
}
