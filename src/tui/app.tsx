import { isDeepStrictEqual } from 'node:util'
import { Box, Text, useApp, useInput, usePaste, useStdin, useWindowSize } from 'ink'
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { fitLine, type Line, span } from '../draw/line.ts'
import type { Painter } from '../draw/paint.ts'
import type { Panel } from '../draw/panel.ts'
import type { Clock } from '../log/clock.ts'
import { clientLine, topLine } from './bars.ts'
import { alarmOf, bottomLine, fitsBar } from './bottom-bar.ts'
import type { FaultConsole, LabControl, Playback } from './control.ts'
import { runEffect } from './effects.ts'
import { type Frames, type ShownMoment, useText } from './frames.ts'
import { keysOf } from './input.ts'
import type { Mode } from './keys.ts'
import { layout, type TooSmall } from './layout.ts'
import { noticeMs, warning } from './notice.ts'
import { auditingSinceMs } from './on-lab.ts'
import { noticeOverlay } from './overlays/alerts.ts'
import type { Overlay } from './overlays/box.ts'
import { overlayOf } from './overlays/overlay.ts'
import { Block, PanelView } from './panel-view.tsx'
import { eventsPanel } from './panels/events.ts'
import { focusedPanel, panelsOf, type Sized, shownPanels } from './panels/panels.ts'
import { paste, press } from './ui.ts'
import { initialUi, type Ui } from './ui-state.ts'
import { hasStrip, stripLine } from './words/in-force.ts'

interface AppProps {
  readonly frames: Frames
  readonly control: LabControl
  readonly painter: Painter
  readonly clock: Clock
  /** Null on a lab that runs. */
  readonly replay: Playback | null
  /** What is to be told to the person, from outside. */
  readonly mailbox: Mailbox
  /** How long a message stays; default by its length. */
  readonly noticeForMs?: number
}

/** Where messages come in that no key has asked for. */
export interface Mailbox {
  readonly waiting: string[]
  onMessage(): void
}

/**
 * The whole screen: bars, panels, and at most one thing that lies over them. It renders when the person or the
 * terminal's size changes it; what the run changes, each part takes from `frames` for itself.
 */
export function App({ frames, control, painter, clock, replay, mailbox, noticeForMs }: AppProps) {
  const mode = replay === null ? 'live' : 'replay'
  const { columns, rows } = useWindowSize()
  const ui = useUi({ frames, control, clock, replay, mailbox, noticeForMs })
  const outline = useOutline(frames, ui)
  const { focus, numbered } = outline
  const placed = layout(columns, rows, { ...outline, isEnlarged: ui.isEnlarged })
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
      {outline.hasStrip && (
        <Live
          {...draw}
          y={2}
          width={columns}
          lines={({ state, nowMs }) => {
            return [stripLine(ui, state, { nowMs, width: columns, isReplay: replay !== null })]
          }}
        />
      )}
      {numbered.map((panel, index) => {
        const { id } = panel
        const rect = placed.panels[id]
        if (rect === undefined) return null
        const isFocused = focus === id
        const cursor = { isFocused, selected: isFocused ? (ui.selected[id] ?? null) : null }
        const filter = panel === eventsPanel ? ui.filter : ''
        return <PanelView key={id} panel={panel} number={index + 1} {...draw} {...rect} {...cursor} filter={filter} />
      })}
      <Live
        {...draw}
        y={rows - 1}
        width={columns}
        lines={({ state, nowMs }) => [bottomLine(ui, state, { width: columns, mode, alarm: alarmOf(state, nowMs) })]}
      />
      <Above {...draw} ui={ui} mode={mode} console={control.faults ?? null} columns={columns} rows={rows} />
    </Box>
  )
}

type Reach = Omit<AppProps, 'painter' | 'noticeForMs'> & { readonly noticeForMs: number | undefined }

/** The person's side of the screen: keys change it, and some of them ask something of the lab. */
function useUi(reach: Reach): Ui {
  const { frames, control, replay, mailbox, noticeForMs } = reach
  const [ui, setUi] = useState(initialUi)
  const { isRawModeSupported } = useStdin()
  const { exit } = useApp()
  // Several keys can come before the next render: each builds on what the one before has made of the screen.
  const latest = useRef(ui)
  const change = useCallback((by: (before: Ui) => Ui) => {
    latest.current = by(latest.current)
    setUi(latest.current)
  }, [])
  useInput(
    (input, key) => {
      for (const each of keysOf(input, key)) {
        const { state } = frames.getMoment()
        const mode = replay === null ? 'live' : 'replay'
        const pressed = press(latest.current, each, state, mode, control.faults ?? null)
        change(() => pressed.ui)
        for (const effect of pressed.effects) runEffect(effect, { ...reach, change, exit })
      }
    },
    { isActive: isRawModeSupported },
  )
  const { notice } = ui
  useEffect(() => {
    if (notice === null) return
    const leave = () => change((before) => (before.notice === notice ? { ...before, notice: null } : before))
    const timer = setTimeout(leave, noticeForMs ?? noticeMs(notice))
    return () => clearTimeout(timer)
  }, [notice, noticeForMs, change])
  useEffect(() => {
    mailbox.onMessage = () => {
      const text = mailbox.waiting.splice(0).join('; ')
      if (text !== '') change((before) => ({ ...before, notice: warning(text) }))
    }
    mailbox.onMessage()
  }, [mailbox, change])
  usePaste((text) => change((before) => paste(before, text)), { isActive: isRawModeSupported })
  return ui
}

/** What the arrangement of the screen depends on. */
interface Outline {
  readonly numbered: readonly Panel[]
  /** Those that are there, with the rows that they take. */
  readonly panels: readonly Sized[]
  readonly focus: string
  readonly hasStrip: boolean
}

/** The same value while nothing of it has changed, so that the screen is arranged again only then. */
function useOutline(frames: Frames, ui: Ui): Outline {
  const latest = useRef<Outline | null>(null)
  return useSyncExternalStore(frames.subscribe, () => {
    const { state } = frames.getMoment()
    const outline = {
      numbered: panelsOf(state),
      panels: shownPanels(state),
      focus: focusedPanel(ui, state).id,
      hasStrip: hasStrip(ui, state),
    }
    if (!isDeepStrictEqual(latest.current, outline)) latest.current = outline
    return latest.current ?? outline
  })
}

interface Drawing {
  readonly frames: Frames
  readonly painter: Painter
}

interface LiveProps extends Drawing {
  readonly y: number
  readonly width: number
  lines(moment: ShownMoment): readonly Line[]
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
  readonly console: FaultConsole | null
  readonly columns: number
  readonly rows: number
}

/** What lies over the panels: a question, a list, the help, …; and over that, what the bottom bar has no room for. */
function Above({ ui, mode, console, columns, rows, ...drawing }: AboveProps) {
  return (
    <>
      <Over {...drawing} draw={({ state }) => overlayOf(ui, state, { columns, rows, mode, console })} />
      <Over
        {...drawing}
        draw={({ state, nowMs }) => {
          const { notice } = ui
          if (notice === null || fitsBar(notice, columns)) return null
          return noticeOverlay(notice, { columns, rows, alarm: alarmOf(state, nowMs) })
        }}
      />
    </>
  )
}

function Over({ frames, painter, draw }: Drawing & { draw(moment: ShownMoment): Overlay | null }) {
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
