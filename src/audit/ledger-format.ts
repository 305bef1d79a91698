import { fromStoredTime, type LedgerEntry, toStoredTime, type WriteOutcome } from '../model/ledger.ts'
import { createNameTable } from '../model/name-table.ts'

/**
 * The ledger on disk: a header of 512 bytes, then records of 36 bytes each, in the order in which the writes ended.
 * Little-endian. Each record carries a checksum of its own, so a file that was cut anywhere is good up to there.
 *
 * The header is one line of JSON padded with spaces, so that `head -1` tells what the file is.
 *
 * | byte | a write (type 1)            | a name (type 2: code, 3: node)    | the end (type 4)  |
 * |------|-----------------------------|-----------------------------------|-------------------|
 * | 0    | type                        | type                              | type              |
 * | 1    | outcome                     | the name's number                 |                   |
 * | 2    | code's number, 0 is none    | 1 when the name goes on           |                   |
 * | 3    | node's number, 0 is none    | bytes of the name in this record  |                   |
 * | 4    | seq, u32                    | up to 28 bytes of UTF-8           | writes, f64       |
 * | 8    | due, u32                    |                                   |                   |
 * | 12   | sent, u32                   |                                   |                   |
 * | 16   | answered, u32               |                                   |                   |
 * | 20   | LSN, f64, 0 is none         |                                   |                   |
 * | 28   | digest, i32, 0 is none      |                                   |                   |
 * | 32   | checksum, u32               | checksum, u32                     | checksum, u32     |
 *
 * Times are tenths of a millisecond of the run's clock plus one; 0 is none. A name stands before its first use.
 * Version 1 had no digest: records of 32 bytes, the checksum at 28, names in parts of 24.
 */
export const HEADER_BYTES = 512
export const RECORD_BYTES = 36
const VERSION = 2
const RECORD_BYTES_OF: Readonly<Record<number, number>> = { 1: 32, [VERSION]: RECORD_BYTES }
const CHECKSUM_BYTES = 4
const NAME_AT = 4
const NAME_BYTES = RECORD_BYTES - CHECKSUM_BYTES - NAME_AT
const DIGEST_AT = 28

const WRITE = 1
const CODE = 2
const NODE = 3
const END = 4
const OUTCOMES: readonly WriteOutcome[] = ['unknown', 'ok', 'unguarded', 'failed', 'dropped']

/** @param place where in the database a write's identity is */
export function encodeHeader(runId: string, place?: string): Buffer {
  const json = JSON.stringify({
    format: 'chaoslab-ledger',
    version: VERSION,
    runId,
    identity: place === undefined ? 'RUNID:SEQ' : `RUNID:SEQ in ${place}`,
    headerBytes: HEADER_BYTES,
    recordBytes: RECORD_BYTES,
  })
  return Buffer.from(`${json.padEnd(HEADER_BYTES - 1)}\n`)
}

/** Null when these bytes are no header of a version that can be read. */
export function decodeHeader(bytes: Buffer): { readonly runId: string; readonly recordBytes: number } | null {
  try {
    const { format, version, runId } = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>
    const recordBytes = RECORD_BYTES_OF[Number(version)]
    if (format !== 'chaoslab-ledger' || recordBytes === undefined || typeof runId !== 'string') return null
    return { runId, recordBytes }
  } catch {
    return null
  }
}

/** Whether a file that ends within its header is a ledger all the same. */
export function isCutHeader(bytes: Buffer): boolean {
  const start = encodeHeader('').subarray(0, START_BYTES)
  const length = Math.min(bytes.length, start.length)
  return bytes.subarray(0, length).equals(start.subarray(0, length))
}

const START_BYTES = '{"format":"chaoslab-ledger"'.length

interface Encoder {
  /** Gives out every record that the write needs: its own, and those of names that are new. */
  write(entry: LedgerEntry): void
  end(): void
}

