import { createReadStream } from 'node:fs'
import path from 'node:path'
import { createAppender, FileFailure } from '../log/appender.ts'
import { createLedger, type Ledger, type LedgerEntry } from '../model/ledger.ts'
import {
  createDecoder,
  createEncoder,
  type Decoder,
  decodeHeader,
  encodeHeader,
  HEADER_BYTES,
  isCutHeader,
  RECORD_BYTES,
} from './ledger-format.ts'

/** The ledger's name in the folder of a run. */
export const LEDGER_FILE = 'ledger.bin'

const FLUSH_EVERY_MS = 1_000
const BLOCK_BYTES = 8_192 * RECORD_BYTES

/** Where the writes of a run are kept while it goes on. */
export interface LedgerFile {
  /** Never blocks and never throws. */
  append(entry: LedgerEntry): void
  /** Writes the rest and the mark of the end; resolves whether or not that went well. */
  close(): Promise<void>
}

/**
 * Writes every write to a new file, `ledger.bin` in the folder, at least once a second. An existing file is never
 * overwritten. When the disk fails, `onFailure` is called once and nothing more is written: what had been written stays
 * readable up to there.
 */
export function createLedgerFile(
  folder: string,
  options: { readonly runId: string; readonly place?: string },
  onFailure: (error: Error) => void,
): LedgerFile {
  const file = path.join(folder, LEDGER_FILE)
  const disk = createAppender(file, (cause) => onFailure(new FileFailure(file, cause)))
  const blocks = createBlocks((bytes) => disk.append(bytes))
  const encoder = createEncoder(blocks.next)
  let isClosed = false
  let timer: NodeJS.Timeout | null = null

  const flush = () => {
    timer = null
    blocks.handOut()
  }
  disk.append(encodeHeader(options.runId, options.place))
  return {
    append(entry) {
      if (isClosed || disk.hasFailed()) return
      encoder.write(entry)
      timer ??= setTimeout(flush, FLUSH_EVERY_MS)
    },
    async close() {
      if (isClosed) return
      isClosed = true
      if (timer !== null) clearTimeout(timer)
      encoder.end()
      flush()
      await disk.close()
    },
  }
}

/** Room for records, handed out a block at a time, or what there is of it. */
function createBlocks(onBytes: (bytes: Buffer) => void) {
  let block = Buffer.alloc(BLOCK_BYTES)
  let from = 0
  let to = 0
  const handOut = () => {
    if (to > from) onBytes(block.subarray(from, to))
    from = to
  }
  const next = (): DataView => {
    if (to === block.length) {
      handOut()
      block = Buffer.alloc(BLOCK_BYTES)
      from = 0
      to = 0
    }
    const record = new DataView(block.buffer, block.byteOffset + to, RECORD_BYTES)
    to += RECORD_BYTES
    return record
  }
  return { handOut, next }
}

export interface LedgerReading {
  readonly ledger: Ledger
  /** Null when not even the header was written to its end. */
  readonly runId: string | null
  /** False when the recorder was killed, or the file is damaged: `ledger` then holds what came before. */
  readonly isComplete: boolean
  /** For people; null when it is complete. */
  readonly why: string | null
}

/** The file is no ledger, or one of another version. */
export class LedgerFormatError extends Error {
  override readonly name = 'LedgerFormatError'
  constructor(readonly file: string) {
    super(`${file} is not a ledger that this version can read`)
  }
}

/**
 * Reads the ledger in a run's folder, up to its end or to the first record that is damaged or cut.
 * @throws {LedgerFormatError}, or the file's own error when it cannot be read (ENOENT, EACCES, …)
 */
export async function readLedger(folder: string): Promise<LedgerReading> {
  const file = path.join(folder, LEDGER_FILE)
  const ledger = createLedger()
  const decoder = createDecoder((entry) => ledger.record(entry))
  let runId: string | null = null
  let recordBytes = 0
  let rest: Buffer = Buffer.alloc(0)
  let at = 0
  let isDamaged = false
  for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1_024 })) {
    rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer])
    if (runId === null) {
      if (rest.length < HEADER_BYTES) continue
      const header = decodeHeader(rest.subarray(0, HEADER_BYTES))
      if (header === null) throw new LedgerFormatError(file)
      runId = header.runId
      recordBytes = header.recordBytes
      rest = rest.subarray(HEADER_BYTES)
      at = HEADER_BYTES
    }
    const taken = takeRecords(rest, recordBytes, decoder)
    at += taken.bytes
    rest = rest.subarray(taken.bytes)
    isDamaged = taken.isDamaged
    if (isDamaged) break
  }
  if (runId === null) {
    if (!isCutHeader(rest)) throw new LedgerFormatError(file)
    return { ledger, runId, isComplete: false, why: 'the ledger ends within its header' }
  }
  const why = whatIsWrong({ at, isDamaged, cutBytes: rest.length, decoder, answered: ledger.answered })
  return { ledger, runId, isComplete: why === null, why }
}

function takeRecords(
  bytes: Buffer,
  recordBytes: number,
  decoder: Decoder,
): Pick<Read, 'isDamaged'> & { bytes: number } {
  let at = 0
  for (; at + recordBytes <= bytes.length; at += recordBytes) {
    if (!decoder.take(new DataView(bytes.buffer, bytes.byteOffset + at, recordBytes))) {
      return { bytes: at, isDamaged: true }
    }
  }
  return { bytes: at, isDamaged: false }
}

interface Read {
  readonly at: number
  readonly isDamaged: boolean
  readonly cutBytes: number
  readonly decoder: Decoder
  readonly answered: number
}

function whatIsWrong({ at, isDamaged, cutBytes, decoder, answered }: Read): string | null {
  if (isDamaged) return `the ledger is damaged at byte ${at}: what comes after it was not read`
  const expected = decoder.expectedWrites()
  if (expected !== null && cutBytes > 0) return `there are ${cutBytes} bytes after the end of the ledger`
  if (cutBytes > 0) return 'the last record of the ledger is cut'
  if (expected === null) return 'the ledger was written without its end'
  return expected === answered ? null : `the ledger holds ${answered} writes instead of ${expected}`
}
