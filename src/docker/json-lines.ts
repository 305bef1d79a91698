import type { Readable } from 'node:stream'
import { lineCutter } from '../model/line-cutter.ts'
import { parseJson } from '../model/parse-json.ts'
import { EngineError, toEngineError } from './engine-error.ts'

/**
 * The objects of a stream that carries one JSON text a line. Lines that are no JSON are left out, and so is half a
 * line at the end. Returns when `signal` aborts; throws `cut` when the stream ends in any other way, or when nothing
 * came for `silenceMs` (null: it may be silent for ever).
 */
export async function* jsonLines(
  stream: Readable,
  { silenceMs, signal }: { silenceMs: number | null; signal: AbortSignal | undefined },
): AsyncGenerator<unknown, void> {
  const silent = new EngineError('cut', `the engine's stream has been silent for ${(silenceMs ?? 0) / 1000} s`)
  const timer = silenceMs === null ? null : setTimeout(() => stream.destroy(silent), silenceMs)
  const cut = lineCutter()
  try {
    stream.setEncoding('utf8')
    for await (const chunk of stream as AsyncIterable<string>) {
      timer?.refresh()
      for (const line of cut(chunk)) {
        const value = parseJson(line)
        if (value !== undefined) yield value
      }
    }
  } catch (error) {
    if (signal?.aborted) return
    if (error instanceof EngineError) throw error
    throw new EngineError('cut', `the engine's stream was cut (${codeOf(error)})`, { cause: error })
  } finally {
    if (timer !== null) clearTimeout(timer)
    stream.destroy()
  }
  if (!signal?.aborted) throw new EngineError('cut', 'the engine closed its stream')
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? toEngineError(error).message
}