/** @param next gives the bytes to be filled in with the next record */
export function createEncoder(next: () => DataView): Encoder {
  const codes = createNameTable((index, name) => encodeName(next, CODE, index, name))
  const nodes = createNameTable((index, name) => encodeName(next, NODE, index, name))
  let writes = 0
  return {
    write(entry) {
      const code = codes.indexOf(entry.code)
      const node = nodes.indexOf(entry.node)
      const record = next()
      record.setUint8(0, WRITE)
      record.setUint8(1, OUTCOMES.indexOf(entry.outcome))
      record.setUint8(2, code)
      record.setUint8(3, node)
      record.setUint32(4, entry.seq, true)
      record.setUint32(8, toStoredTime(entry.dueMs), true)
      record.setUint32(12, toStoredTime(entry.sentMs), true)
      record.setUint32(16, toStoredTime(entry.answeredMs), true)
      record.setFloat64(20, entry.lsn ?? 0, true)
      record.setInt32(DIGEST_AT, entry.digest ?? 0, true)
      seal(record)
      writes++
    },
    end() {
      const record = next()
      record.setUint8(0, END)
      record.setFloat64(4, writes, true)
      seal(record)
    },
  }
}

function encodeName(next: () => DataView, type: number, index: number, name: string): void {
  const bytes = Buffer.from(name)
  for (let at = 0; at === 0 || at < bytes.length; at += NAME_BYTES) {
    const part = bytes.subarray(at, at + NAME_BYTES)
    const record = next()
    record.setUint8(0, type)
    record.setUint8(1, index)
    record.setUint8(2, at + NAME_BYTES < bytes.length ? 1 : 0)
    record.setUint8(3, part.length)
    part.forEach((byte, i) => {
      record.setUint8(NAME_AT + i, byte)
    })
    seal(record)
  }
}

export interface Decoder {
  /** Takes in one record; false when it is damaged, after which nothing more may be taken in. */
  take(record: DataView): boolean
  /** How many writes there should be; null before the end was reached. */
  expectedWrites(): number | null
}

export function createDecoder(onWrite: (entry: LedgerEntry) => void): Decoder {
  const names: Record<typeof CODE | typeof NODE, (string | undefined)[]> = { [CODE]: [], [NODE]: [] }
  let parts: Buffer[] = []
  let expected: number | null = null

  const takeName = (record: DataView, type: typeof CODE | typeof NODE) => {
    const length = Math.min(record.getUint8(3), record.byteLength - CHECKSUM_BYTES - NAME_AT)
    parts.push(Buffer.from(record.buffer, record.byteOffset + NAME_AT, length))
    if (record.getUint8(2) === 1) return
    names[type][record.getUint8(1)] = Buffer.concat(parts).toString('utf8')
    parts = []
  }
  const takeWrite = (record: DataView): boolean => {
    const outcome = OUTCOMES[record.getUint8(1)]
    const seq = record.getUint32(4, true)
    if (outcome === undefined || seq === 0) return false
    onWrite({
      seq,
      dueMs: fromStoredTime(record.getUint32(8, true)),
      sentMs: fromStoredTime(record.getUint32(12, true)),
      answeredMs: fromStoredTime(record.getUint32(16, true)),
      outcome,
      code: names[CODE][record.getUint8(2)] ?? null,
      node: names[NODE][record.getUint8(3)] ?? null,
      lsn: record.getFloat64(20, true) || null,
      digest: record.byteLength === RECORD_BYTES ? record.getInt32(DIGEST_AT, true) || null : null,
    })
    return true
  }

  return {
    take(record) {
      if (expected !== null || record.getUint32(checksumAt(record), true) !== checksum(record)) return false
      const type = record.getUint8(0)
      if (type === WRITE) return takeWrite(record)
      if (type === CODE || type === NODE) takeName(record, type)
      else if (type === END) expected = record.getFloat64(4, true)
      else return false
      return true
    },
    expectedWrites: () => expected,
  }
}

function seal(record: DataView): void {
  record.setUint32(checksumAt(record), checksum(record), true)
}

function checksumAt(record: DataView): number {
  return record.byteLength - CHECKSUM_BYTES
}

/** FNV-1a over the words rather than the bytes: it has to tell torn records, not adversaries. */
function checksum(record: DataView): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < checksumAt(record); at += 4) {
    hash = Math.imul(hash ^ record.getUint32(at, true), 0x01000193)
    hash ^= hash >>> 15
  }
  return hash >>> 0
}
