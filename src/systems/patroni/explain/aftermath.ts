import type { CaseFindings } from './case.ts'
import type { FoundMoment } from './moment.ts'
import type { Observation, Of } from './observations.ts'

/** Each old leader streaming from the one that leads in the end, and the cluster whole, once clients are served. */
export function afterwards({ endMs, passes, seen }: CaseFindings, moments: readonly FoundMoment[]): FoundMoment[] {
  const doneMs = endMs ?? (passes.length > 0 ? Math.max(...moments.map((each) => each.atMs)) : null)
  if (doneMs === null) return []
  const takenSeq = passes.at(-1)?.seq ?? 0
  const streaming = oldLeaders(passes).map((part) => {
    return { part, found: seen.find((s) => s.is === 'streaming' && s.part === part && s.seq > takenSeq) }
  })
  const wholes = seen.filter((each) => each.is === 'whole') as Of<'whole'>[]
  const wasWhole = wholes.findLast((each) => each.atMs <= doneMs)
  const isStillWhole =
    wasWhole?.isWhole === true && !wholes.some((w) => w.seq > wasWhole.seq && !w.isWhole && w.fromMs <= doneMs)
  const healthy = isStillWhole ? wasWhole : wholes.find((each) => each.isWhole && each.atMs > doneMs)
  const at = (name: 'streaming' | 'healthy', found: Observation | undefined, part: string | null): FoundMoment[] =>
    found === undefined
      ? []
      : [
          {
            name,
            part,
            seq: found.seq,
            atMs: Math.max(found.atMs, doneMs),
            fromMs: Math.max(Math.min(found.fromMs, found.atMs), doneMs),
          },
        ]
  return [...streaming.flatMap(({ part, found }) => at('streaming', found, part)), ...at('healthy', healthy, null)]
}

/** Who lost the key and does not lead in the end, in the order in which they lost it. */
export function oldLeaders(passes: readonly Of<'key'>[]): readonly string[] {
  const leader = passes.at(-1)?.holder
  return [...new Set(passes.flatMap(({ was }) => (was === null || was === leader ? [] : [was])))]
}
