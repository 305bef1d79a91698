import { fitLine, type Line, line, span } from '../draw/line.ts'
import type { Painter } from '../draw/paint.ts'
import { clientLine, topLine } from './bars.ts'
import { alarmOf, bottomLine, fitsBar } from './bottom-bar.ts'
import { type Block, createCanvas } from './canvas.ts'
import type { LabControl, Playback } from './control.ts'
import type { Frames, ShownMoment } from './frames.ts'
import { layout, type Rect, type TooSmall } from './layout.ts'
import { auditingSinceMs } from './on-lab.ts'
import { noticeOverlay } from './overlays/alerts.ts'
import { overlayOf } from './overlays/overlay.ts'
import { createPanelDrawer, type PanelDrawer, type PanelOptions } from './panel-drawer.ts'
import { eventsPanel } from './panels/events.ts'
import { focusedPanel, panelsOf, shownPanels } from './panels/panels.ts'
import type { Ui } from './ui-state.ts'
import { hasStrip, stripLine } from './words/in-force.ts'

/** What the screen shows of a moment depends on these. */
export interface View {
  readonly ui: Ui
  readonly columns: number
  readonly rows: number
}

/** The screen as it is drawn: bars, panels, and what lies over them. */
export interface Picture {
  /** From now on of this; painted with all else that has changed by then. */
  show(view: View): void
  /** Nothing is painted any more. */
  end(): void
}

export interface PictureOptions {
  readonly frames: Frames
  readonly painter: Painter
  readonly terminal: Pick<NodeJS.WriteStream, 'write'>
  /** Null on a lab that runs. */
  readonly replay: Playback | null
  readonly faults: LabControl['faults']
  /** Told when it cannot be painted. */
  readonly onFailure: (error: Error) => void
}

/** Paints each moment and each view, those that come together once. */
export function createPicture(options: PictureOptions): Picture {
  const { frames, terminal, onFailure } = options
  const canvas = createCanvas(terminal)
  const drawerOf = createDrawers()
  let view: View | null = null
  let isDue = false
  let isOver = false
  const paint = () => {
    isDue = false
    if (isOver || view === null) return
    try {
      canvas.paint(blocksOf(view, frames.getMoment(), options, drawerOf))
    } catch (error) {
      onFailure(error as Error)
    }
  }
  const paintSoon = () => {
    if (!isDue) setImmediate(paint)
    isDue = true
  }
  const unsubscribe = frames.subscribe(paintSoon)
  return {
    show(next) {
      if (view !== null && (view.columns !== next.columns || view.rows !== next.rows)) canvas.clear()
      view = next
      paintSoon()
    },
    end() {
      isOver = true
      unsubscribe()
    },
  }
}

type Drawers = (options: PanelOptions) => PanelDrawer

/** Those of before as long as they are to draw the same. */
function createDrawers(): Drawers {
  const drawers = new Map<string, PanelDrawer>()
  return (options) => {
    const { id } = options.panel
    const before = drawers.get(id)
    const names = Object.keys(options) as (keyof PanelOptions)[]
    if (before !== undefined && names.every((name) => before.options[name] === options[name])) return before
    const drawer = createPanelDrawer(options)
    drawers.set(id, drawer)
    return drawer
  }
}

function blocksOf(view: View, moment: ShownMoment, options: PictureOptions, drawerOf: Drawers): readonly Block[] {
  const { ui, columns, rows } = view
  const { state, nowMs } = moment
  const { painter } = options
  const isReplay = options.replay !== null
  const mode = isReplay ? 'replay' : 'live'
  const focus = focusedPanel(ui, state).id
  const isStrip = hasStrip(ui, state)
  const { isEnlarged } = ui
  const placed = layout(columns, rows, { panels: shownPanels(state), focus, isEnlarged, hasStrip: isStrip })
  if ('needed' in placed) return [{ x: 0, y: 0, rows: tooSmall(placed, view).map(painter) }]
  const bar = (y: number, draw: () => Line): Block => ({ x: 0, y, rows: [painter(lineOrError(draw, columns))] })
  const numbered = panelsOf(state)
  const panel = (id: string, { x, y, width, height }: Rect): Block => {
    const index = numbered.findIndex((each) => each.id === id)
    const shown = numbered[index]
    if (shown === undefined) throw new Error(`there is no panel ${id}`)
    const isFocused = focus === id
    const selected = isFocused ? (ui.selected[id] ?? null) : null
    const filter = shown === eventsPanel ? ui.filter : ''
    const drawer = drawerOf({ panel: shown, number: index + 1, width, height, isFocused, selected, filter, painter })
    return { x, y, rows: drawer.draw(moment) }
  }
  const room = { columns, rows }
  const { notice } = ui
  const over = [
    overlayOf(ui, state, { ...room, mode, console: options.faults ?? null }),
    // What the bottom bar has no room for.
    notice === null || fitsBar(notice, columns)
      ? null
      : noticeOverlay(notice, { ...room, alarm: alarmOf(state, nowMs) }),
  ]
  return [
    bar(0, () => topLine(state, nowMs, columns, options.replay)),
    bar(1, () => clientLine(state, columns, { nowMs, sinceMs: auditingSinceMs(ui, state), isReplay })),
    ...(isStrip ? [bar(2, () => stripLine(ui, state, { nowMs, width: columns, isReplay }))] : []),
    ...Object.entries(placed.panels).map(([id, rect]) => panel(id, rect)),
    bar(rows - 1, () => bottomLine(ui, state, { width: columns, mode, alarm: alarmOf(state, nowMs) })),
    ...over.flatMap((each) => (each === null ? [] : [{ ...each, rows: each.lines.map(painter) }])),
  ]
}

/** What cannot be drawn says so: the rest of the screen and the run go on. */
function lineOrError(draw: () => Line, width: number): Line {
  try {
    return draw()
  } catch (error) {
    return fitLine([span(` this line cannot be shown: ${error}`, 'bad')], width)
  }
}

function tooSmall({ needed }: TooSmall, { columns, rows }: View): readonly Line[] {
  const text = [
    `The screen needs ${needed.columns} × ${needed.rows} cells.`,
    `This terminal has ${columns} × ${rows}.`,
    'q quits.',
  ]
  return text.slice(0, rows).map((each) => fitLine(line(each), columns))
}
