import type { Clock } from './clock.ts'

export interface Happened {
  /** Counts upwards from 1 in the life of a process. */
  readonly seq: number
  readonly at: string
  readonly type: string
  readonly [fact: string]: unknown
}

const KEPT = 1_000

/** What happened on this server and when, the last thousand of it, and how often each kind did. */
export class Events {
  readonly #clock: Clock
  readonly #kept: Happened[] = []
  readonly #counts = new Map<string, number>()
  readonly #listener: (event: Happened) => void
  #seq = 0

  constructor(clock: Clock, listener: (event: Happened) => void = () => {}) {
    this.#clock = clock
    this.#listener = listener
  }

  add(type: string, facts: Readonly<Record<string, unknown>> = {}): void {
    const event: Happened = { seq: ++this.#seq, at: new Date(this.#clock.now()).toISOString(), type, ...facts }
    this.#kept.push(event)
    if (this.#kept.length > KEPT) this.#kept.shift()
    this.#counts.set(type, (this.#counts.get(type) ?? 0) + 1)
    this.#listener(event)
  }

  after(seq: number): readonly Happened[] {
    return this.#kept.filter((event) => event.seq > seq)
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#counts
  }
}
