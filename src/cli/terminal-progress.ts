import type { Progress } from '../docker/progress.ts'
import { formatDuration } from '../model/units.ts'

const CLEAR = '\r\x1b[2K'
const DRAW_EVERY_MS = 100

/** What the last line of a terminal shows just now, to be drawn again after whatever is said above it. */
const lastLines = new WeakMap<NodeJS.WriteStream, () => void>()

/**
 * Draws steps on standard error: on a terminal one line that counts the seconds and ends with ✓ or ✗,
 * elsewhere a line when a step begins and one when it ends.
 */
export function terminalProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  return {
    say(line) {
      const draw = lastLines.get(stream)
      stream.write(`${draw ? CLEAR : ''}${line}\n`)
      draw?.()
    },
    async step(title, work, isDone = () => true) {
      const startMs = performance.now()
      const elapsed = () => formatDuration(performance.now() - startMs)
      let detail = ''
      const isTerminal = stream.isTTY === true
      const clear = isTerminal ? keepLast(stream, () => `… ${title}  ${elapsed()}${detail && `  ${detail}`}`) : () => {}
      if (!isTerminal) stream.write(`… ${title}\n`)
      const end = (mark: string) => {
        clear()
        stream.write(`${mark} ${title}  ${elapsed()}\n`)
      }
      try {
        const result = await work((text) => {
          detail = text
        })
        end(isDone(result) ? '✓' : '✗')
        return result
      } catch (error) {
        end('✗')
        throw error
      }
    },
  }
}

/**
 * Keeps one line at the bottom of a terminal, redrawn ten times a second; a later one takes its place until it ends.
 * @returns what takes it away
 */
export function keepLast(stream: NodeJS.WriteStream, text: () => string): () => void {
  const before = lastLines.get(stream)
  const draw = () => stream.write(`${CLEAR}${truncate(text(), stream.columns ?? 80)}`)
  lastLines.set(stream, draw)
  const timer = setInterval(() => {
    if (lastLines.get(stream) === draw) draw()
  }, DRAW_EVERY_MS)
  return () => {
    clearInterval(timer)
    if (before) lastLines.set(stream, before)
    else lastLines.delete(stream)
    stream.write(CLEAR)
  }
}

function truncate(line: string, columns: number): string {
  return line.length < columns ? line : `${line.slice(0, columns - 2)}…`
}
