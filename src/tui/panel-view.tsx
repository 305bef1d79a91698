import { Box, Text } from 'ink'
import { memo, useMemo } from 'react'
import { frame, MIN_FRAMED } from '../draw/frame.ts'
import { line, span } from '../draw/line.ts'
import type { Painter } from '../draw/paint.ts'
import type { Panel, PanelContent, Scene } from '../draw/panel.ts'
import { type Frames, type ShownMoment, useText } from './frames.ts'

interface PanelOptions extends Pick<Scene, 'width' | 'height' | 'isFocused' | 'selected' | 'filter'> {
  readonly panel: Panel
  readonly number: number
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

/** Draws a panel, and again only when what it shows has changed or its share of the time has passed. */
function createPanelDrawer(options: PanelOptions): (moment: ShownMoment) => string {
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

function drawPanel(options: PanelOptions, moment: ShownMoment): string {
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

/**
 * Rows at a place on the screen. One text of several rows is much cheaper for Ink than a tree of boxes, and the rows
 * have their exact width already.
 */
export const Block = memo(function Block({ x, y, text }: { x: number; y: number; text: string }) {
  return (
    <Box position="absolute" left={x} top={y} flexShrink={0}>
      <Text wrap="truncate">{text}</Text>
    </Box>
  )
})
