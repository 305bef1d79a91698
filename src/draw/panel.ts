import type { Sight } from '../model/sight.ts'
import type { State } from '../model/state.ts'
import { age } from './format.ts'
import { type Line, type Span, span } from './line.ts'

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

/** One panel of the screen: all that there is to know of it. */
export interface Panel {
  /** Its own name among those that are shown together. */
  readonly id: string
  readonly title: string
  draw(scene: Scene): PanelContent
  /** The parts of the state that it shows: while they stay the same, and the time does, so does the panel. */
  inputs(state: State): readonly unknown[]
  /** How often it must be redrawn for the time that it shows, in milliseconds. */
  readonly everyMs: number
  /** The names of its rows, for the cursor; default none. */
  rows?(state: State, filter: string): readonly string[]
  /** What these names are of, where the keys that act on a container work on its rows. */
  readonly rowsAre?: 'parts' | 'services'
  /** Null while it has nothing to show, and is not there. */
  size(state: State): PanelSize | null
  /** Where it stands when there are several columns; default with the parts, first. */
  readonly column?: PanelColumn
  /** Its place in that column, from above: the lower stands higher, equal ones by number. Default 0. */
  readonly row?: number
  /** Who is shown as more than its gist first when not everybody can: the lowest. Default 50. */
  readonly rank?: number
  /** Up to which heights it takes rows that nobody asked for, in each round of sharing them out; default none. */
  readonly grows?: readonly number[]
}

/** Rows, frame included. */
export interface PanelSize {
  /** With less, it says no more than its gist. */
  readonly least: number
  readonly wanted: number
}

/** The parts of the system, what clients get, and what happened. */
export type PanelColumn = 'parts' | 'clients' | 'happened'

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

/** The same panel for one system of a lab that has several. */
export function panelOf(panel: Panel, name: string, own: (state: State) => State): Panel {
  const { id, title, draw, inputs, size, rows } = panel
  return {
    ...panel,
    id: `${name}.${id}`,
    title: `${name} ${title}`,
    draw: (scene) => draw({ ...scene, state: own(scene.state) }),
    inputs: (state) => inputs(own(state)),
    size: (state) => size(own(state)),
    ...(rows && { rows: (state: State, filter: string) => rows(own(state), filter) }),
  }
}
