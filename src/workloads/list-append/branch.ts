export interface ListAnswer {
  readonly list: number
  readonly elements: readonly number[]
  readonly sentMs: number
  readonly answeredMs: number
  readonly server: string | null
  /** By a server that takes writes. */
  readonly isLeader: boolean
  /** The element of the append whose answer it is; null for a read. */
  readonly own: number | null
}

export interface MarkedBranch {
  readonly elements: readonly number[]
  /** Of its first answer: who gave it, and when. */
  readonly server: string | null
  readonly fromMs: number
  /** How many elements it shares with an earlier branch. */
  readonly shared: number
}

/** One content that a list has been shown with. */
export class Branch {
  readonly elements: number[] = []
  /** By when an answer of the leader had shown an element, and … */
  readonly shownMs: number[] = []
  /** … by when a read had. */
  readonly readMs: number[] = []
  readonly #server: string | null
  readonly #fromMs: number
  #shared = 0

  constructor(answer: ListAnswer, others: readonly Branch[]) {
    this.#server = answer.server
    this.#fromMs = answer.answeredMs
    for (const other of others) this.#shared = Math.max(this.#shared, commonLength(other.elements, answer.elements))
    this.grow(answer)
  }

  grow({ elements, isLeader, own, answeredMs }: ListAnswer): void {
    for (let at = this.elements.length; at < elements.length; at++) {
      this.elements.push(elements[at] as number)
      this.shownMs[at] ??= Number.POSITIVE_INFINITY
      this.readMs[at] ??= Number.POSITIVE_INFINITY
    }
    if (isLeader) setBefore(this.shownMs, elements.length, answeredMs)
    if (own === null) setBefore(this.readMs, elements.length, answeredMs)
  }

  mark(): MarkedBranch {
    const { length } = this.elements
    const of = this.elements
    return {
      // It only grows: what is there now stays as it is.
      get elements() {
        return of.length === length ? of : of.slice(0, length)
      },
      server: this.#server,
      fromMs: this.#fromMs,
      shared: this.#shared,
    }
  }
}

/** Sets all that is not set yet; what is set lies at the beginning, as who shows an element shows those before it. */
function setBefore(times: number[], length: number, ms: number): void {
  for (let at = length - 1; at >= 0 && times[at] === Number.POSITIVE_INFINITY; at--) times[at] = ms
}

export function commonLength(a: readonly number[], b: readonly number[]): number {
  const most = Math.min(a.length, b.length)
  for (let at = 0; at < most; at++) if (a[at] !== b[at]) return at
  return most
}
