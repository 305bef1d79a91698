import type { Ledger, LedgerEntry } from '../model/ledger.ts'

/**
 * Before which position the commit record of an acknowledged write ends. Its own recorded position is no later than the
 * record: it was taken within the statement, before the commit. A write that was sent to the same server after the
 * first had been answered took its position after it: so the record ends there or earlier.
 */
export function createCommitBounds(ledger: Ledger): (write: LedgerEntry) => number {
  const byNode = new Map<string, Later>()
  return ({ node, lsn, answeredMs }) => {
    if (node === null || lsn === null || answeredMs === null) return Number.POSITIVE_INFINITY
    const later = byNode.get(node) ?? laterOf(ledger, node)
    byNode.set(node, later)
    return Math.min(lsn + COMMIT_WITHIN_BYTES, leastSentAfter(later, answeredMs))
  }
}

/** Where nothing was sent soon after: more than sixteen sessions write between a position and its commit record. */
const COMMIT_WITHIN_BYTES = 256 * 1_024
/** Times are kept to a tenth of a millisecond. */
const ROUNDED_MS = 0.1

/** The writes that a server acknowledged, as they were sent, each with the least position from there on. */
interface Later {
  readonly sentMs: Float64Array
  readonly leastLsn: Float64Array
}

function laterOf(ledger: Ledger, node: string): Later {
  const own: { readonly sentMs: number; readonly lsn: number }[] = []
  for (const entry of ledger.entries()) {
    const { sentMs, lsn } = entry
    if (entry.node === node && sentMs !== null && lsn !== null) own.push({ sentMs, lsn })
  }
  own.sort((a, b) => a.sentMs - b.sentMs)
  const sentMs = Float64Array.from(own, (each) => each.sentMs)
  const leastLsn = Float64Array.from(own, (each) => each.lsn)
  for (let at = leastLsn.length - 2; at >= 0; at--) {
    leastLsn[at] = Math.min(leastLsn[at] as number, leastLsn[at + 1] as number)
  }
  return { sentMs, leastLsn }
}

function leastSentAfter({ sentMs, leastLsn }: Later, answeredMs: number): number {
  let [from, to] = [0, sentMs.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((sentMs[middle] as number) > answeredMs + ROUNDED_MS) to = middle
    else from = middle + 1
  }
  return leastLsn[from] ?? Number.POSITIVE_INFINITY
}
