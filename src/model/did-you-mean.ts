/**
 * What to say of a word that is none of those known: the one that was most likely meant, else all of them. The rest of
 * a sentence that begins with "there is no such …; ".
 */
export function orElse(word: string, known: readonly string[]): string {
  const meant = nearest(word, known)
  return meant === null ? `there are ${known.join(', ') || 'none'}` : `did you mean ${meant}?`
}

/**
 * The known word that a slip of the fingers turns into this one: letters changed, left out, put in, or swapped, one for
 * every three. The first of several that are equally near; null when none is that near.
 */
export function nearest(word: string, known: readonly string[]): string | null {
  const written = word.toLowerCase()
  const near = known
    .map((each) => ({ each, distance: distance(written, each.toLowerCase(), allowed(written, each)) }))
    .filter(({ each, distance }) => distance <= allowed(written, each))
  return near.toSorted((a, b) => a.distance - b.distance)[0]?.each ?? null
}

function allowed(a: string, b: string): number {
  return Math.floor(Math.max(a.length, b.length) / 3)
}

/** Changes, omissions, insertions and swaps of neighbours that make `b` of `a`; infinity when certainly more than `most`. */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return Number.POSITIVE_INFINITY
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      const changed = (row[j - 1] ?? 0) + (isSame ? 0 : 1)
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = isSwapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY
      next[j] = Math.min(changed, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1)
    }
    before = row
    row = next
  }
  return row[b.length] ?? Number.POSITIVE_INFINITY
}
