import type { Observed } from '../../audit/observed.ts'
import type { OperationRecord } from '../../traffic/operation.ts'
import { createSpread } from '../../traffic/percentiles.ts'
import type { RunToBegin, WorkloadRun } from '../workload.ts'
import type { ListAnswer } from './branch.ts'
import { answerTo, encode, endedOf, type Lines, readHistory } from './history.ts'
import { judgeLists } from './judge-lists.ts'
import { createLists } from './keys.ts'
import { createListBook, type ListBook } from './list-book.ts'
import { append, isOfReplica, listIn, placeIn, read } from './statements.ts'
import { findingsOf } from './words.ts'

export function beginListAppend({ runId, keep = () => {} }: RunToBegin): WorkloadRun {
  const book = createListBook()
  const freshness = createFreshness()
  const lists = createLists()
  /** Of what is under way, by its number. */
  const listOf = { write: new Map<number, number>(), read: new Map<number, number>() }

  const onAnswer = (answer: ListAnswer, isWrite: boolean) => {
    if (isWrite) {
      freshness.onWrite(answer.answeredMs)
      lists.onShown(answer.list, answer.elements.length)
    } else if (!answer.isLeader) freshness.onRead(answer.sentMs, book.behind(answer))
    return book.take(answer)
  }
  return {
    areSingle: true,
    routes: { write: ['write'], read: ['read', 'write'] },
    write(seq) {
      const list = lists.toAppend(seq)
      listOf.write.set(seq, list)
      return append(runId, list, seq)
    },
    read(seq) {
      const { list, route } = lists.toRead(seq)
      listOf.read.set(seq, list)
      return read(runId, list, route)
    },
    told: (row) => ({ lsn: typeof row.lsn === 'number' ? row.lsn : null, digest: placeIn(row) }),
    onEnded(record: OperationRecord) {
      const { kind, seq, outcome, row } = record
      const list = listOf[kind].get(seq)
      if (list === undefined) return
      listOf[kind].delete(seq)
      if (kind === 'write' && outcome === 'unknown') lists.onUnanswered(list)
      const isLeader = kind === 'write' || !isOfReplica(row)
      const answer = outcome === 'ok' ? answerTo(record, { list, elements: listIn(row), isLeader }) : null
      const ended = endedOf(record, list, answer)
      if (ended === null) return
      keep(encode(ended, answer === null ? null : onAnswer(answer, kind === 'write')))
    },
    take: freshness.take,
    observed: observedIn(book),
  }
}

/** The same of a run of before, from the history in its folder. */
export async function rereadLists(lines: Lines): Promise<Observed> {
  const book = createListBook()
  for await (const _ of readHistory(lines, book));
  return observedIn(book)
}

function observedIn(book: ListBook): Observed {
  return {
    mark() {
      const marks = book.mark()
      return { judge: (held) => findingsOf(judgeLists(marks, held), held?.isLossy ?? false) }
    },
  }
}

const TENTHS = { unit: 0.1, longest: 48 * 3_600_000 }
const ELEMENTS = { unit: 1, longest: 1_000_000 }

/** How far behind the replicas were, each read for the list that it asked for. */
function createFreshness() {
  const [staleMs, staleWrites] = [createSpread(TENTHS), createSpread(ELEMENTS)]
  let counts = { judged: 0, backwards: 0, missedOwn: 0 }
  let firstAckMs = Number.POSITIVE_INFINITY
  return {
    onWrite(answeredMs: number) {
      firstAckMs = Math.min(firstAckMs, answeredMs)
    },
    onRead(sentMs: number, { elements, ms, isBackwards }: ReturnType<ListBook['behind']>) {
      if (firstAckMs >= sentMs) return
      counts.judged++
      if (isBackwards) counts.backwards++
      if (elements > 0) counts.missedOwn++
      staleMs.record(ms)
      staleWrites.record(elements)
    },
    take() {
      const window = { ...counts, staleMs: staleMs.take(), staleWrites: staleWrites.take() }
      counts = { judged: 0, backwards: 0, missedOwn: 0 }
      return window
    },
  }
}
