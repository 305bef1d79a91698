/** The label value that all share for which there is no room, or that could be anything. */
export const OTHER = 'other'

/**
 * Lets the first `most` names through that look like one, and calls the rest `other`: whatever a server answers, the
 * number of series has an end.
 */
export function firstNames(most: number): (name: string) => string {
  const known = new Set<string>()
  return (name) => {
    if (known.has(name)) return name
    if (known.size >= most || !NAME.test(name)) return OTHER
    known.add(name)
    return name
  }
}

const NAME = /^[A-Za-z0-9_.-]{1,40}$/

/** The name itself when it is one of these, else `other`. */
export function oneOf(names: readonly string[], name: string): string {
  return names.includes(name) ? name : OTHER
}
