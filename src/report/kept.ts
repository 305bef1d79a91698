import type { State } from '../model/state.ts'

/** How many of each the state keeps: its oldest falls out, which takes nothing back. */
export interface Kept<T> {
  add(before: State, after: State): void
  /** All there ever were, as they were last, in order. */
  all(): T[]
}

/**
 * Follows a list of the state, which keeps the latest hundred or so, so that a report has all: what the state changes is
 * changed, what it takes back is taken back, and what merely falls out at its old end stays.
 */
export function createKept<T>(
  listOf: (state: State) => readonly T[],
  keyOf: (item: T) => string,
  { canBeTakenBack = false }: { readonly canBeTakenBack?: boolean } = {},
): Kept<T> {
  const kept = new Map<string, T>()
  return {
    add(before, after) {
      const [was, is] = [listOf(before), listOf(after)]
      if (was === is) return
      const known = new Set(was)
      for (const item of is) if (!known.has(item)) kept.set(keyOf(item), item)
      if (!canBeTakenBack) return
      const keys = new Set(is.map(keyOf))
      for (const item of was.slice(fallenOut(was.map(keyOf), is.map(keyOf)))) {
        if (!keys.has(keyOf(item))) kept.delete(keyOf(item))
      }
    },
    all: () => [...kept.values()],
  }
}

/** How many of the oldest made room for others: the list is as long as before, and begins later. */
function fallenOut(was: readonly string[], is: readonly string[]): number {
  return is.length < was.length ? 0 : Math.max(0, was.indexOf(is[0] ?? ''))
}
