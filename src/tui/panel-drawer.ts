import { frame, MIN_FRAMED } from '../draw/frame.ts'
import { line, span } from '../draw/line.ts'
import type { Painter } from '../draw/paint.ts'
import type { Panel, PanelContent, Scene } from '../draw/panel.ts'
import type { ShownMoment } from './frames.ts'

export interface PanelOptions extends Pick<Scene, 'width' | 'height' | 'isFocused' | 'selected' | 'filter'> {
  readonly panel: Panel
  readonly number: number
  readonly painter: Painter
}

/** Draws a panel in its frame. */
export interface PanelDrawer {
  /** What it draws, and how. */
  readonly options: PanelOptions
  draw(moment: ShownMoment): readonly string[]
}

/** Draws again only when what the panel shows has changed or its share of the time has passed. */
export function createPanelDrawer(options: PanelOptions): PanelDrawer {
  const { inputs, everyMs } = options.panel
  let drawn: { readonly slot: number; readonly inputs: readonly unknown[]; readonly rows: readonly string[] } | null =
    null
  return {
    options,
    draw(moment) {
      const slot = Math.floor(moment.nowMs / everyMs)
      const shown = inputs(moment.state)
      const isSame = drawn?.slot === slot && shown.every((input, index) => input === drawn?.inputs[index])
      if (drawn === null || !isSame) drawn = { slot, inputs: shown, rows: drawPanel(options, moment) }
      return drawn.rows
    },
  }
}

function drawPanel(options: PanelOptions, moment: ShownMoment): readonly string[] {
  const { painter, panel, number, width, height, isFocused, selected, filter } = options
  const isFramed = height >= MIN_FRAMED
  const room = isFramed ? { width: width - 2, height: height - 2 } : { width, height }
  const content = contentOf(panel, { ...moment, ...room, isFocused, selected, filter })
  return frame({ title: panel.title, number, ...content, width, height, isFocused }).map(painter)
}

/** A panel that cannot be drawn says so; the others and the run go on. */
function contentOf(panel: Panel, scene: Scene): PanelContent {
  try {
    return panel.draw(scene)
  } catch (error) {
    return { summary: line(span('cannot be shown', 'bad')), lines: [line(span(` ${error}`, 'bad'))] }
  }
}
