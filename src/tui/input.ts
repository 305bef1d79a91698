import type { Key } from 'ink'
import { graphemes } from '../draw/cells.ts'

const named = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'esc'],
] as const satisfies readonly (readonly [keyof Key, string])[]

/**
 * The keys in one input event, by the names of the key table. Keys that were pressed quickly can arrive as one event
 * (`jjj`), and what a terminal sends for an unknown key is no key at all.
 */
export function keysOf(input: string, key: Key): string[] {
  if (key.tab) return [key.shift ? 'shift+tab' : 'tab']
  if (key.backspace || key.delete) return ['backspace']
  for (const [property, name] of named) if (key[property]) return [name]
  if (key.ctrl) return input.length === 1 ? [`ctrl+${input}`] : []
  if (UNKNOWN_SEQUENCE.test(input)) return []
  // Esc and a key right after it look like the key with Alt, which means nothing here.
  if (key.meta) return ['esc', ...keysOf(input, { ...key, meta: false, escape: false })]
  return graphemes(input).flatMap((character) => names[character] ?? (isPrintable(character) ? [character] : []))
}

/** What Ink leaves of an escape sequence that it does not know. */
const UNKNOWN_SEQUENCE = /^(\[[\d;<=>?]*|O)[A-Za-z~]$/

const names: Readonly<Record<string, string[]>> = {
  ' ': ['space'],
  '\r': ['enter'],
  '\n': ['enter'],
  '\r\n': ['enter'],
  '\t': ['tab'],
  '\u0003': ['ctrl+c'],
}

function isPrintable(character: string): boolean {
  return !/\p{Cc}/u.test(character)
}
