import { listOf } from '../../model/predicate.ts'
import { FaultError } from '../fault.ts'
import type { Part, PartKind } from '../part.ts'

/** Words for all the parts of one kind. */
const KIND_OF = {
  etcd: 'etcd',
  nodes: 'node',
  patroni: 'node',
  proxies: 'proxy',
  haproxy: 'proxy',
  apps: 'app',
} as const satisfies Record<string, PartKind>

/**
 * The parts that these words stand for, those of `except` left out: `etcd`, `nodes` (or `patroni`), `proxies` (or
 * `haproxy`) and `apps` are all of a kind, everything else is the name of a part.
 * @throws {FaultError} there is no such part; `except` is named itself
 */
export function partsNamed(
  words: readonly string[],
  parts: readonly Part[],
  except: readonly Part[] = [],
): readonly Part[] {
  const named = new Set(words.flatMap((word) => one(word, parts, except)))
  return parts.filter((part) => named.has(part) && !except.includes(part))
}

function one(word: string, parts: readonly Part[], except: readonly Part[]): readonly Part[] {
  const kind = isKindWord(word) ? KIND_OF[word] : null
  if (kind !== null) return parts.filter((part) => part.kind === kind)
  const part = parts.find(({ name }) => name === word)
  if (part === undefined) {
    const known = [...Object.keys(KIND_OF), ...parts.map(({ name }) => name)].join(', ')
    throw new FaultError(`${JSON.stringify(word)} is no part of this lab (there are ${known}): left alone`)
  }
  if (except.includes(part)) throw new FaultError(`${word} cannot be cut off from itself`)
  return [part]
}

function isKindWord(word: string): word is keyof typeof KIND_OF {
  return Object.hasOwn(KIND_OF, word)
}

const TOLD: Readonly<Record<string, string>> = {
  nodes: 'the other nodes',
  patroni: 'the other nodes',
  proxies: 'the proxies',
  haproxy: 'HAProxy',
  apps: 'the applications',
  clients: 'its clients',
  all: 'everybody',
}

/** Without the words for what this lab has none of, as etcd where there is no etcd; all of them where none would be left. */
export function fitting(words: readonly string[], parts: readonly Part[]): readonly string[] {
  const fit = words.filter((word) => !isKindWord(word) || parts.some(({ kind }) => kind === KIND_OF[word]))
  return fit.length === 0 ? words : fit
}

/** The words as people say them; names of parts and `etcd` stay as they are. */
export function told(words: readonly string[]): string {
  return listOf(words.map((word) => (Object.hasOwn(TOLD, word) ? (TOLD[word] as string) : word)))
}

export function namesOf(parts: readonly Part[]): string {
  return listOf(parts.map(({ name }) => name))
}
