/** A stretch of time, both ends included. */
interface Interval {
  readonly fromMs: number
  readonly toMs: number
}

/** Stretches that do not touch each other, oldest first: time that counts once, however often it was told. */
export type TimeUnion = readonly Interval[]

/** The same with one more stretch, which may have been told before, in part or in whole. */
export function withInterval(union: TimeUnion, { fromMs, toMs }: Interval): TimeUnion {
  const begin = union.findLastIndex((each) => each.toMs < fromMs) + 1
  const rest = union.slice(begin)
  const end = rest.findIndex((each) => each.fromMs > toMs)
  const touched = end === -1 ? rest : rest.slice(0, end)
  const joined = {
    fromMs: Math.min(fromMs, touched[0]?.fromMs ?? fromMs),
    toMs: Math.max(toMs, touched.at(-1)?.toMs ?? toMs),
  }
  return [...union.slice(0, begin), joined, ...rest.slice(touched.length)]
}

export function totalMsOf(union: TimeUnion): number {
  return union.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0)
}

export function longestMsOf(union: TimeUnion): number {
  return union.reduce((longest, { fromMs, toMs }) => Math.max(longest, toMs - fromMs), 0)
}
