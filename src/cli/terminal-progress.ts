import type { Progress } from '../docker/progress.ts'
import { formatDuration } from '../model/units.ts'

/**
 * Draws steps on standard error: on a terminal one line that counts the seconds and ends with ✓ or ✗,
 * elsewhere a line when a step begins and one when it ends.
 */
export function terminalProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  return {
    say: (line) => stream.write(`${line}\n`),
    async step(title, work) {
      const startMs = performance.now()
      const elapsed = () => formatDuration(performance.now() - startMs)
      let detail = ''
      const draw = () => {
        const line = `… ${title}  ${elapsed()}${detail === '' ? '' : `  ${detail}`}`
        stream.write(`\r\x1b[2K${truncate(line, stream.columns ?? 80)}`)
      }
      const timer = stream.isTTY ? setInterval(draw, 100) : undefined
      if (!stream.isTTY) stream.write(`… ${title}\n`)
      const end = (mark: string) => {
        clearInterval(timer)
        stream.write(`${stream.isTTY ? '\r\x1b[2K' : ''}${mark} ${title}  ${elapsed()}\n`)
      }
      try {
        const result = await work((text) => {
          detail = text
        })
        end('✓')
        return result
      } catch (error) {
        end('✗')
        throw error
      }
    },
  }
}

function truncate(line: string, columns: number): string {
  return line.length < columns ? line : `${line.slice(0, columns - 2)}…`
}
