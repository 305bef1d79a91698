import { useApp, useInput, usePaste, useStdin, useWindowSize } from 'ink'
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { Painter } from '../draw/paint.ts'
import type { Clock } from '../log/clock.ts'
import type { LabControl, Playback } from './control.ts'
import { runEffect } from './effects.ts'
import type { Frames } from './frames.ts'
import { keysOf } from './input.ts'
import { noticeMs, warning } from './notice.ts'
import { createPicture } from './picture.ts'
import { paste, press } from './ui.ts'
import { initialUi, type Ui } from './ui-state.ts'

interface AppProps {
  readonly frames: Frames
  readonly control: LabControl
  readonly painter: Painter
  readonly terminal: Pick<NodeJS.WriteStream, 'write'>
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
 * The whole screen. Ink has the terminal and its keys; what is to be seen goes past it, which would take apart and measure
 * each row again with each frame.
 */
export function App({ frames, control, painter, terminal, clock, replay, mailbox, noticeForMs }: AppProps) {
  const { columns, rows } = useWindowSize()
  const ui = useUi({ frames, control, clock, replay, mailbox, noticeForMs })
  const { exit } = useApp()
  const { faults } = control
  const picture = useMemo(
    () => createPicture({ frames, painter, terminal, replay, faults, onFailure: exit }),
    [frames, painter, terminal, replay, faults, exit],
  )
  useLayoutEffect(() => picture.show({ ui, columns, rows }), [picture, ui, columns, rows])
  // Before Ink gives the terminal back.
  useLayoutEffect(() => () => picture.end(), [picture])
  return null
}

type Reach = Omit<AppProps, 'painter' | 'terminal' | 'noticeForMs'> & { readonly noticeForMs: number | undefined }

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
