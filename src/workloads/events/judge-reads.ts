import type { ReadFindings } from '../../model/audit.ts'
import type { Outcomes } from '../../model/ledger.ts'
import { firstSeqs, formatRanges, type SeqRanges, seqRanges } from '../../model/seq-ranges.ts'
import type { Verdict } from '../../model/verdict.ts'
import { grouped, many } from '../../model/words.ts'
import type { ReadMarks } from './read-book.ts'

interface ReadEvidence {
  readonly outcomes: Outcomes
  readonly marks: ReadMarks
  /** On the leader, as it was read last. */
  readonly isPresent: (seq: number) => boolean
  /** Whether a commit may still wait on the leader for the standby that shows it. */
  readonly mayWait: (seq: number) => boolean
  readonly isAttempted: (seq: number) => boolean
  /** Lost by the word of an earlier audit of the run. */
  readonly wasLost: Iterable<number>
}

/** Holds what the reads returned against what became of the writes. */
export function judgeReads({ outcomes, marks, isPresent, mayWait, isAttempted, wasLost }: ReadEvidence): ReadFindings {
  const [aborted, altered, vanished, returned] = [seqRanges(), seqRanges(), seqRanges(), seqRanges()]
  for (let seq = 1; seq <= marks.size; seq++) {
    if (!marks.isSeen(seq)) continue
    if (marks.isAltered(seq)) altered.add(seq)
    const outcome = seq <= outcomes.size ? outcomes.at(seq) : isAttempted(seq) ? 'unanswered' : 'dropped'
    if (outcome === 'failed' || outcome === 'dropped') aborted.add(seq)
    else if (outcome !== 'unanswered' && !isPresent(seq) && !mayWait(seq)) vanished.add(seq)
  }
  for (const seq of [...wasLost].sort((a, b) => a - b)) if (isPresent(seq)) returned.add(seq)
  return { aborted: aborted.done(), altered: altered.done(), vanished: vanished.done(), returned: returned.done() }
}

const MOST_EVIDENCE = 100

/** What the reads come to. */
export function readsVerdict(found: ReadFindings, reads: number): Verdict {
  const faults: [SeqRanges, string, string][] = [
    [
      found.aborted,
      'write that failed, or that nobody made, was returned by a read',
      'writes that failed, or that nobody made, were returned by reads',
    ],
    [
      found.altered,
      'write was returned with another content than was written',
      'writes were returned with another content than was written',
    ],
    [found.vanished, 'write that a read had returned is gone', 'writes that reads had returned are gone'],
    [found.returned, 'write that was lost is back', 'writes that were lost are back'],
  ]
  const wrong = faults.filter(([seqs]) => seqs.count > 0)
  if (wrong.length > 0) {
    const told = wrong.map(([seqs, one, several]) => `${many(seqs.count, one, several)} (${formatRanges(seqs)}).`)
    const evidence = [...new Set(wrong.flatMap(([seqs]) => firstSeqs(seqs, MOST_EVIDENCE)))].slice(0, MOST_EVIDENCE)
    return { verdict: 'fail', why: told.join(' '), evidence }
  }
  const what =
    reads === 0
      ? 'No read returned a write of this run.'
      : `All ${grouped(reads)} writes that reads returned are as they were written.`
  return { verdict: 'pass', why: what, evidence: [] }
}
