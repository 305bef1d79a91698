import { apart, DIMENSION, NEAREST, planOf, type Vector } from './plan.ts'

/** What a search was answered. */
export interface SearchSeen {
  readonly n: number
  readonly asked: Vector
  readonly sentMs: number
  readonly answeredMs: number
  readonly isExact: boolean
  /** The answer says itself that it lacks something, or may lag. */
  readonly isMarked: boolean
  /** How long the gateway had no processor since it last answered anything, before this was sent; null where it does not say. */
  readonly waitedMs: number | null
  /** Vectors by the write that they came by, nearest first. */
  readonly matches: readonly number[]
}

/** One search, against what was acknowledged. */
export interface SearchJudged {
  /** Of those that had to be in the answer, how many were; null where none had to be. */
  readonly recall: number | null
  /** Vectors that had to be in it and were not, by the number of the write. */
  readonly missing: readonly number[]
}

interface Ended {
  readonly outcome: 'ok' | 'failed' | 'unknown'
  readonly answeredMs: number
}

interface Known {
  readonly insert: number
  change: number | null
}

/**
 * What clients have written and been told of it, so that an answer can be held against it: what was acknowledged
 * before a search was sent, and nobody had begun to change by the time it was answered, had to be among its nearest.
 */
export class AcknowledgedBook {
  readonly #vectorOf: (seq: number) => Vector
  readonly #keys = new Map<number, Known>()
  readonly #ended = new Map<number, Ended>()
  readonly #vectors = new Map<number, Vector>()

  constructor(vectorOf: (seq: number) => Vector) {
    this.#vectorOf = vectorOf
  }

  /** It is due, and may be done from now on. */
  begin(seq: number): void {
    const { type, key } = planOf(seq)
    const known = this.#keys.get(key) ?? { insert: key, change: null }
    this.#keys.set(key, type === 'insert' ? known : { ...known, change: seq })
  }

  end(seq: number, outcome: Ended['outcome'], answeredMs: number): void {
    this.#ended.set(seq, { outcome, answeredMs })
    if (outcome === 'failed') return
    if (planOf(seq).type !== 'delete') this.#vectors.set(seq, this.#vectorOf(seq))
  }

  /** Whether the insert had been acknowledged by that time. */
  isAcknowledgedBefore(insert: number, atMs: number): boolean {
    const made = this.#ended.get(insert)
    return made?.outcome === 'ok' && made.answeredMs <= atMs
  }

  judge({ asked, sentMs, matches }: SearchSeen): SearchJudged {
    const certain: { readonly seq: number; readonly far: number }[] = []
    const possible = new Set<number>()
    for (const known of this.#keys.values()) {
      const state = this.#at(known, sentMs)
      if (state.type === 'there') certain.push({ seq: state.seq, far: this.#far(state.seq, asked) })
      if (state.type === 'perhaps') for (const seq of state.seqs) possible.add(seq)
    }
    certain.sort((a, b) => a.far - b.far)
    const nearest = certain.slice(0, NEAREST)
    const rivals = matches.filter((seq) => possible.has(seq)).map((seq) => this.#far(seq, asked))
    const given = new Set(matches)
    // What was perhaps there, and was shown, takes a place of ten from whatever is farther away.
    const due = nearest.filter(({ far }, at) => at + rivals.filter((each) => each < far + NEAR).length < NEAREST)
    const missing = due.filter(({ seq, far }) => !given.has(seq) && !this.#isTied(far, matches, asked))
    return {
      recall: due.length === 0 ? null : (due.length - missing.length) / due.length,
      missing: missing.map(({ seq }) => seq),
    }
  }

  /** As far away as the last of a full answer, to the digits that 32 bits have: either may be in it. */
  #isTied(far: number, matches: readonly number[], asked: Vector): boolean {
    const last = matches.at(-1)
    return matches.length >= NEAREST && last !== undefined && Math.abs(this.#far(last, asked) - far) < NEAR
  }

  #far(seq: number, asked: Vector): number {
    const vector = this.#vectors.get(seq) ?? this.#vectorOf(seq)
    return apart(vector, asked)
  }

  #at({ insert, change }: Known, sentMs: number): At {
    const made = this.#ended.get(insert)
    const changed = change === null ? undefined : this.#ended.get(change)
    const isBefore = (ended: Ended | undefined) => ended?.outcome === 'ok' && ended.answeredMs <= sentMs
    const hasChange = change !== null && changed?.outcome !== 'failed'
    const deletes = change !== null && planOf(change).type === 'delete'
    if (!hasChange) {
      if (isBefore(made)) return { type: 'there', seq: insert }
      return made?.outcome === 'failed' ? GONE : { type: 'perhaps', seqs: [insert] }
    }
    if (isBefore(changed) && !deletes) return { type: 'there', seq: change }
    if (isBefore(changed) && made?.outcome === 'ok') return GONE
    return { type: 'perhaps', seqs: deletes ? [insert] : [insert, change] }
  }
}

const GONE = { type: 'gone' } as const
type At =
  | { readonly type: 'there'; readonly seq: number }
  | { readonly type: 'perhaps'; readonly seqs: readonly number[] }
  | typeof GONE

/** Squares of distances that are no farther apart are the same in 32 bits. */
const NEAR = DIMENSION * 1e-6
