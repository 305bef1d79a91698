/** What is said of a part, as the end of a sentence that begins with it. */
export interface Predicate {
  /** `was killed`, `loses 20 % of its packets` */
  readonly text: string
  /** The same of several: `were killed`, `lose 20 % of their packets`. Absent where it is the same. */
  readonly textOfSeveral?: string | undefined
}

/** `was killed`, `were killed`. */
export function was(what: string): Predicate {
  return { text: `was ${what}`, textOfSeveral: `were ${what}` }
}

/** `had its disk filled`, `had their disk filled`. */
export function hadIts(what: string): Predicate {
  return { text: `had its ${what}`, textOfSeveral: `had their ${what}` }
}

/** `patroni1 was killed`, `etcd1 and etcd2 were stopped`. */
export function tellOf(parts: readonly string[], { text, textOfSeveral = text }: Predicate): string {
  return `${listOf(parts)} ${parts.length === 1 ? text : textOfSeveral}`
}

/** `etcd1, etcd2 and etcd3`. */
export function listOf(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}
