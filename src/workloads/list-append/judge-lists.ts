import type { HeldRows } from '../../audit/observed.ts'
import type { ListAnswer, MarkedBranch } from './branch.ts'
import { placeOf } from './keys.ts'
import type { ListMarks, MarkedList, Repeated, StaleAnswer } from './list-book.ts'

/** What the answers of a run come to, held against the lists as they are in the end. */
export interface ListFindings {
  /** How many answers there were, of how many lists. */
  readonly answers: number
  readonly lists: number
  /** The final lists were read. */
  readonly isHeld: boolean
  /** Lists of which two answers contradict each other: neither is the beginning of the other. */
  readonly forked: readonly ListFork[]
  /** Lists of which an answer is not the beginning of the final one. */
  readonly notKept: readonly NotKept[]
  /** Elements that answers showed, and that are in no list now. */
  readonly vanished: readonly ShownElement[]
  /** Elements that answers showed, and whose append had failed, was never sent, or was never made. */
  readonly aborted: readonly ShownElement[]
  readonly repeated: Found<Repeated>
  readonly stale: Found<StaleAnswer>
  readonly notShown: Found<ListAnswer>
}

/** All there were, the first of them, and whether all of them come of elements that are lost. */
interface Found<T> {
  readonly count: number
  readonly first: readonly T[]
  readonly isOfLoss: boolean
}

export interface ListFork {
  readonly list: number
  /** Two of its branches, and how many elements they share. */
  readonly one: MarkedBranch
  readonly other: MarkedBranch | null
  readonly shared: number
  readonly isOfLoss: boolean
}

export interface NotKept {
  readonly list: number
  readonly branch: MarkedBranch
  /** The place of the first element that is not where it was, from 1 on. */
  readonly at: number
  readonly element: number
  readonly isOfLoss: boolean
}

interface ShownElement {
  readonly list: number
  readonly element: number
}

/** @param held null: nobody could read the final lists */
export function judgeLists(marks: ListMarks, held: HeldRows | null): ListFindings {
  const isGone = (element: number) => held !== null && isKnown(held, element) && held.count(element) === 0
  const vanished = new Map<number, ShownElement>()
  const aborted = new Map<number, ShownElement>()
  const notKept: NotKept[] = []
  if (held !== null) {
    for (const { list, branches } of marks.lists) {
      for (const branch of branches) {
        const wrong = compare(held, list, branch, { vanished, aborted })
        if (wrong !== null) notKept.push(wrong)
      }
    }
  }
  const stale = marks.stale.first.filter(({ element }) => !isGone(element))
  const isStaleOfLoss = stale.length === 0 && marks.stale.first.length === marks.stale.count
  return {
    answers: marks.answers,
    lists: marks.lists.length,
    isHeld: held !== null,
    forked: marks.lists.flatMap((list) => forkOf(list, isGone) ?? []),
    notKept,
    vanished: [...vanished.values()],
    aborted: [...aborted.values()],
    repeated: { ...marks.repeated, isOfLoss: false },
    stale: { count: marks.stale.count, first: isStaleOfLoss ? marks.stale.first : stale, isOfLoss: isStaleOfLoss },
    notShown: { ...marks.notShown, isOfLoss: false },
  }
}

interface Elements {
  readonly vanished: Map<number, ShownElement>
  readonly aborted: Map<number, ShownElement>
}

/** Every element where it was, and each a row of its own: then nothing else can be among them. */
function compare(held: HeldRows, list: number, branch: MarkedBranch, { vanished, aborted }: Elements): NotKept | null {
  let wrong: NotKept | null = null
  for (const [index, element] of branch.elements.entries()) {
    if (isAborted(held, element)) aborted.set(element, { list, element })
    if (!isKnown(held, element)) continue
    const rows = held.count(element)
    // A commit that waits for a standby can be seen there first, and its client waits as long.
    if (rows === 0 && (held.mayWait(element) || held.outcomes.at(element) === 'unanswered')) continue
    if (rows === 0) vanished.set(element, { list, element })
    // Of an element that is there more than once nobody knows which is meant; that is a finding of its own.
    const isMoved = rows === 0 || (rows === 1 && held.digest(element) !== placeOf(list, index + 1))
    if (isMoved) wrong ??= { list, branch, at: index + 1, element, isOfLoss: rows === 0 }
  }
  return wrong
}

/** Whether its append had ended, or at least begun, when the answers were marked; only then the rows tell of it. */
function isKnown({ outcomes }: HeldRows, element: number): boolean {
  return element >= 1 && element <= outcomes.size
}

function isAborted({ outcomes, isAttempted }: HeldRows, element: number): boolean {
  if (element < 1) return true
  if (element > outcomes.size) return !isAttempted(element)
  const outcome = outcomes.at(element)
  return outcome === 'failed' || outcome === 'dropped'
}

function forkOf({ list, branches, unplaced }: MarkedList, isGone: (element: number) => boolean): ListFork | null {
  const other = branches[1] ?? null
  const one = branches[0]
  if (one === undefined || (other === null && unplaced === 0)) return null
  const shared = other?.shared ?? 0
  const first = (branch: MarkedBranch | null) => branch?.elements[shared]
  // Two contents of one list come of a loss where what they differ in is gone on all sides but one.
  const kept = branches.filter((branch) => !isGone(first(branch) ?? 0))
  return { list, one, other, shared, isOfLoss: unplaced === 0 && kept.length <= 1 }
}
