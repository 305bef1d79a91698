import type { LossOutage, LossOutages } from '../model/audit.ts'
import type { Ledger } from '../model/ledger.ts'

const MOST_SPANS = 100
const PER_MS = 10

/**
 * The times without an acknowledged write that lasted, each from the first write that was acknowledged and lost to the
 * next acknowledged one that is there. Writes are taken in the order in which they were answered.
 */
export function lossOutages(ledger: Ledger, size: number, isLost: (seq: number) => boolean | null): LossOutages {
  const answers = answersOf(ledger, size, isLost)
  const spans: LossOutage[] = []
  let open: (Omit<LossOutage, 'toMs'> & { lastLostMs: number; lost: number }) | null = null
  let after: Pick<LossOutage, 'afterMs'> = {}
  for (const answer of answers) {
    const atMs = Math.floor(answer / 2) / PER_MS
    const hasLasted = answer % 2 === 1
    if (!hasLasted) {
      open ??= { ...after, fromMs: atMs, lastLostMs: atMs, lost: 0 }
      open.lost++
      open.lastLostMs = atMs
    } else {
      if (open !== null) spans.push({ ...open, toMs: atMs })
      open = null
      after = { afterMs: atMs }
    }
  }
  if (open !== null) spans.push({ ...open, toMs: null })
  const length = ({ fromMs, toMs }: LossOutage) => (toMs ?? Number.POSITIVE_INFINITY) - fromMs
  const longest = spans.toSorted((a, b) => length(b) - length(a)).slice(0, MOST_SPANS)
  return { count: spans.length, spans: longest.sort((a, b) => a.fromMs - b.fromMs) }
}

/** Tenths of a millisecond, doubled, plus one for what has lasted: so that they sort as plain numbers. */
function answersOf(ledger: Ledger, size: number, isLost: (seq: number) => boolean | null): Float64Array {
  const answers = new Float64Array(size)
  let count = 0
  for (let seq = 1; seq <= size; seq++) {
    const lost = isLost(seq)
    if (lost === null) continue
    const { answeredMs } = ledger.at(seq)
    if (answeredMs !== null) answers[count++] = Math.round(answeredMs * PER_MS) * 2 + (lost ? 0 : 1)
  }
  return answers.subarray(0, count).sort()
}
