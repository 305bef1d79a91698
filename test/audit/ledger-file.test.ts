import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { createLedgerFile, LEDGER_FILE, LedgerFormatError, readLedger } from '../../src/audit/ledger-file.ts'
import { HEADER_BYTES, RECORD_BYTES } from '../../src/audit/ledger-format.ts'
import { ledgerSink } from '../../src/audit/ledger-sink.ts'
import { createLedger, type LedgerEntry } from '../../src/model/ledger.ts'
import { eventually } from '../eventually.ts'
import { newFolder } from '../new-folder.ts'
import { entryOf } from './fixture.ts'

let folder: string
beforeEach(() => {
  folder = newFolder()
})
const LONG_NAME = `${'2001:db8:'.repeat(7)}ä🐘`
const writes: readonly LedgerEntry[] = [
  {
    seq: 2,
    dueMs: 0,
    sentMs: 0.1,
    answeredMs: 3,
    outcome: 'ok',
    code: null,
    node: 'patroni1',
    lsn: 0x1234_5678_9abc,
    digest: -2_000_000_000,
  },
  {
    seq: 1,
    dueMs: 0,
    sentMs: 0,
    answeredMs: 4.5,
    outcome: 'failed',
    code: '25006',
    node: LONG_NAME,
    lsn: null,
    digest: null,
  },
  {
    seq: 4,
    dueMs: 3,
    sentMs: null,
    answeredMs: 5,
    outcome: 'dropped',
    code: null,
    node: null,
    lsn: null,
    digest: null,
  },
  {
    seq: 3,
    dueMs: 2,
    sentMs: 2,
    answeredMs: 6,
    outcome: 'unguarded',
    code: null,
    node: 'patroni1',
    lsn: 77,
    digest: 7,
  },
  {
    seq: 5,
    dueMs: 4,
    sentMs: 4,
    answeredMs: 7,
    outcome: 'unknown',
    code: 'TIMEOUT',
    node: 'patroni2',
    lsn: null,
    digest: null,
  },
]
const inOrder = writes.toSorted((a, b) => a.seq - b.seq)
/** The same writes as version 1 kept them, without digests. */
const VERSION_1 =
  'H4sIAAAAAAACA6tWSssvyk0sUbJSSs5IzC/OSUzSzUlNSU8tUtJRKkstKs7Mz1OyMtRRKirN80xRslJKTEpW0lHKTEnNK8ksqVSyUgoK9fN0sQp2DVTIzFNILUvNKynWA1PxeYm5qUo6ShmpiSmpRU6VJanFSlamhkY6SkWpyflFKVARY6NahVEwQICLmZGBoyCxpCg/L9OQAQ3wJU1dzMjIwMjEwMDAyMDAAKLlQRJ7ZlWEmWxyyjqWpM/EyMBqZGpgYMaACZymL9/HzMQoYWRgYGiVkmRhhcYwX5qzFiSPKQNhtD1/9I6ZiUEUTebwkg/zJ8xgYGCI4T+dx8jMyMQIdR8I6yHZ75GdeI6RhYGBBeZuBgYGYyT5vrBvLxiZGBiZGRgYRKHYFibpEOygXba4nomJgT3E09fVPzQEw3/Mb4T3MjPDw88IXf75RacvjAxMzKwMDAyaUOyOJD+1kZGDBc4TcUDXf5vZ7SYAZLQn4aADAAA='
const file = () => path.join(folder, LEDGER_FILE)

async function write(list = writes, where = folder) {
  const failures: Error[] = []
  const ledgerFile = createLedgerFile(where, { runId: 'abc' }, (error) => failures.push(error))
  for (const entry of list) ledgerFile.append(entry)
  await ledgerFile.close()
  return failures
}

