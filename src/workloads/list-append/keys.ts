/**
 * Which list an element goes to. The element that write `seq` appends is its own number, so that every element is there
 * once in the whole run. Sixteen lists grow at a time, in turn. One that was shown with 128 elements is ended, and the
 * next takes its place, as answers hold whole lists and nobody wants to carry long ones to and fro (Jepsen does the
 * same). What failed ends no list: those that grew when a leader was lost go on growing on the next one, which is where
 * the two contradict each other.
 */
export const LISTS_AT_ONCE = 16
export const ELEMENTS_PER_LIST = 128

/** A list of which so many appends had no answer is ended too: nobody knows how long it is. */
const MOST_UNANSWERED = 1_000
/** More than a list can ever hold. */
const PLACES = 4_096
/** Lists beyond are numbered again, so that a place is an `int4`. */
const NUMBERED = 500_000

/** A place in a list as one number: to an audit, the digest of an element. */
export function placeOf(list: number, position: number): number {
  return (list % NUMBERED) * PLACES + position
}

/** SQL of the same. */
export function placeSql(list: string, position: string): string {
  return `(${list}) % ${NUMBERED} * ${PLACES} + ${position}`
}

/** Which list a read asks for, and whom. */
interface Wanted {
  readonly list: number
  readonly route: 'write' | 'read'
}

/** The lists of one run. */
export interface Lists {
  toAppend(writeSeq: number): number
  /**
   * The lists that grow, in turn: of four reads of one list, one goes to the leader and three to the replicas. Every
   * eighth round is of those that were ended last, which nobody appends to any more: they ought to stay as they are.
   */
  toRead(readSeq: number): Wanted
  /** An append was answered with a list of this length. */
  onShown(list: number, length: number): void
  /** An append had no answer. */
  onUnanswered(list: number): void
}

const READS_PER_LIST = 4
const ROUNDS_PER_ENDED = 8

export function createLists(): Lists {
  const growing = Array.from({ length: LISTS_AT_ONCE }, (_, index) => ({ list: index, unanswered: 0 }))
  const at = (index: number) => growing[index % LISTS_AT_ONCE] as { list: number; unanswered: number }
  const end = (list: number) => {
    const place = at(list)
    if (place.list !== list) return
    place.list += LISTS_AT_ONCE
    place.unanswered = 0
  }
  return {
    toAppend: (writeSeq) => at(writeSeq - 1).list,
    toRead(readSeq) {
      const turn = Math.floor((readSeq - 1) / READS_PER_LIST)
      const { list } = at(turn)
      const isOfEnded = Math.floor(turn / LISTS_AT_ONCE) % ROUNDS_PER_ENDED === ROUNDS_PER_ENDED - 1
      const route = (readSeq - 1) % READS_PER_LIST === 0 ? 'write' : 'read'
      return { list: isOfEnded && list >= LISTS_AT_ONCE ? list - LISTS_AT_ONCE : list, route }
    },
    onShown(list, length) {
      if (length >= ELEMENTS_PER_LIST) end(list)
    },
    onUnanswered(list) {
      const place = at(list)
      if (place.list === list && ++place.unanswered >= MOST_UNANSWERED) end(list)
    },
  }
}
