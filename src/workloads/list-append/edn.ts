import { createHistoryWriter, type EdnStep, isBefore, toNs } from '../../audit/edn.ts'
import { type Ended, type Lines, readHistory } from './history.ts'
import { createListBook, type ListBook } from './list-book.ts'

/**
 * The history as Elle's list-append checker reads it (`elle.list-append`), one operation a line, ordered by time:
 * `{:type :ok, :f :txn, :value [[:append 3 52] [:r 3 [20 36 52]]], :process 1, :time 1200000, :index 7}`. An append
 * returns the list that it made, so each is a transaction of both. A list that is not there, or empty, reads as nil.
 * A read that was never sent was never invoked.
 *
 * Held in memory are the lists, each once, and some hundred bytes an operation.
 */
export async function* listEdn(lines: Lines): AsyncGenerator<string> {
  const book = createListBook()
  const steps: ListStep[] = []
  const invoked = new Set<number>()
  for await (const { ended, placed } of readHistory(lines, book)) {
    if (ended.kind === 'write') invoked.add(ended.seq)
    // Of a list with more contents than were kept apart the answer is not known any more.
    const isKnown = ended.answer === null || placed?.branch != null
    const length = ended.answer?.elements.length ?? 0
    const operation = { ...ended, answer: null, branch: placed?.branch ?? null, length }
    const fromNs = toNs(ended.sentMs)
    const id = ended.kind === 'write' ? ended.seq : -ended.seq
    steps.push({ seq: id, type: 'invoke', atNs: fromNs, operation })
    const type = isKnown ? TYPES[ended.outcome] : 'info'
    steps.push({ seq: id, type, atNs: Math.max(toNs(ended.answeredMs), fromNs), operation })
  }
  steps.push(...unrecorded(book, invoked))
  const writer = createHistoryWriter()
  for (const step of steps.sort((a, b) => (isBefore(a, b) ? -1 : 1))) {
    yield writer.add(step, ':txn', textOf(step, book))
  }
}

const TYPES = { ok: 'ok', failed: 'fail', unknown: 'info' } as const

interface ListStep extends EdnStep {
  readonly operation: Pick<Ended, 'kind' | 'seq' | 'list'> & { readonly branch: number | null; readonly length: number }
}

/**
 * Appends that were shown and of which no end was recorded, as the lab was killed: under way from the beginning. Only the
 * latest can be: what nobody has made is left as it is, for the checker to find.
 */
function unrecorded(book: ListBook, invoked: ReadonlySet<number>): ListStep[] {
  const shown = new Map<number, number>()
  let latest = 0
  for (const seq of invoked) latest = Math.max(latest, seq)
  const isMissing = (seq: number) => !invoked.has(seq) && Math.abs(seq - latest) < UNDER_WAY
  for (const { list, branches } of book.mark().lists) {
    for (const { elements } of branches) for (const seq of elements) if (isMissing(seq)) shown.set(seq, list)
  }
  return [...shown].map(([seq, list]) => {
    return { seq, type: 'invoke', atNs: 0, operation: { kind: 'write', seq, list, branch: null, length: 0 } }
  })
}

/** More than can be under way at once, and in what had not reached the disk. */
const UNDER_WAY = 50_000

function textOf({ type, operation }: ListStep, book: ListBook): string {
  const { kind, seq, list, branch, length } = operation
  const elements = type === 'ok' && branch !== null ? book.elements(list, branch, length) : []
  const read = `[:r ${list} ${elements.length === 0 ? 'nil' : `[${elements.join(' ')}]`}]`
  return kind === 'write' ? `[[:append ${list} ${seq}] ${read}]` : `[${read}]`
}
