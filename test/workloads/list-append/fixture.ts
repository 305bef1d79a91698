import type { HeldRows } from '../../../src/audit/observed.ts'
import type { WorkloadFindings } from '../../../src/model/audit.ts'
import type { WriteOutcome } from '../../../src/model/ledger.ts'
import type { ListAnswer } from '../../../src/workloads/list-append/branch.ts'
import { judgeLists } from '../../../src/workloads/list-append/judge-lists.ts'
import { placeOf } from '../../../src/workloads/list-append/keys.ts'
import { createListBook } from '../../../src/workloads/list-append/list-book.ts'
import { findingsOf } from '../../../src/workloads/list-append/words.ts'

/** The elements of list 0, in the order of their appends: 1, 17, 33, 49, … */
export const [A, B, C, D, E] = [1, 17, 33, 49, 65] as const

interface When {
  /** When it was sent; answered 2 ms later. */
  readonly at: number
  readonly server?: string
  readonly list?: number
}

const answer = (elements: readonly number[], { at, server = 'p1', list = 0 }: When): ListAnswer => {
  return { list, elements, sentMs: at, answeredMs: at + 2, server, isLeader: true, own: null }
}

/** What the leader answers to an append of the last element. */
export function appended(elements: readonly number[], when: When): ListAnswer {
  return { ...answer(elements, when), own: elements.at(-1) ?? null }
}

export function leaderRead(elements: readonly number[], when: When): ListAnswer {
  return answer(elements, when)
}

export function replicaRead(elements: readonly number[], when: When): ListAnswer {
  return { ...answer(elements, { server: 'p2', ...when }), isLeader: false }
}

export interface History {
  readonly answers: readonly ListAnswer[]
  /** How the appends ended that did not end well. */
  readonly not?: Readonly<Record<number, Exclude<WriteOutcome, 'ok'> | 'unanswered'>>
  /** The lists in the end; null when nobody could read them. */
  readonly final: readonly (readonly number[])[] | null
  /** Elements that replicas show, of commits that may still wait on the leader. */
  readonly waiting?: readonly number[]
}

export function judge({ answers, not = {}, final, waiting = [] }: History): WorkloadFindings {
  const book = createListBook()
  for (const each of answers) book.take(each)
  const marks = book.mark()
  if (final === null) return findingsOf(judgeLists(marks, null), false)
  const rows = final.flatMap((elements, list) =>
    elements.map((element, index) => ({ element, place: placeOf(list, index + 1) })),
  )
  const of = (seq: number) => rows.filter(({ element }) => element === seq)
  const acknowledged = (seq: number) => answers.some(({ own }) => own === seq) && not[seq] === undefined
  const size = Math.max(80, ...rows.map(({ element }) => element))
  const isLossy = Array.from({ length: size }, (_, index) => index + 1).some(
    (seq) => acknowledged(seq) && of(seq).length === 0,
  )
  const held: HeldRows = {
    outcomes: { size, at: (seq) => not[seq] ?? 'ok' },
    count: (seq) => of(seq).length,
    digest: (seq) => of(seq).reduce((sum, { place }) => sum + place, 0),
    mayWait: (seq) => waiting.includes(seq),
    isAttempted: (seq) => seq <= size,
    wasLost: [],
    isLossy,
  }
  return findingsOf(judgeLists(marks, held), isLossy)
}

/** The figures of which there is any. */
export function wrongIn({ counts }: WorkloadFindings): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
}
