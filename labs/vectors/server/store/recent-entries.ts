import type { Entry } from '../change.ts'

/** The end of a log, in memory. */
export class RecentEntries {
  readonly #most: number
  #entries: Entry[] = []
  #weight = 0

  constructor(most: number) {
    this.#most = most
  }

  clear(): void {
    this.#entries = []
    this.#weight = 0
  }

  add(entries: readonly Entry[]): void {
    const first = entries[0]?.position ?? 0
    const last = this.#entries.at(-1)?.position
    if (last !== undefined && first !== last + 1) this.#cut(first)
    for (const entry of entries) {
      this.#entries.push(entry)
      this.#weight += entry.changes.length
    }
    while (this.#weight > this.#most && this.#entries.length > 1) {
      this.#weight -= this.#entries.shift()?.changes.length ?? 0
    }
  }

  /** What another leader's entries take the place of. */
  #cut(first: number): void {
    const kept = this.#entries.filter(({ position }) => position < first)
    this.#entries = kept.at(-1)?.position === first - 1 ? kept : []
    this.#weight = this.#entries.reduce((sum, { changes }) => sum + changes.length, 0)
  }

  /** Null when it does not reach back so far. */
  after(position: number, most: number): readonly Entry[] | null {
    const begin = this.#entries[0]?.position
    if (begin === undefined || position + 1 < begin) return null
    const found: Entry[] = []
    let weight = 0
    for (let at = position + 1 - begin; at < this.#entries.length; at++) {
      const entry = this.#entries[at] as Entry
      weight += entry.changes.length
      if (found.length > 0 && weight > most) break
      found.push(entry)
    }
    return found
  }

  epochAt(position: number): number | null {
    const begin = this.#entries[0]?.position
    return begin === undefined ? null : (this.#entries[position - begin]?.epoch ?? null)
  }
}
