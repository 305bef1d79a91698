import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createAppender, FileFailure } from './appender.ts'

const FLUSH_EVERY_MS = 1_000
const FLUSH_AT_CHARS = 262_144

/** A new file of lines that grows while a run goes on. */
interface LineFile {
  /** Never blocks and never throws; what comes after `close` is dropped. */
  append(line: string): void
  /** Writes the rest; resolves whether or not that went well. */
  close(): Promise<void>
}

/**
 * Writes lines to a new file at least once a second. An existing file is never overwritten. When the disk fails,
 * `onFailure` is called once and nothing more is written: what had been written stays readable up to there.
 */
export function createLineFile(file: string, onFailure: (error: Error) => void): LineFile {
  const disk = createAppender(file, (cause) => onFailure(new FileFailure(file, cause)))
  let waiting = ''
  let timer: NodeJS.Timeout | null = null
  let isClosed = false
  const flush = () => {
    if (timer !== null) clearTimeout(timer)
    timer = null
    if (waiting !== '') disk.append(Buffer.from(waiting))
    waiting = ''
  }
  return {
    append(line) {
      if (isClosed || disk.hasFailed()) return
      waiting += `${line}\n`
      if (waiting.length >= FLUSH_AT_CHARS) flush()
      else timer ??= setTimeout(flush, FLUSH_EVERY_MS)
    },
    async close() {
      isClosed = true
      flush()
      await disk.close()
    },
  }
}

/** The lines of a file, the last of which may be cut. @throws the file system's own error (ENOENT, …) */
export async function* readLines(file: string): AsyncGenerator<string> {
  const input = createReadStream(file)
  try {
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
  } finally {
    input.destroy()
  }
}
