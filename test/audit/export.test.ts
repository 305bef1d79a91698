import { describe, expect, it } from 'vitest'
import { audit } from '../../src/audit/audit.ts'
import { type ExportFormat, exportLedger, presentIn } from '../../src/audit/export.ts'
import { createLedger, type Ledger } from '../../src/model/ledger.ts'
import { seededRng } from '../../src/model/rng.ts'
import { FakeClock } from '../traffic/fake-clock.ts'
import { entryOf, fakeReader, ledgerOf, ROWS, RUN_ID } from './fixture.ts'
import { type Operation, readEdn } from './read-edn.ts'

async function exported(ledger: Ledger, format: ExportFormat, present?: Iterable<number>): Promise<string> {
  let text = ''
  await exportLedger(ledger, { format, runId: RUN_ID, present }, (piece) => {
    text += piece
  })
  return text
}

function mixed(): Ledger {
  const ledger = ledgerOf(['ok', 'failed', 'unanswered', 'dropped', 'unguarded', 'unknown'])
  ledger.record(entryOf(2, 'failed', { code: 'a "code", with\r\nall', node: 'x,y' }))
  return ledger
}

/** RFC 4180, as strictly as it says. */
function parseCsv(text: string): string[][] {
  const records: string[][] = []
  let rest = text
  while (rest !== '') {
    const record: string[] = []
    for (;;) {
      const [whole, quoted, plain] = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))/.exec(rest) as RegExpExecArray
      record.push(quoted === undefined ? (plain as string) : quoted.replaceAll('""', '"'))
      rest = rest.slice(whole.length)
      if (rest.startsWith('\r\n')) break
      expect(rest[0]).toBe(',')
      rest = rest.slice(1)
    }
    rest = rest.slice(2)
    records.push(record)
  }
  return records
}

const columns = [
  'seq',
  'identity',
  'dueMs',
  'sentMs',
  'answeredMs',
  'outcome',
  'errorClass',
  'node',
  'lsn',
  'digest',
] as const

