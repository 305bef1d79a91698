import type { OperationRecord } from '../../traffic/operation.ts'
import type { RunToBegin, WorkloadRun } from '../workload.ts'
import { findingsOf } from './findings.ts'
import { judgeReads, readsVerdict } from './judge-reads.ts'
import { createReadBook, type ReadBook } from './read-book.ts'
import { createReadWitness } from './read-witness.ts'
import { eventStatements } from './statements.ts'

/** @throws {RangeError} when the run id is not valid */
export function beginEvents({ runId, ledger, leading }: RunToBegin): WorkloadRun {
  const { write, read, written, newest } = eventStatements(runId)
  const witness = createReadWitness()
  const book = createReadBook(ledger)
  return {
    areSingle: true,
    write,
    read,
    told: written,
    onEnded({ kind, seq, outcome, sentMs, answeredMs, row, server }: OperationRecord) {
      if (outcome !== 'ok' || sentMs === null) return
      if (kind === 'write') {
        const { id, lsn } = written(row)
        witness.onWrite({ seq, id, lsn, sentMs, answeredMs, server })
        return
      }
      const seen = newest(row)
      witness.onLeading(leading())
      witness.onRead({ seq: seen.seq, id: seen.id, lsn: seen.lsn, sentMs, answeredMs })
      book.onRead(seen.rows)
    },
    take: () => witness.take(),
    observed: { mark: () => markOf(book) },
  }
}

function markOf(book: ReadBook): ReturnType<WorkloadRun['observed']['mark']> {
  const marks = book.marks()
  return {
    judge(held) {
      if (held === null) return null
      const { count, isLossy } = held
      const found = judgeReads({ ...held, marks, isPresent: (seq) => count(seq) > 0 })
      let seen = 0
      for (let seq = 1; seq <= marks.size; seq++) if (marks.isSeen(seq)) seen++
      return findingsOf(found, readsVerdict(found, seen), isLossy)
    },
  }
}
