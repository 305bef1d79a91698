import { Box, Text, useApp, useInput, usePaste, useStdin, useWindowSize } from 'ink'
import { useCallback, useRef, useState, useSyncExternalStore } from 'react'
import type { State } from '../model/state.ts'
import { bottomLine, clientLine, topLine } from './bars.ts'
import { Block } from './block.tsx'
import type { LabControl } from './control.ts'
import { type Frames, type Moment, useText } from './frames.ts'
import { keysOf } from './input.ts'
import { layout, type TooSmall } from './layout.ts'
import { dialogOverlay, helpOverlay } from './overlays.ts'
import { panelIds } from './panel-id.ts'
import { PanelView } from './panel-view.tsx'
import { fitLine, type Line, span } from './text/line.ts'
import type { Painter } from './text/paint.ts'
import { type Effect, initialUi, paste, press, type Ui } from './ui.ts'

interface AppProps {
  readonly frames: Frames
  readonly control: LabControl
  readonly painter: Painter
}

/**
 * The whole screen: bars, panels, and at most one thing that lies over them. It renders when the person or the
 * terminal's size changes it; what the run changes, each part takes from `frames` for itself.
 */
export function App({ frames, control, painter }: AppProps) {
  const { columns, rows } = useWindowSize()
  const ui = useUi(frames, control)
  const [nodes = 3, etcdMembers = 3, containers = 8] = useSyncExternalStore(frames.subscribe, () =>
    contentsOf(frames.getMoment().state),
  )
    .split(' ')
    .map(Number)
  const placed = layout(columns, rows, ui.focus, {
    isEnlarged: ui.isEnlarged,
    contents: { nodes, etcdMembers, containers },
  })
  if ('needed' in placed) return <Small {...placed} columns={columns} rows={rows} />
  const draw = { frames, painter }
  return (
    <Box width={columns} height={rows}>
      <Live {...draw} y={0} width={columns} lines={({ state, nowMs }) => [topLine(state, nowMs, columns)]} />
      <Live {...draw} y={1} width={columns} lines={({ state, nowMs }) => [clientLine(state, nowMs, columns)]} />
      {panelIds.map((id) => {
        const rect = placed.panels[id]
        if (rect === undefined) return null
        const isFocused = ui.focus === id
        const cursor = { isFocused, selected: isFocused ? (ui.selected[id] ?? null) : null }
        return <PanelView key={id} id={id} {...draw} {...rect} {...cursor} filter={id === 'events' ? ui.filter : ''} />
      })}
      <Live {...draw} y={rows - 1} width={columns} lines={() => [bottomLine(ui, columns)]} />
      <Above {...draw} ui={ui} columns={columns} rows={rows} />
    </Box>
  )
}

/** The person's side of the screen: keys change it, and some of them ask something of the lab. */
function useUi(frames: Frames, control: LabControl): Ui {
  const [ui, setUi] = useState(initialUi)
  const { isRawModeSupported } = useStdin()
  const { exit } = useApp()
  // Several keys can come before the next render: each builds on what the one before has made of the screen.
  const latest = useRef(ui)
  const show = useCallback((next: Ui) => {
    latest.current = next
    setUi(next)
  }, [])
  useInput(
    (input, key) => {
      for (const each of keysOf(input, key)) {
        const pressed = press(latest.current, each, frames.getMoment().state)
        show(pressed.ui)
        for (const effect of pressed.effects) run(effect, control, exit)
      }
    },
    { isActive: isRawModeSupported },
  )
  usePaste((text) => show(paste(latest.current, text)), { isActive: isRawModeSupported })
  return ui
}

function run(effect: Effect, control: LabControl, exit: () => void): void {
  switch (effect.type) {
    case 'act':
      control.act(effect.verb, effect.service)
      break
    case 'traffic':
      control.setTraffic(effect.change)
      break
    case 'quit':
      control.quit()
      exit()
  }
}

/** How many rows the lists have, known from the first frame on: panels do not move while containers come in. */
function contentsOf({ lab, containers }: State): string {
  const expected = Object.keys(lab?.containerOf ?? {}).length + 1
  return [
    Math.max(1, lab?.nodes.length ?? 3),
    Math.max(1, lab?.etcdMembers.length ?? 3),
    lab === null ? 8 : Math.max(expected, Object.keys(containers).length),
  ].join(' ')
}

interface Drawing {
  readonly frames: Frames
  readonly painter: Painter
}

interface LiveProps extends Drawing {
  readonly y: number
  readonly width: number
  lines(moment: Moment): readonly Line[]
}

/** Rows that follow the run. */
function Live({ frames, painter, y, width, lines }: LiveProps) {
  const text = useText(frames, (moment) =>
    linesOrError(() => lines(moment), width)
      .map(painter)
      .join('\n'),
  )
  return <Block x={0} y={y} text={text} />
}

/** What cannot be drawn says so: the rest of the screen and the run go on. */
function linesOrError(draw: () => readonly Line[], width: number): readonly Line[] {
  try {
    return draw()
  } catch (error) {
    return [fitLine([span(` this line cannot be shown: ${error}`, 'bad')], width)]
  }
}

/** The question or the help, over everything else. */
function Above({ frames, painter, ui, columns, rows }: Drawing & { ui: Ui; columns: number; rows: number }) {
  const draw = ({ state }: Moment) => {
    if (ui.dialog !== null) return dialogOverlay(state, ui.dialog, columns, rows)
    return ui.isHelpOpen ? helpOverlay(columns, rows) : null
  }
  const text = useText(frames, (moment) => draw(moment)?.lines.map(painter).join('\n') ?? '')
  const at = draw(frames.getMoment())
  return at === null ? null : <Block x={at.x} y={at.y} text={text} />
}

function Small({ needed, columns, rows }: TooSmall & { columns: number; rows: number }) {
  const text = [
    `The screen needs ${needed.columns} × ${needed.rows} cells.`,
    `This terminal has ${columns} × ${rows}.`,
    'q quits.',
  ]
  return <Text wrap="truncate">{text.slice(0, rows).join('\n')}</Text>
}
