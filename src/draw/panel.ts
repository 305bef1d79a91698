import type { Sight } from '../model/sight.ts'
import type { State } from '../model/state.ts'
import { age } from './format.ts'
import type { Line, Span } from './line.ts'
import { span } from './line.ts'

/** All that a panel may depend on. */
export interface Scene {
  readonly state: State
  readonly nowMs: number
  /** Cells and rows inside the frame. */
  readonly width: number
  readonly height: number
  readonly isFocused: boolean
  /** The row that the cursor is on, by name. */
  readonly selected: string | null
  /** What the event list is narrowed to. */
  readonly filter: string
}

export interface PanelContent {
  /** The gist, for the frame's title line and for a panel that has only one row. */
  readonly summary: Line
  readonly lines: readonly Line[]
}

/** Index of the selected row, while the cursor is to be seen. */
export function selectedIndex(scene: Scene, names: readonly string[]): number | null {
  if (!scene.isFocused || names.length === 0) return null
  return Math.max(0, names.indexOf(scene.selected ?? ''))
}

/** What stands in place of values that are not fresh; null when they are. */
export function absence(seen: Sight<unknown>): Span | null {
  if (seen.type === 'never') return span('not seen yet', 'dim')
  if (seen.type === 'unreachable') return span(`unreachable for ${age(seen.forMs)}`, 'bad')
  if (seen.type === 'silent') return span(`no news for ${age(seen.forMs)}`, 'warn')
  return null
}

/** The sign before a name: the colour only repeats what it says. */
export function sign(seen: Sight<unknown>, isChief: boolean): Span {
  if (seen.type === 'fresh') return isChief ? span('●', 'good') : span('○', 'good')
  if (seen.type === 'unreachable') return span('✗', 'bad')
  return span('?', seen.type === 'silent' ? 'warn' : 'dim')
}
