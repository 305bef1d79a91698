import type { Case, CaseFindings } from './case.ts'
import { goneBefore, LEAD_MS } from './findings.ts'
import { type FoundMoment, stamp } from './moment.ts'
import type { Of } from './observations.ts'

/** The key as it came and went from the start on, and what of it came before while the old leader still served. */
export function keyMoments({ seen, startMs, endMs, passes }: CaseFindings, { outage }: Case): FoundMoment[] {
  const keys = seen.filter((each) => each.is === 'key') as Of<'key'>[]
  const [first, last] = [passes[0], passes.at(-1)]
  const atStart = keys.findLast((key) => key.atMs <= startMs)
  const beginnings = [
    goneBefore(keys, first) ?? first,
    atStart?.holder === null ? atStart : undefined,
    keys.find((key) => key.atMs > startMs),
  ]
  const fromSeq = Math.min(...beginnings.flatMap((key) => key?.seq ?? []))
  const toSeq = outage === null ? (last?.seq ?? 0) : Number.POSITIVE_INFINITY
  return keys
    .filter((key) => key.seq >= fromSeq && key.seq <= toSeq)
    .filter((key) => endMs === null || key.atMs <= endMs || key === last)
    .map(({ was, lease, silent, replayBytes, ...key }) => ({
      ...stamp(key),
      name: key.holder === null ? 'key-gone' : 'key-taken',
      part: key.holder,
      was,
      ...(key.holder === null
        ? { lease: lease ?? null, silent: silent ?? null }
        : { replayBytes: replayBytes ?? null }),
    }))
}

/** Of etcd itself: its own leader, and its quorum. */
export function etcdMoments({ seen, quorum, startMs, endMs }: CaseFindings): FoundMoment[] {
  const raft = seen.filter((s) => s.is === 'raft' && s.atMs > startMs - LEAD_MS && s.atMs <= (endMs ?? s.atMs))
  return [
    ...raft.map((each): FoundMoment => ({ ...stamp(each), name: 'raft', part: null })),
    ...(quorum === null ? [] : [{ ...stamp(quorum.lost), name: 'quorum-lost' as const, part: null }]),
    ...(quorum?.regained ? [{ ...stamp(quorum.regained), name: 'quorum-regained' as const, part: null }] : []),
  ]
}
