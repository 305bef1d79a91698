import { type PanelId, panelIds } from './panel-id.ts'

export interface Rect {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Layout {
  /** Heights of 1 are a panel's gist in one row; others have a frame. */
  readonly panels: Readonly<Partial<Record<PanelId, Rect>>>
  readonly top: Rect
  readonly bottom: Rect
}

export interface TooSmall {
  readonly needed: { readonly columns: number; readonly rows: number }
}

/** How many rows each list has, as far as it is known. */
export interface Contents {
  readonly nodes: number
  readonly etcdMembers: number
  readonly containers: number
  /** Whether there is an outage or a failover to tell of. */
  readonly hasOutages: boolean
  /** Rows that the scenario's steps take; none while there is no scenario, and no panel of it. Default 0. */
  readonly scenarioRows?: number
}

interface LayoutOptions {
  /** The focused panel alone. */
  readonly isEnlarged?: boolean
  /** Whether there is a third row at the top. */
  readonly hasStrip?: boolean
  readonly contents?: Contents
}

/**
 * Rectangles for a terminal of this size: they fill it and never overlap. In every column all panels get the rows that
 * they want where there is room; otherwise the focused one comes first, and the last ones shrink to a single row.
 */
export function layout(
  columns: number,
  rows: number,
  focus: PanelId,
  { isEnlarged = false, hasStrip = false, contents = usual }: LayoutOptions = {},
): Layout | TooSmall {
  if (columns < MIN_COLUMNS || rows < MIN_ROWS) return { needed: { columns: MIN_COLUMNS, rows: MIN_ROWS } }
  const topRows = hasStrip ? TOP_ROWS + 1 : TOP_ROWS
  const top = { x: 0, y: 0, width: columns, height: topRows }
  const bottom = { x: 0, y: rows - 1, width: columns, height: 1 }
  const height = rows - topRows - 1
  if (isEnlarged) return { top, bottom, panels: { [focus]: { x: 0, y: topRows, width: columns, height } } }
  const isThere = (id: PanelId) => id !== 'scenario' || hasScenario(contents)
  const arrangement = arrange(columns).map((ids) => ids.filter(isThere))
  const widths = divide(columns, arrangement.length)
  const placed = arrangement.flatMap((ids, index) => {
    const x = widths.slice(0, index).reduce((sum, width) => sum + width, 0)
    const heights = share(ids, height, focus, contents)
    let y = topRows
    return ids.map((id, row) => {
      const rect = { x, y, width: widths[index] ?? 0, height: heights[row] ?? 1 }
      y += rect.height
      return [id, rect] as const
    })
  })
  return { top, bottom, panels: Object.fromEntries(placed) }
}

export const MIN_COLUMNS = 60
export const MIN_ROWS = 17
const TOP_ROWS = 2
const usual: Contents = { nodes: 3, etcdMembers: 3, containers: 8, hasOutages: false }

function arrange(columns: number): readonly (readonly PanelId[])[] {
  if (columns >= 180)
    return [
      ['cluster', 'etcd', 'haproxy'],
      ['traffic', 'scenario', 'failovers'],
      ['containers', 'events'],
    ]
  if (columns >= 112)
    return [
      ['cluster', 'etcd', 'haproxy', 'containers'],
      ['traffic', 'scenario', 'failovers', 'events'],
    ]
  return [panelIds]
}

function hasScenario({ scenarioRows = 0 }: Contents): boolean {
  return scenarioRows > 0
}

function divide(width: number, parts: number): number[] {
  return Array.from(
    { length: parts },
    (_, index) => Math.floor((width * (index + 1)) / parts) - Math.floor((width * index) / parts),
  )
}

/** Rows that a panel can use, frame included. */
function wanted(id: PanelId, contents: Contents): number {
  switch (id) {
    case 'cluster':
      return 2 + 1 + contents.nodes + 1 + 3
    case 'etcd':
      return 2 + 1 + contents.etcdMembers + 1
    case 'haproxy':
      return 2 + 1 + contents.nodes
    case 'containers':
      return 2 + 1 + contents.containers
    case 'traffic':
      return hasScenario(contents) ? 12 : 16
    case 'failovers':
      return contents.hasOutages ? 12 : 5
    case 'events':
      return 9
    case 'scenario':
      return 2 + Math.min(12, contents.scenarioRows ?? 0)
  }
}

/** The least at which a panel says more than its gist. */
function least(id: PanelId, contents: Contents): number {
  if (id === 'cluster') return 2 + 1 + contents.nodes + 1
  if (id === 'etcd') return wanted(id, contents)
  // While a scenario runs, where the time of an outage goes is what it is run for.
  if (id === 'failovers' && hasScenario(contents) && contents.hasOutages) return 9
  return id === 'traffic' ? 7 : 5
}

/** Who gets more than its gist first when not everybody can; the focused panel comes before all. */
const order: readonly PanelId[] = [
  'cluster',
  'traffic',
  'scenario',
  'events',
  'etcd',
  'containers',
  'haproxy',
  'failovers',
]
/** Who takes the rows that nobody asked for, each up to a height at which it has no use for more. */
const growers: readonly (readonly [PanelId, number])[] = [
  // First the events: what an outage needs for its phases comes from them, and the others stay where they are.
  ['events', 16],
  ['traffic', 22],
  ['events', 30],
  ['failovers', 16],
  ['events', Number.POSITIVE_INFINITY],
  ['containers', Number.POSITIVE_INFINITY],
  ['failovers', Number.POSITIVE_INFINITY],
]

function share(ids: readonly PanelId[], height: number, focus: PanelId, contents: Contents): number[] {
  const heights = new Map<PanelId, number>(ids.map((id) => [id, 1]))
  let left = height - ids.length
  const raise = (id: PanelId, to: number) => {
    const more = to - (heights.get(id) ?? 0)
    if (more <= 0 || more > left) return false
    heights.set(id, to)
    left -= more
    return true
  }
  const ranked = [...order].filter((id) => ids.includes(id)).sort((a, b) => Number(b === focus) - Number(a === focus))
  if (ids.includes(focus)) raise(focus, Math.min(wanted(focus, contents), 1 + left))
  for (const id of ranked) raise(id, least(id, contents))
  for (const id of ranked) {
    const to = Math.min(wanted(id, contents), (heights.get(id) ?? 0) + left)
    if (to >= Math.min(5, least(id, contents))) raise(id, to)
  }
  spend(heights, left, focus)
  return ids.map((id) => heights.get(id) ?? 1)
}

/** What is left over goes to the panels that can use it; without such a one, to the focused or the last frame. */
function spend(heights: Map<PanelId, number>, rows: number, focus: PanelId): void {
  let left = rows
  const framed = [...heights].filter(([, height]) => height > 1).map(([id]) => id)
  const fallback = framed.includes(focus) ? focus : (framed.at(-1) ?? [...heights.keys()].at(-1))
  const all = fallback === undefined ? growers : [...growers, [fallback, Number.POSITIVE_INFINITY] as const]
  for (const [id, most] of all) {
    const height = heights.get(id) ?? 1
    if (height === 1 && id !== fallback) continue
    const more = Math.min(left, Math.max(0, most - height))
    heights.set(id, height + more)
    left -= more
    if (left === 0) return
  }
}
