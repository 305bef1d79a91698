import { Branch, commonLength, type ListAnswer, type MarkedBranch } from './branch.ts'

/**
 * What the answers of a run have shown of its lists. Lists only ever grow at their end, so of any two answers one is the
 * beginning of the other; a list is kept once, as its longest answer, with the time by which each length was first
 * shown. An answer that is no beginning of it, nor the other way round, contradicts it: both are kept from then on, as
 * branches of the list. So a run costs some 21 bytes an element, however often it is read.
 */
export interface ListBook {
  /** Takes in an answer, in the order in which they came; says where it belongs. */
  take(answer: ListAnswer): PlacedAnswer
  /** What a read was given less than had been shown before it was sent. */
  behind(answer: ListAnswer): Behind
  /** As it is now; what is taken in later does not change it. */
  mark(): ListMarks
  /** The first elements of a branch. */
  elements(list: number, branch: number, length: number): readonly number[]
}

export interface PlacedAnswer {
  /** Which branch of its list shows it; null when there are too many of them to keep another. */
  readonly branch: number | null
  /** How many of its elements that branch had already. */
  readonly known: number
}

interface Behind {
  /** Elements that the leader had shown before it was sent, and that it lacks. */
  readonly elements: number
  /** Since when the first of them had been shown; 0 without any. */
  readonly ms: number
  /** An earlier read had been given more. */
  readonly isBackwards: boolean
}

export interface ListMarks {
  readonly answers: number
  readonly lists: readonly MarkedList[]
  /** Answers of the leader that lacked what it had shown before they were asked for. */
  readonly stale: ListTally<StaleAnswer>
  /** Answers to appends that did not end with the element that was appended. */
  readonly notShown: ListTally<ListAnswer>
  /** Answers in which an element stood more than once. */
  readonly repeated: ListTally<Repeated>
}

export interface MarkedList {
  readonly list: number
  readonly branches: readonly MarkedBranch[]
  /** Answers that contradicted all of them, when there were too many to keep another. */
  readonly unplaced: number
}

export interface StaleAnswer {
  readonly answer: Omit<ListAnswer, 'elements'>
  readonly length: number
  /** The first that it lacks, and when the leader had shown it. */
  readonly element: number
  readonly shownMs: number
}

export interface Repeated {
  readonly list: number
  readonly element: number
  readonly server: string | null
  readonly atMs: number
}

/** How many there were, and the first of them. */
interface ListTally<T> {
  readonly count: number
  readonly first: readonly T[]
}

const MOST_BRANCHES = 16
const MOST_KEPT = 10_000

export function createListBook(): ListBook {
  return new Book()
}

class Book implements ListBook {
  readonly #lists = new Map<number, { readonly branches: Branch[]; unplaced: number }>()
  readonly #stale = createTally<StaleAnswer>()
  readonly #notShown = createTally<ListAnswer>()
  readonly #repeated = createTally<Repeated>()
  #answers = 0

  take(answer: ListAnswer): PlacedAnswer {
    const { list, elements, isLeader, own } = answer
    this.#answers++
    if (own !== null && elements.at(-1) !== own) this.#notShown.add(answer)
    if (isLeader) this.#compareWithShown(answer)
    const known = this.#listAt(list)
    const found = bestOf(known.branches, elements)
    if (found !== null) {
      const before = Math.min(found.branch.elements.length, elements.length)
      found.branch.grow(answer)
      if (elements.length > before) this.#lookForRepeated(answer, before)
      return { branch: known.branches.indexOf(found.branch), known: before }
    }
    if (known.branches.length === MOST_BRANCHES) {
      known.unplaced++
      return { branch: null, known: 0 }
    }
    known.branches.push(new Branch(answer, known.branches))
    this.#lookForRepeated(answer, 0)
    return { branch: known.branches.length - 1, known: 0 }
  }

  behind({ list, elements: { length }, elements, sentMs }: ListAnswer): Behind {
    let [missing, sinceMs, isBackwards] = [0, sentMs, false]
    for (const branch of this.#lists.get(list)?.branches ?? []) {
      if (commonLength(branch.elements, elements) < length) continue
      let at = length
      while (at < branch.elements.length && (branch.shownMs[at] as number) < sentMs) at++
      if (at - length > missing) [missing, sinceMs] = [at - length, branch.shownMs[length] as number]
      isBackwards ||= (branch.readMs[length] ?? Number.POSITIVE_INFINITY) < sentMs
    }
    return { elements: missing, ms: sentMs - sinceMs, isBackwards }
  }

  mark(): ListMarks {
    const lists = [...this.#lists].map(([list, { branches, unplaced }]) => {
      return { list, unplaced, branches: branches.map((branch) => branch.mark()) }
    })
    const [stale, notShown, repeated] = [this.#stale.taken(), this.#notShown.taken(), this.#repeated.taken()]
    return { answers: this.#answers, lists, stale, notShown, repeated }
  }

  elements(list: number, branch: number, length: number): readonly number[] {
    return this.#lists.get(list)?.branches[branch]?.elements.slice(0, length) ?? []
  }

  #listAt(list: number) {
    const known = this.#lists.get(list) ?? { branches: [], unplaced: 0 }
    this.#lists.set(list, known)
    return known
  }

  #compareWithShown({ elements, ...answer }: ListAnswer): void {
    for (const branch of this.#lists.get(answer.list)?.branches ?? []) {
      const shownMs = branch.shownMs[elements.length] ?? Number.POSITIVE_INFINITY
      if (shownMs >= answer.sentMs || commonLength(branch.elements, elements) < elements.length) continue
      const element = branch.elements[elements.length] as number
      this.#stale.add({ answer, length: elements.length, element, shownMs })
      return
    }
  }

  #lookForRepeated({ list, elements, server, answeredMs }: ListAnswer, from: number): void {
    for (let at = from; at < elements.length; at++) {
      const element = elements[at] as number
      if (elements.indexOf(element) < at) this.#repeated.add({ list, element, server, atMs: answeredMs })
    }
  }
}

/** The branch that agrees with these elements as far as both go, and goes with them furthest; null without any. */
function bestOf(branches: readonly Branch[], elements: readonly number[]): { readonly branch: Branch } | null {
  let best: { readonly branch: Branch; readonly common: number } | null = null
  for (const branch of branches) {
    const common = commonLength(branch.elements, elements)
    if (common < Math.min(branch.elements.length, elements.length)) continue
    if (best === null || common > best.common) best = { branch, common }
  }
  return best
}

function createTally<T>() {
  const first: T[] = []
  let count = 0
  return {
    add(item: T) {
      count++
      if (first.length < MOST_KEPT) first.push(item)
    },
    taken: (): ListTally<T> => ({ count, first: [...first] }),
  }
}