describe('an export', () => {
  it('as JSON lines gives every write with its row’s name', async () => {
    const ledger = mixed()
    const lines = (await exported(ledger, 'jsonl')).trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      [...ledger.entries()].map(({ code, ...entry }) => ({
        ...entry,
        identity: `${RUN_ID}:${entry.seq}`,
        errorClass: code,
      })),
    )
    expect(Object.keys(JSON.parse(lines[0] as string))).toEqual(columns)
  })

  it('as CSV gives the same, whatever stands in a field', async () => {
    const ledger = mixed()
    const [header, ...records] = parseCsv(await exported(ledger, 'csv'))
    expect(header).toEqual(columns)
    const objects = (await exported(ledger, 'jsonl'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const fields = objects.map((object) =>
      columns.map((column) => (object[column] === null ? '' : String(object[column]))),
    )
    expect(records).toEqual(fields)
  })

  it('of no writes is a header, or nothing', async () => {
    expect(await exported(createLedger(), 'csv')).toBe(`${columns.join(',')}\r\n`)
    expect(await exported(createLedger(), 'jsonl')).toBe('')
    expect(await exported(createLedger(), 'edn')).toBe('')
  })

  it.each(['csv', 'jsonl', 'edn'] as const)(
    'as %s waits for every piece to be taken, and holds one at a time',
    async (format) => {
      const ledger = ledgerOf(Array.from({ length: 20_000 }, () => 'ok' as const))
      let taking = 0
      let pieces = 0
      await exportLedger(ledger, { format, runId: RUN_ID, present: [1, 2] }, async (piece) => {
        expect(++taking).toBe(1)
        expect(piece.length).toBeLessThan(100_000)
        await new Promise((resolve) => setImmediate(resolve))
        taking--
        pieces++
      })
      expect(pieces).toBeGreaterThan(5)
    },
  )

  it('ends with the error of whoever takes it', async () => {
    const full = Object.assign(new Error('full'), { code: 'ENOSPC' })
    const failing = exportLedger(mixed(), { format: 'csv', runId: RUN_ID }, () => Promise.reject(full))
    await expect(failing).rejects.toBe(full)
  })
})

/** What Jepsen asks of every history. */
function checkHistory(history: readonly Operation[]): void {
  const busy = new Map<number, Operation>()
  const gone = new Set<number>()
  let time = 0
  history.forEach((operation, index) => {
    const { type, process, f, value } = operation
    expect(operation.index).toBe(index)
    expect(operation.time).toBeGreaterThanOrEqual(time)
    time = operation.time
    expect(gone.has(process)).toBe(false)
    if (type === 'invoke') {
      expect(busy.has(process)).toBe(false)
      busy.set(process, operation)
      return
    }
    expect(busy.get(process)).toMatchObject({ f, ...(f === 'add' ? { value } : {}) })
    busy.delete(process)
    if (type === 'info') gone.add(process)
  })
}

describe('a history in EDN', () => {
  it('has every write that was sent, as Jepsen names its end', async () => {
    const history = readEdn(await exported(mixed(), 'edn', [1, 5, 6]))
    checkHistory(history)
    const ends = history
      .filter(({ type, f }) => type !== 'invoke' && f === 'add')
      .map(({ type, value }) => [value, type])
    expect(ends).toEqual([
      [1, 'ok'],
      [2, 'fail'],
      [5, 'ok'],
      [6, 'info'],
    ])
    const invoked = history.filter(({ type, f }) => type === 'invoke' && f === 'add').map(({ value }) => value)
    expect(invoked).toEqual([1, 2, 3, 5, 6])
    expect(history.slice(-2)).toMatchObject([
      { type: 'invoke', f: 'read', value: null },
      { type: 'ok', f: 'read', value: [1, 5, 6] },
    ])
  })

  it('is written as Clojure reads it', async () => {
    const ledger = createLedger()
    ledger.record(entryOf(1, 'ok', { dueMs: 0.1, sentMs: 0.2, answeredMs: 1.3 }))
    expect((await exported(ledger, 'edn', [1])).split('\n')).toEqual([
      '{:type :invoke, :f :add, :value 1, :process 0, :time 200000, :index 0}',
      '{:type :ok, :f :add, :value 1, :process 0, :time 1300000, :index 1}',
      '{:type :invoke, :f :read, :value nil, :process 1, :time 1300001, :index 2}',
      '{:type :ok, :f :read, :value #{1}, :process 1, :time 1300002, :index 3}',
      '',
    ])
  })

  it('without a final set has no read', async () => {
    expect(readEdn(await exported(mixed(), 'edn')).filter(({ f }) => f === 'read')).toEqual([])
  })

  it('keeps a thousand overlapping writes in order, in any history', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seededRng(seed)
      const ledger = createLedger()
      let dueMs = 0
      for (let seq = 1; seq <= 1_000; seq++) {
        dueMs += random() < 0.2 ? 0 : random() * 3
        const sentMs = dueMs + (random() < 0.5 ? 0 : random() * 20)
        const outcome = (['ok', 'ok', 'ok', 'unguarded', 'failed', 'unknown', 'dropped'] as const)[
          Math.floor(random() * 7)
        ]
        const times = { dueMs, sentMs: outcome === 'dropped' ? null : sentMs, answeredMs: sentMs + random() * 100 }
        if (random() > 0.05) ledger.record(entryOf(seq, outcome ?? 'ok', times))
      }
      const history = readEdn(await exported(ledger, 'edn', [1]))
      checkHistory(history)
      const answered = history.filter(({ f, value }) => f === 'add' && ledger.at(value as number).answeredMs !== null)
      const times = answered.map(({ value, type }) => {
        const { sentMs, answeredMs } = ledger.at(value as number)
        return Math.round(((type === 'invoke' ? sentMs : answeredMs) as number) * 10) * 100_000
      })
      expect(answered.map(({ time }) => time)).toEqual(times)
    }
  })
})

describe('the writes that were present', () => {
  it('are told by the ledger and the audit together', async () => {
    const outcomes = [
      'ok',
      'ok',
      'unguarded',
      'unguarded',
      'unknown',
      'unknown',
      'failed',
      'failed',
      'dropped',
      'unanswered',
    ] as const
    const ledger = ledgerOf([...outcomes, 'unanswered', 'ok'])
    const rows = [1, 3, 5, 7, 9, 10, 12, 12, 15]
    const clock = new FakeClock()
    const node = { name: 'p1', address: { host: 'p1', port: 1 } }
    const credentials = { database: 'app', user: 'app', password: 'app' }
    const open = async () => fakeReader({ rows })
    const options = {
      ledger,
      runId: RUN_ID,
      rows: ROWS,
      nodes: async () => ({ leader: node, replicas: [] }),
      credentials,
      clock,
      open,
      settleMs: 0,
    }
    const found = await audit(options, new AbortController().signal)
    expect([...(presentIn(ledger, found) ?? [])]).toEqual([...new Set(rows)])
    expect(presentIn(ledger, { ...found, findings: null })).toBeNull()
  })
})
