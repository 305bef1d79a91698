import { Console } from 'node:console'
import { PassThrough } from 'node:stream'
import xterm from '@xterm/headless'
import { expect } from 'vitest'
import { cellWidth } from '../../src/draw/cells.ts'
import type { Clock } from '../../src/log/clock.ts'
import type { ViewStore } from '../../src/log/view-store.ts'
import type { State } from '../../src/model/state.ts'
import type { FaultConsole, LabControl, Playback, ScenarioConsole } from '../../src/tui/control.ts'
import { type Screen, showScreen } from '../../src/tui/screen.tsx'
import { PATIENCE_MS } from '../eventually.ts'

// Ink makes itself a console of its own; the test runner's console has no constructor for that.
console.Console ??= Console

export interface TestTerminal {
  readonly screen: Screen
  /** Everything that was asked of the lab, in order. */
  readonly asked: unknown[]
  /** The rows as a person sees them, once all output has been taken in. */
  rows(): Promise<string[]>
  /** The whole screen as soon as `holds` does not throw. It is asked of each frame: none is missed, however soon it goes. */
  until(holds: (screen: string) => void): Promise<string>
  /** The same, of what is to be seen. */
  seen(text: string | RegExp): Promise<string>
  /** Whether any row has run over its end into the next one, or the screen has scrolled. */
  hasWrapped(): boolean
  isAlternate(): boolean
  /** Bytes written so far. */
  written(): string
  type(keys: string): void
  show(state: State): void
  setNow(nowMs: number): void
}

interface TerminalOptions {
  /** The screen then shows a recording. */
  readonly replay?: Playback
  readonly canAudit?: boolean
  /** What is asked of these is theirs to note. */
  readonly faults?: FaultConsole
  readonly scenarios?: ScenarioConsole
  /** How long a message stays; default longer than any test takes. */
  readonly noticeForMs?: number
}

/** The real screen on a terminal emulator, showing a literal state at a literal time. */
export function openTerminal(
  columns: number,
  rows: number,
  state: State,
  nowMs = state.atMs,
  { replay, canAudit = true, faults, scenarios, noticeForMs = 600_000 }: TerminalOptions = {},
): TestTerminal {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 50, convertEol: true })
  let bytes = ''
  const lookers = new Set<() => void>()
  const look = () => {
    for (const each of lookers) each()
  }
  const stdout = Object.assign(new PassThrough(), { columns, rows, isTTY: true })
  stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.toString()
    // Ink writes a frame at a time.
    terminal.write(chunk, look)
  })
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: () => stdin,
    ref: () => stdin,
    unref: () => stdin,
  })
  const asked: unknown[] = []
  const clock = fakeClock(nowMs)
  const store = fakeStore(state)
  const screen = showScreen({
    store,
    clock,
    control: {
      ...recordingControl(asked, canAudit),
      ...(faults ? { faults } : {}),
      ...(scenarios ? { scenarios } : {}),
    },
    ...(replay ? { replay } : {}),
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: stdout as unknown as NodeJS.WriteStream,
    isColored: true,
    noticeForMs,
  })
  const now = () => {
    const { active } = terminal.buffer
    return Array.from({ length: rows }, (_, row) => active.getLine(active.viewportY + row)?.translateToString() ?? '')
  }
  const until = (holds: (screen: string) => void) =>
    new Promise<string>((resolve, reject) => {
      let why: unknown
      const end = () => {
        lookers.delete(looker)
        clearTimeout(timer)
      }
      const looker = () => {
        const screen = now().join('\n')
        try {
          holds(screen)
        } catch (error) {
          why = error
          return
        }
        end()
        resolve(screen)
      }
      const timer = setTimeout(() => {
        end()
        reject(why)
      }, PATIENCE_MS)
      lookers.add(looker)
      terminal.write('', looker)
    })
  return {
    screen,
    asked,
    async rows() {
      await new Promise<void>((resolve) => terminal.write('', resolve))
      return now()
    },
    until,
    seen: (text) =>
      until((screen) => (typeof text === 'string' ? expect(screen).toContain(text) : expect(screen).toMatch(text))),
    hasWrapped: () => hasWrapped(terminal),
    isAlternate: () => terminal.buffer.active.type === 'alternate',
    written: () => bytes,
    type: (keys) => stdin.write(keys),
    show: (next) => store.show(next),
    setNow: (next) => clock.set(next),
  }
}

export function hasWrapped(terminal: InstanceType<typeof xterm.Terminal>): boolean {
  const { active } = terminal.buffer
  const lines = Array.from({ length: active.length }, (_, row) => active.getLine(row))
  return active.baseY > 0 || lines.some((each) => each?.isWrapped === true)
}

/** Rows of panels whose frame does not end at the last column. */
export function brokenFrames(rows: readonly string[], columns: number): string[] {
  return rows.filter((row) => {
    const text = row.trimEnd()
    if (cellWidth(text) > columns) return true
    return /^[╭│╰]/.test(text) && !(/[╮│╯]$/.test(text) && cellWidth(text) === columns)
  })
}

/** Time stands still until it is set; whoever sleeps then wakes up. */
export function fakeClock(startMs: number): Clock & { set(nowMs: number): void } {
  let nowMs = startMs
  let wake: (() => void)[] = []
  return {
    nowMs: () => nowMs,
    sleep: (_ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
        wake.push(resolve)
      }),
    set(next) {
      nowMs = next
      const woken = wake
      wake = []
      for (const each of woken) each()
    },
  }
}

export function fakeStore(start: State): ViewStore & { show(state: State): void } {
  let state = start
  const subscribers = new Set<() => void>()
  return {
    getState: () => state,
    subscribe(onChange) {
      subscribers.add(onChange)
      return () => subscribers.delete(onChange)
    },
    onEvent() {},
    async close() {},
    show(next) {
      state = next
      for (const subscriber of subscribers) subscriber()
    },
  }
}

/** A recording of which only the moves are told. */
export function fakePlayback(asked: unknown[], endMs: number): Playback {
  let isPaused = false
  return {
    endMs,
    get isPaused() {
      return isPaused
    },
    setPaused(next) {
      isPaused = next
      asked.push(next ? 'paused' : 'playing')
    },
    seek: (toMs) => asked.push(['seek', toMs]),
  }
}

function recordingControl(asked: unknown[], canAudit: boolean): LabControl {
  return {
    ...(canAudit ? { audit: () => asked.push('audit') } : {}),
    setTraffic: (change) => asked.push(change),
    quit: () => asked.push('quit'),
  }
}
