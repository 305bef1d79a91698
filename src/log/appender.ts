import { once } from 'node:events'
import { type FileHandle, open } from 'node:fs/promises'
import path from 'node:path'
import { makeFolders } from './make-folders.ts'

/** A disk that hangs must not keep the lab from ending, … */
const CLOSE_WITHIN_MS = 5_000
/** … nor eat the memory of the run that it records. */
const MAX_WAITING_BYTES = 64 * 1_024 * 1_024

/** A new file that grows in the background. */
interface Appender {
  /** Never blocks and never throws; what comes after a failure is dropped. */
  append(bytes: Buffer): void
  hasFailed(): boolean
  /** Writes the rest; resolves whether or not that went well, within five seconds. */
  close(): Promise<void>
}

/**
 * Appends in order to a new file, whose folder is made if need be; an existing file is never overwritten. When the disk
 * fails or does not keep up, `onFailure` is called once and nothing more is written: what had been stays readable.
 */
export function createAppender(file: string, onFailure: (cause: unknown) => void): Appender {
  let waiting: Buffer[] = []
  let waitingBytes = 0
  let hasFailed = false
  let isWriting = false
  let handle: FileHandle | null = null
  let written: Promise<void> = Promise.resolve()

  const fail = (cause: unknown) => {
    if (hasFailed) return
    hasFailed = true
    waiting = []
    onFailure(cause)
  }
  const drain = async () => {
    isWriting = true
    try {
      while (waiting.length > 0 && !hasFailed) {
        const bytes = Buffer.concat(waiting)
        waiting = []
        waitingBytes = 0
        handle ??= await create(file)
        await handle.appendFile(bytes)
      }
    } catch (error) {
      fail(error)
    } finally {
      isWriting = false
    }
  }
  return {
    hasFailed: () => hasFailed,
    append(bytes) {
      if (hasFailed) return
      waiting.push(bytes)
      waitingBytes += bytes.length
      if (waitingBytes > MAX_WAITING_BYTES) fail(new Error('the disk does not keep up'))
      // The callback of a failure is the only thing that can throw here, and it is not the disk's.
      else if (!isWriting) written = drain().catch(() => {})
    },
    async close() {
      const expired = AbortSignal.timeout(CLOSE_WITHIN_MS)
      const rest = written.then(() => handle?.close())
      await Promise.race([rest, once(expired, 'abort')]).catch(fail)
    },
  }
}

async function create(file: string): Promise<FileHandle> {
  await makeFolders(path.dirname(file))
  return open(file, 'wx')
}

/** The disk would not take a file; `cause` is the file system's own error, `code` its code (ENOSPC, EEXIST, …). */
export class FileFailure extends Error {
  override readonly name = 'FileFailure'
  readonly code: string | null
  constructor(file: string, cause: unknown) {
    const { code, message } = cause as { code?: string; message?: string }
    super(`${file} cannot be written (${code ?? message})`, { cause })
    this.code = code ?? null
  }
}
