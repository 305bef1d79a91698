import { Box, Text, useApp, useInput, usePaste, useStdin, useWindowSize } from 'ink'
import { useCallback, useRef, useState, useSyncExternalStore } from 'react'
import type { Clock } from '../log/clock.ts'
import type { State } from '../model/state.ts'
import { bottomLine, clientLine, topLine } from './bars.ts'
import { Block } from './block.tsx'
import type { LabControl, Playback } from './control.ts'
import { type Frames, type Moment, useText } from './frames.ts'
import { keysOf } from './input.ts'
import type { Mode } from './keys.ts'
import { layout, type TooSmall } from './layout.ts'
import { dialogOverlay, helpOverlay } from './overlays.ts'
import { panelIds } from './panel-id.ts'
import { PanelView } from './panel-view.tsx'
import { fitLine, type Line, span } from './text/line.ts'
import type { Painter } from './text/paint.ts'
import { auditingSinceMs, type Effect, initialUi, paste, press, type Ui } from './ui.ts'

interface AppProps {
  readonly frames: Frames
  readonly control: LabControl
  readonly painter: Painter
  readonly clock: Clock
  /** Null on a lab that runs. */
  readonly replay: Playback | null
}

/**
 * The whole screen: bars, panels, and at most one thing that lies over them. It renders when the person or the
 * terminal's size changes it; what the run changes, each part takes from `frames` for itself.
 */
export function App({ frames, control, painter, clock, replay }: AppProps) {
  const mode = replay === null ? 'live' : 'replay'
  const { columns, rows } = useWindowSize()
  const ui = useUi({ frames, control, clock, replay })
  const [nodes = 3, etcdMembers = 3, containers = 8, outages = 0] = useSyncExternalStore(frames.subscribe, () =>
    contentsOf(frames.getMoment().state),
  )
    .split(' ')
    .map(Number)
  const placed = layout(columns, rows, ui.focus, {
    isEnlarged: ui.isEnlarged,
    contents: { nodes, etcdMembers, containers, hasOutages: outages > 0 },
  })
  if ('needed' in placed) return <Small {...placed} columns={columns} rows={rows} />
  const draw = { frames, painter }
  return (
    <Box width={columns} height={rows}>
      <Live {...draw} y={0} width={columns} lines={({ state, nowMs }) => [topLine(state, nowMs, columns, replay)]} />
      <Live
        {...draw}
        y={1}
        width={columns}
        lines={({ state, nowMs }) => {
          const sinceMs = auditingSinceMs(ui, state)
          return [clientLine(state, columns, { nowMs, sinceMs, isReplay: replay !== null })]
        }}
      />
      {panelIds.map((id) => {
        const rect = placed.panels[id]
        if (rect === undefined) return null
        const isFocused = ui.focus === id
        const cursor = { isFocused, selected: isFocused ? (ui.selected[id] ?? null) : null }
        return <PanelView key={id} id={id} {...draw} {...rect} {...cursor} filter={id === 'events' ? ui.filter : ''} />
      })}
      <Live {...draw} y={rows - 1} width={columns} lines={() => [bottomLine(ui, columns, mode)]} />
      <Above {...draw} ui={ui} mode={mode} columns={columns} rows={rows} />
    </Box>
  )
}

type Reach = Omit<AppProps, 'painter'>

/** The person's side of the screen: keys change it, and some of them ask something of the lab. */
function useUi(reach: Reach): Ui {
  const { frames, control, replay } = reach
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
        const { state } = frames.getMoment()
        const pressed = press(latest.current, each, state, replay === null ? 'live' : 'replay')
        const isRefused = control.audit === undefined && pressed.effects.some(({ type }) => type === 'audit')
        show(isRefused ? { ...latest.current, notice: 'nobody can audit this run' } : pressed.ui)
        for (const effect of pressed.effects) run(effect, reach, exit)
      }
    },
    { isActive: isRawModeSupported },
  )
  usePaste((text) => show(paste(latest.current, text)), { isActive: isRawModeSupported })
  return ui
}

function run(effect: Effect, { frames, control, clock, replay }: Reach, exit: () => void): void {
  switch (effect.type) {
    case 'act':
      control.act(effect.verb, effect.service)
      break
    case 'traffic':
      control.setTraffic(effect.change)
      break
    case 'audit':
      control.audit?.()
      break
    case 'pause or play':
      replay?.setPaused(!replay.isPaused)
      frames.refresh()
      break
    case 'seek':
      replay?.seek(clock.nowMs() + effect.byMs)
      frames.refresh()
      break
    case 'rewind':
      replay?.seek(0)
      frames.refresh()
      break
    case 'quit':
      control.quit()
      exit()
  }
}

/** How many rows the lists have, known from the first frame on: panels do not move while containers come in. */
function contentsOf({ lab, containers, anatomy }: State): string {
  const expected = Object.keys(lab?.containerOf ?? {}).length + 1
  return [
    Math.max(1, lab?.nodes.length ?? 3),
    Math.max(1, lab?.etcdMembers.length ?? 3),
    lab === null ? 8 : Math.max(expected, Object.keys(containers).length),
    anatomy.ended.length + anatomy.open.length > 0 ? 1 : 0,
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

interface AboveProps extends Drawing {
  readonly ui: Ui
  readonly mode: Mode
  readonly columns: number
  readonly rows: number
}

/** The question or the help, over everything else. */
function Above({ frames, painter, ui, mode, columns, rows }: AboveProps) {
  const draw = ({ state }: Moment) => {
    if (ui.dialog !== null) return dialogOverlay(state, ui.dialog, columns, rows)
    return ui.isHelpOpen ? helpOverlay(columns, rows, mode) : null
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
