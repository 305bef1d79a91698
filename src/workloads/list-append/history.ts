import type { OperationKind } from '../../model/events.ts'
import { parseJson } from '../../model/parse-json.ts'
import type { OperationRecord } from '../../traffic/operation.ts'
import type { ListAnswer } from './branch.ts'
import { createListBook, type ListBook, type PlacedAnswer } from './list-book.ts'

/*
 * The history of a run in its folder: an operation a line, in the order in which they ended, as a JSON array
 *   [kind, seq, list, outcome, sentMs, answeredMs, server, isLeader, branch, known, ...elements]
 * of which the last four are there for an answer alone: which branch of its list it showed (list-book.ts), how many of
 * the elements that branch had before, and those after them. So a list that was read a thousand times is written once.
 * Times are tenths of a millisecond. Reads that were never sent are left out.
 */

/** An operation that has ended. One that was never sent was invoked when it ended. */
export interface Ended {
  readonly kind: OperationKind
  readonly seq: number
  readonly list: number
  readonly outcome: 'ok' | 'failed' | 'unknown'
  readonly sentMs: number
  readonly answeredMs: number
  readonly server: string | null
  /** Null without an answer. */
  readonly answer: ListAnswer | null
}

/** Null for a read that was never sent. An append that was not has failed: if it is shown all the same, that tells. */
export function endedOf(record: OperationRecord, list: number, answer: ListAnswer | null): Ended | null {
  const { kind, seq, answeredMs, server } = record
  if (record.sentMs === null && kind === 'read') return null
  const outcome = record.outcome === 'dropped' ? 'failed' : record.outcome
  return { kind, seq, list, outcome, sentMs: record.sentMs ?? answeredMs, answeredMs, server, answer }
}

export function encode(ended: Ended, placed: PlacedAnswer | null): string {
  const { kind, seq, list, outcome, sentMs, answeredMs, server, answer } = ended
  const head = [kind === 'write' ? 'a' : 'r', seq, list, outcome, tenths(sentMs), tenths(answeredMs), server]
  if (answer === null || placed === null) return JSON.stringify(head)
  const { isLeader, elements } = answer
  return JSON.stringify([...head, isLeader ? 1 : 0, placed.branch, placed.known, ...elements.slice(placed.known)])
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10
}

export type Lines = AsyncIterable<string> | Iterable<string>

/** What was read back: the operation, and where its answer belongs in the book of all of them. */
interface ListsRead {
  readonly ended: Ended
  readonly placed: PlacedAnswer | null
}

/** Reads a history up to the first line that is cut or damaged, into a book that is as the run's own was. */
export async function* readHistory(lines: Lines, book: ListBook = createListBook()) {
  for await (const line of lines) {
    const ended = decode(line, book)
    if (ended === null) return
    yield { ended, placed: ended.answer === null ? null : book.take(ended.answer) } satisfies ListsRead
  }
}

function decode(line: string, book: ListBook): Ended | null {
  const fields = parse(line)
  if (fields === null) return null
  const [letter, seq, list, outcome, sentMs, answeredMs, server, leader, branch, known, ...elements] = fields
  const kind = letter === 'a' ? 'write' : 'read'
  const told = { kind, seq, list, outcome, sentMs, answeredMs, server } as Omit<Ended, 'answer'>
  if (leader === undefined) return { ...told, answer: null }
  const before = branch === null ? [] : book.elements(list as number, branch as number, known as number)
  const own = kind === 'write' ? (seq as number) : null
  const all = [...before, ...(elements as number[])]
  return { ...told, answer: { ...told, elements: all, isLeader: leader === 1, own } }
}

function parse(line: string): unknown[] | null {
  const fields = parseJson(line)
  return Array.isArray(fields) && fields.length >= HEAD ? fields : null
}

const HEAD = 7

/** The answer to an operation that was acknowledged. */
export function answerTo(
  { kind, seq, sentMs, answeredMs, server }: OperationRecord,
  { list, elements, isLeader }: Pick<ListAnswer, 'list' | 'elements' | 'isLeader'>,
): ListAnswer {
  const own = kind === 'write' ? seq : null
  return { list, elements, sentMs: sentMs ?? answeredMs, answeredMs, server, isLeader, own }
}
