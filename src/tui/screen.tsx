import { render } from 'ink'
import { createPainter, wantsColor } from '../draw/paint.ts'
import type { Clock } from '../log/clock.ts'
import type { ViewStore } from '../log/view-store.ts'
import { App, type Mailbox } from './app.tsx'
import type { LabControl, Playback } from './control.ts'
import { createFrames, MOVING_MS } from './frames.ts'

interface ScreenOptions {
  readonly store: ViewStore
  readonly control: LabControl
  readonly clock: Clock
  /** For a recorded run: `store` and `clock` then are those of the recording. */
  readonly replay?: Playback
  /** Default: the process's own. */
  readonly stdin?: NodeJS.ReadStream
  readonly stdout?: NodeJS.WriteStream
  /** Default: by `NO_COLOR` and `TERM`. */
  readonly isColored?: boolean
  /** How long a message stays; default by its length. */
  readonly noticeForMs?: number
}

export interface Screen {
  /** Resolves when the screen is gone and the terminal is as it was; rejects only if the screen itself broke. */
  waitUntilExit(): Promise<void>
  /** A message at the bottom, for some seconds or until the next key. */
  tell(text: string): void
  /** Takes the screen down and restores the terminal; safe to call again. */
  close(): void
}

/**
 * Shows the run on the terminal's alternate screen until somebody quits or `close` is called.
 * `NODE_ENV` must be `production` before this file is imported: React's development build keeps a record of every
 * render and takes twice the time.
 */
export function showScreen({
  store,
  control,
  clock,
  replay,
  stdin = process.stdin,
  stdout = process.stdout,
  isColored = wantsColor(process.env),
  noticeForMs,
}: ScreenOptions): Screen {
  const frames = createFrames(store, clock, replay === undefined ? undefined : MOVING_MS)
  const painter = createPainter({ isColored })
  const mailbox: Mailbox = { waiting: [], onMessage: () => {} }
  const given = {
    frames,
    control,
    painter,
    terminal: stdout,
    clock,
    mailbox,
    ...(noticeForMs === undefined ? {} : { noticeForMs }),
  }
  const app = <App {...given} replay={replay ?? null} />
  const instance = render(app, {
    stdin,
    stdout,
    alternateScreen: true,
    interactive: stdout.isTTY,
    patchConsole: false,
    exitOnCtrlC: false,
  })
  const exited = instance.waitUntilExit().finally(() => frames.close())
  // Whoever awaits the screen hears of a failure; nobody is obliged to.
  exited.catch(() => {})
  return {
    async waitUntilExit() {
      await exited
    },
    tell(text) {
      mailbox.waiting.push(text)
      mailbox.onMessage()
    },
    close() {
      instance.unmount()
    },
  }
}
