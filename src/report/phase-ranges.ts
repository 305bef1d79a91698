import type { Summary } from './summary-schema.ts'

export type PhaseRange = Summary['phaseRanges'][number]

/** The whole range of each step of a failover, over all of them; in the order in which they first came. */
export function phaseRanges(failovers: Summary['failovers']): PhaseRange[] {
  const lengths = new Map<string, { readonly stage: PhaseRange['stage']; readonly all: (number | null)[] }>()
  for (const { stage, awaited, durationMs } of failovers.flatMap(({ phases }) => phases)) {
    const key = `${stage} ${awaited}`
    const of = lengths.get(key) ?? { stage, all: [] }
    of.all.push(durationMs)
    lengths.set(key, of)
  }
  return [...lengths].map(([key, { stage, all }]) => {
    const known = all.filter((each) => each !== null).sort((a, b) => a - b)
    return {
      stage,
      awaited: key.slice(stage.length + 1),
      count: all.length,
      notOver: all.length - known.length,
      minMs: known[0] ?? null,
      medianMs: known[Math.ceil(known.length / 2) - 1] ?? null,
      maxMs: known.at(-1) ?? null,
    }
  })
}
