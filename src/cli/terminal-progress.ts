import type { Progress } from '../docker/progress.ts'
import { formatDuration } from '../model/units.ts'

const CLEAR = '\r\x1b[2K'
const DRAW_EVERY_MS = 100

/** Draws what the last line of the terminal shows just now, after whatever is said above it. */
let drawLast: (() => void) | null = null

/**
 * Draws steps on standard error: on a terminal one line that counts the seconds and ends with ✓ or ✗,
 * elsewhere a line when a step begins and one when it ends.
 */
export function terminalProgress(): Progress {
  const stream = process.stderr
  return {
    say(line) {
      stream.write(`${drawLast ? CLEAR : ''}${line}\n`)
      drawLast?.()
    },
    async step(title, work, isDone = () => true) {
      const startMs = performance.now()
      const elapsed = () => formatDuration(performance.now() - startMs)
      let detail = ''
      const isTerminal = stream.isTTY
      const clear = isTerminal ? keepLast(() => `… ${title}  ${elapsed()}${detail && `  ${detail}`}`) : () => {}
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
export function keepLast(text: () => string): () => void {
  const stream = process.stderr
  const before = drawLast
  const draw = () => stream.write(`${CLEAR}${truncate(text(), stream.columns ?? 80)}`)
  drawLast = draw
  const timer = setInterval(() => {
    if (drawLast === draw) draw()
  }, DRAW_EVERY_MS)
  return () => {
    clearInterval(timer)
    drawLast = before
    stream.write(CLEAR)
  }
}

function truncate(line: string, columns: number): string {
  return line.length < columns ? line : `${line.slice(0, columns - 2)}…`
}
