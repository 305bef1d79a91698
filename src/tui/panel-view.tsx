import { memo, useMemo } from 'react'
import { frame, MIN_FRAMED } from '../draw/frame.ts'
import { line, span } from '../draw/line.ts'
import type { Painter } from '../draw/paint.ts'
import type { Panel, PanelContent, Scene } from '../draw/panel.ts'
import { Block } from './block.tsx'
import { type Frames, type Moment, useText } from './frames.ts'

interface PanelOptions {
  readonly panel: Panel
  readonly number: number
  readonly width: number
  readonly height: number
  readonly isFocused: boolean
  readonly selected: string | null
  readonly filter: string
  readonly painter: Painter
}

/** One panel in its frame. */
export const PanelView = memo(function PanelView({
  frames,
  x,
  y,
  panel,
  number,
  width,
  height,
  isFocused,
  selected,
  filter,
  painter,
}: PanelOptions & { readonly frames: Frames; readonly x: number; readonly y: number }) {
  const draw = useMemo(
    () => createPanelDrawer({ panel, number, width, height, isFocused, selected, filter, painter }),
    [panel, number, width, height, isFocused, selected, filter, painter],
  )
  return <Block x={x} y={y} text={useText(frames, draw)} />
})

/** Draws a panel, anew only when what it shows has changed or its share of the time has passed. */
export function createPanelDrawer(options: PanelOptions): (moment: Moment) => string {
  const { inputs, everyMs } = options.panel
  let drawn: { readonly slot: number; readonly inputs: readonly unknown[]; readonly text: string } | null = null
  return (moment) => {
    const slot = Math.floor(moment.nowMs / everyMs)
    const shown = inputs(moment.state)
    const isSame = drawn?.slot === slot && shown.every((input, index) => input === drawn?.inputs[index])
    if (drawn === null || !isSame) drawn = { slot, inputs: shown, text: drawPanel(options, moment) }
    return drawn.text
  }
}

function drawPanel(options: PanelOptions, moment: Moment): string {
  const { painter, panel, number, width, height, isFocused, selected, filter } = options
  const isFramed = height >= MIN_FRAMED
  const room = isFramed ? { width: width - 2, height: height - 2 } : { width, height }
  const content = contentOf(panel, { ...moment, ...room, isFocused, selected, filter })
  const rows = frame({ title: panel.title, number, ...content, width, height, isFocused })
  return rows.map(painter).join('\n')
}

/** A panel that cannot be drawn says so; the others and the run go on. */
function contentOf(panel: Panel, scene: Scene): PanelContent {
  try {
    return panel.draw(scene)
  } catch (error) {
    return { summary: line(span('cannot be shown', 'bad')), lines: [line(span(` ${error}`, 'bad'))] }
  }
}
