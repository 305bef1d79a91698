import type { Panel, PanelColumn } from '../draw/panel.ts'
import { sum } from '../model/sum.ts'
import type { Sized } from './panels/panels.ts'

export interface Rect {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

interface Layout {
  /** By the panels' ids. Heights of 1 are a panel's gist in one row; others have a frame. */
  readonly panels: Readonly<Record<string, Rect>>
}

export interface TooSmall {
  readonly needed: { readonly columns: number; readonly rows: number }
}

interface LayoutOptions {
  /** In the order of their numbers. */
  readonly panels: readonly Sized[]
  /** The id of the focused one. */
  readonly focus: string
  /** The focused panel alone. */
  readonly isEnlarged?: boolean
  /** Whether there is a third row at the top. */
  readonly hasStrip?: boolean
}

/**
 * Rectangles for a terminal of this size: they fill it below the rows at the top and above the last, and never overlap. In every column all panels get the rows that
 * they want where there is room; otherwise the focused one comes first, and the last ones shrink to a single row. Where
 * there are more than rows, the last ones are left out, until one of them is gone to.
 */
export function layout(
  columns: number,
  rows: number,
  { panels, focus, isEnlarged = false, hasStrip = false }: LayoutOptions,
): Layout | TooSmall {
  if (columns < MIN_COLUMNS || rows < MIN_ROWS) return { needed: { columns: MIN_COLUMNS, rows: MIN_ROWS } }
  const topRows = hasStrip ? TOP_ROWS + 1 : TOP_ROWS
  const height = rows - topRows - 1
  if (isEnlarged) return { panels: { [focus]: { x: 0, y: topRows, width: columns, height } } }
  const arrangement = arrange(columns, panels).map((column) => fitting(column, height, focus))
  const widths = divide(columns, arrangement.length)
  const placed = arrangement.flatMap((column, index) => {
    const x = sum(widths.slice(0, index))
    const heights = share(column, height, focus)
    let y = topRows
    return column.map(({ panel }, row) => {
      const rect = { x, y, width: widths[index] ?? 0, height: heights[row] ?? 1 }
      y += rect.height
      return [panel.id, rect] as const
    })
  })
  return { panels: Object.fromEntries(placed) }
}

export const MIN_COLUMNS = 60
export const MIN_ROWS = 17
const TOP_ROWS = 2
/** The focused panel always has a frame. */
const LEAST_FOCUSED = 5
/** More than these in one column move what the last of them shows to where there is room: above what happened. */
const MOST_PARTS = 3

/** The panels of each column, from above. */
function arrange(columns: number, panels: readonly Sized[]): readonly (readonly Sized[])[] {
  if (columns < 112) return [panels]
  const inOrder = panels.toSorted((a, b) => (a.panel.row ?? 0) - (b.panel.row ?? 0))
  const of = (...names: readonly PanelColumn[]) =>
    inOrder.filter(({ panel: { column = 'parts' } }) => names.includes(column))
  const parts = of('parts')
  if (columns < 180) return [parts, of('clients', 'happened')]
  const moved = parts.length > MOST_PARTS ? parts.slice(-1) : []
  const staying = parts.slice(0, parts.length - moved.length)
  return [staying, of('clients'), [...moved, ...of('happened')]]
}

function divide(width: number, parts: number): number[] {
  return Array.from(
    { length: parts },
    (_, index) => Math.floor((width * (index + 1)) / parts) - Math.floor((width * index) / parts),
  )
}

/** As many as there are rows for, the focused one in a frame; in their places. */
function fitting(column: readonly Sized[], height: number, focus: string): readonly Sized[] {
  const kept = column.toSorted((a, b) => rankOf(a, focus) - rankOf(b, focus)).slice(0, height - LEAST_FOCUSED + 1)
  return column.filter((each) => kept.includes(each))
}

function share(column: readonly Sized[], height: number, focus: string): number[] {
  const heights = new Map<Panel, number>(column.map(({ panel }) => [panel, 1]))
  let left = height - column.length
  const raise = (panel: Panel, to: number) => {
    const more = to - (heights.get(panel) ?? 0)
    if (more <= 0 || more > left) return
    heights.set(panel, to)
    left -= more
  }
  const ranked = column.toSorted((a, b) => rankOf(a, focus) - rankOf(b, focus))
  for (const { panel, size } of ranked) if (panel.id === focus) raise(panel, Math.min(size.wanted, 1 + left))
  for (const { panel, size } of ranked) raise(panel, size.least)
  for (const { panel, size } of ranked) {
    const to = Math.min(size.wanted, (heights.get(panel) ?? 0) + left)
    if (to >= Math.min(LEAST_FOCUSED, size.least)) raise(panel, to)
  }
  spend(heights, left, focus)
  return [...heights.values()]
}

function rankOf({ panel: { id, rank = 50 } }: Sized, focus: string): number {
  return id === focus ? Number.NEGATIVE_INFINITY : rank
}

/** What is left over goes, from below, to the panels that can use it; without such a one, to the focused or the last frame. */
function spend(heights: Map<Panel, number>, rows: number, focus: string): void {
  let left = rows
  const framed = [...heights].filter(([, height]) => height > 1).map(([panel]) => panel)
  const fallback = framed.find(({ id }) => id === focus) ?? framed.at(-1) ?? [...heights.keys()].at(-1)
  const grow = (panel: Panel, most: number) => {
    const height = heights.get(panel) ?? 1
    const more = Math.min(left, Math.max(0, most - height))
    heights.set(panel, height + more)
    left -= more
  }
  const fromBelow = [...heights.keys()].reverse().filter((panel) => framed.includes(panel) || panel === fallback)
  const rounds = Math.max(0, ...fromBelow.map(({ grows = [] }) => grows.length))
  for (let round = 0; round < rounds; round++) {
    for (const panel of fromBelow) grow(panel, panel.grows?.[round] ?? 0)
  }
  if (fallback !== undefined) grow(fallback, Number.POSITIVE_INFINITY)
}