describe('a ledger file', () => {
  it('gives back every write when it is closed, and says that it is complete', async () => {
    expect(await write()).toEqual([])
    const { ledger, ...rest } = await readLedger(folder)
    expect([...ledger.entries()]).toEqual(inOrder)
    expect(rest).toEqual({ runId: 'abc', isComplete: true, why: null })
  })

  it('tells people what it is by its first line', async () => {
    await write()
    const [line] = (await readFile(file(), 'utf8')).split('\n')
    expect(JSON.parse(line as string)).toMatchObject({ format: 'chaoslab-ledger', version: 2, runId: 'abc' })
  })

  it('holds no more than 36 bytes a write', async () => {
    const many = Array.from({ length: 20_000 }, (_, i) => ({ ...(writes[0] as LedgerEntry), seq: i + 1 }))
    await write(many)
    const bytes = (await readFile(file())).length
    expect(RECORD_BYTES).toBeLessThanOrEqual(36)
    expect(bytes).toBe(HEADER_BYTES + (20_000 + 2) * RECORD_BYTES)
    const { ledger, isComplete } = await readLedger(folder)
    expect([...ledger.entries()]).toEqual(many)
    expect(isComplete).toBe(true)
  })

  it('is written within a second or so without being closed', async () => {
    const ledgerFile = createLedgerFile(folder, { runId: 'abc' }, () => {})
    for (const entry of writes) ledgerFile.append(entry)
    const answered = async () => (await readLedger(folder)).ledger.answered
    await eventually(async () => expect(await answered()).toBe(writes.length))
    expect(await readLedger(folder)).toMatchObject({ isComplete: false, why: 'the ledger was written without its end' })
    await ledgerFile.close()
    expect(await readLedger(folder)).toMatchObject({ isComplete: true })
  })

  it('cut at any byte gives the writes before the cut, and says that it is incomplete', async () => {
    await write()
    const bytes = await readFile(file())
    const seen = new Set<number>()
    // Every byte of the tail; of the header, which is all alike, every few.
    for (let length = 0; length < bytes.length; length += length < HEADER_BYTES - 16 ? 16 : 1) {
      await writeFile(file(), bytes.subarray(0, length))
      const { ledger, isComplete, why, runId } = await readLedger(folder)
      expect({ length, isComplete }).toEqual({ length, isComplete: false })
      expect(why).not.toBeNull()
      expect(runId).toBe(length < HEADER_BYTES ? null : 'abc')
      const known = writes.slice(0, ledger.answered).map(({ seq }) => seq)
      for (const entry of ledger.entries()) {
        const expected = known.includes(entry.seq)
          ? inOrder[entry.seq - 1]
          : expect.objectContaining({ outcome: 'unknown', answeredMs: null })
        expect(entry).toEqual(expected)
      }
      seen.add(ledger.answered)
    }
    expect([...seen]).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('cut where a piece that is read at once ends, or a record, is as incomplete', async () => {
    const count = 20_000
    await write(Array.from({ length: count }, (_, at) => entryOf(at + 1, 'ok', { lsn: null, node: null })))
    const bytes = await readFile(file())
    expect(bytes.length).toBe(HEADER_BYTES + (count + 1) * RECORD_BYTES)
    const pieces = [1, 2].map((piece) => piece * 256 * 1_024)
    const records = [0, 1, 8_192, 16_384, count - 1, count].map((each) => HEADER_BYTES + each * RECORD_BYTES)
    for (const length of [...pieces, ...records].flatMap((edge) => [edge - 1, edge, edge + 1])) {
      await writeFile(file(), bytes.subarray(0, length))
      const { ledger, isComplete } = await readLedger(folder)
      const whole = Math.max(0, Math.floor((length - HEADER_BYTES) / RECORD_BYTES))
      expect({ length, isComplete, size: ledger.size, answered: ledger.answered }).toEqual({
        length,
        isComplete: false,
        size: whole,
        answered: whole,
      })
    }
  })

  it('damaged at any byte of a record gives no wrong write, and says so', async () => {
    await write()
    const bytes = await readFile(file())
    for (let at = HEADER_BYTES; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes)
      damaged[at] = (damaged[at] as number) ^ 0x41
      await writeFile(file(), damaged)
      const { ledger, isComplete } = await readLedger(folder)
      expect({ at, isComplete }).toEqual({ at, isComplete: false })
      const answered = [...ledger.entries()].filter((entry) => entry.answeredMs !== null)
      expect(answered).toEqual(inOrder.filter((entry) => answered.some(({ seq }) => seq === entry.seq)))
    }
  })

  it('with something after its end, or zeros instead of it, is incomplete', async () => {
    await write()
    const bytes = await readFile(file())
    for (const extra of [1, RECORD_BYTES, 5_000]) {
      await writeFile(file(), Buffer.concat([bytes, Buffer.alloc(extra)]))
      expect(await readLedger(folder)).toMatchObject({ isComplete: false })
    }
  })

  it('of the first version is read as it was, and knows no digests', async () => {
    await writeFile(file(), gunzipSync(Buffer.from(VERSION_1, 'base64')))
    const { ledger, ...rest } = await readLedger(folder)
    expect([...ledger.entries()]).toEqual(inOrder.map((entry) => ({ ...entry, digest: null })))
    expect(rest).toEqual({ runId: 'abc', isComplete: true, why: null })
  })

  it('never overwrites a file', async () => {
    await writeFile(file(), 'precious')
    expect(await write()).toMatchObject([{ code: 'EEXIST' }])
    expect(await readFile(file(), 'utf8')).toBe('precious')
  })

  it('makes the folder, and is there even for a run without writes', async () => {
    await write([], path.join(folder, 'runs', 'one'))
    expect(await readLedger(path.join(folder, 'runs', 'one'))).toMatchObject({ isComplete: true, ledger: { size: 0 } })
  })

  it('reports a failing disk once, and neither throws nor fails to close', async () => {
    await writeFile(path.join(folder, 'blocked'), '')
    const failures: Error[] = []
    const ledgerFile = createLedgerFile(path.join(folder, 'blocked'), { runId: 'abc' }, (error) => failures.push(error))
    await eventually(() => expect(failures).toHaveLength(1))
    for (const entry of writes) ledgerFile.append(entry)
    await ledgerFile.close()
    await ledgerFile.close()
    ledgerFile.append(writes[0] as LedgerEntry)
    expect(failures).toMatchObject([{ name: 'FileFailure', code: expect.stringMatching(/^(ENOTDIR|EEXIST)$/) }])
  })

  it.each([
    ['something else', 'hello'],
    ['another version', '{"format":"chaoslab-ledger","version":3,"runId":"a"}'.padEnd(HEADER_BYTES)],
    ['no JSON', '{"format":"chaoslab-ledger"'.padEnd(HEADER_BYTES)],
  ])('of %s is refused', async (_, text) => {
    await writeFile(file(), text)
    await expect(readLedger(folder)).rejects.toBeInstanceOf(LedgerFormatError)
  })

  it('that is not there rejects with the file’s own error', async () => {
    await expect(readLedger(folder)).rejects.toMatchObject({ code: 'ENOENT' })
    await mkdir(file())
    await expect(readLedger(folder)).rejects.toMatchObject({ code: 'EISDIR' })
  })
})

describe('the ledger sink', () => {
  const ended = { kind: 'write', seq: 1, dueMs: 1, sentMs: 2, answeredMs: 3, code: null, server: 'patroni1' } as const

  it('takes writes into the ledger and the file, and passes over reads', () => {
    const ledger = createLedger()
    const appended: LedgerEntry[] = []
    const sink = ledgerSink({ ledger, file: { append: (entry) => appended.push(entry) } })
    sink({ ...ended, kind: 'read', seq: 9, outcome: 'ok', isUnguarded: false })
    sink({ ...ended, outcome: 'ok', isUnguarded: false, lsn: 5, digest: 9 })
    expect([...ledger.entries()]).toEqual(appended)
    expect(ledger.at(1)).toEqual({
      seq: 1,
      dueMs: 1,
      sentMs: 2,
      answeredMs: 3,
      outcome: 'ok',
      code: null,
      node: 'patroni1',
      lsn: 5,
      digest: 9,
    })
    expect(ledger.size).toBe(1)
  })

  it.each([
    ['ok', true, 'unguarded'],
    ['ok', false, 'ok'],
    ['failed', true, 'failed'],
    ['unknown', false, 'unknown'],
    ['dropped', false, 'dropped'],
  ] as const)('takes %s with isUnguarded %s for %s', (outcome, isUnguarded, expected) => {
    const ledger = createLedger()
    ledgerSink({ ledger })({ ...ended, outcome, isUnguarded, lsn: 5 })
    expect(ledger.at(1)).toMatchObject({ outcome: expected, lsn: outcome === 'ok' ? 5 : null })
  })
})
