import { describe, expect, it } from 'vitest'
import { audit } from '../../../src/audit/audit.ts'
import { ledgerSink } from '../../../src/audit/ledger-sink.ts'
import type { WorkloadFindings } from '../../../src/model/audit.ts'
import { createLedger } from '../../../src/model/ledger.ts'
import type { OperationRecord } from '../../../src/traffic/operation.ts'
import { createLists, ELEMENTS_PER_LIST, LISTS_AT_ONCE, placeOf } from '../../../src/workloads/list-append/keys.ts'
import { listAppend } from '../../../src/workloads/list-append/list-append.ts'
import type { WorkloadRun } from '../../../src/workloads/workload.ts'
import { fakeReader, REPLICA, RUN_ID } from '../../audit/fixture.ts'
import { FakeClock } from '../../traffic/fake-clock.ts'
import { A, B, C, D, wrongIn } from './fixture.ts'

/** A run whose operations are told of as they end. */
function begin() {
  const ledger = createLedger()
  const lines: string[] = []
  const run = listAppend.begin({ runId: RUN_ID, ledger, leading: () => null, keep: (line) => lines.push(line) })
  const intoLedger = ledgerSink({ ledger })
  const tell = (record: OperationRecord) => {
    if (record.kind === 'write') run.write(record.seq)
    run.onEnded(record)
    intoLedger(record)
  }
  return { ledger, lines, run, tell }
}

const ended = (kind: 'write' | 'read', seq: number, at: number, change: Partial<OperationRecord>): OperationRecord => ({
  kind,
  seq,
  identity: kind === 'write' ? `${RUN_ID}:${seq}` : null,
  dueMs: at,
  sentMs: at,
  answeredMs: at + 2,
  outcome: 'ok',
  code: null,
  server: 'p1',
  isUnguarded: false,
  lsn: null,
  digest: null,
  row: null,
  ...change,
})
const append = (seq: number, at: number, elements: readonly number[], change: Partial<OperationRecord> = {}) =>
  ended('write', seq, at, {
    row: { list: elements.join(' '), number: 0, lsn: seq },
    digest: placeOf(0, elements.length),
    ...change,
  })
const failed = (seq: number, at: number, outcome: 'failed' | 'unknown' | 'dropped') =>
  ended('write', seq, at, { outcome, code: 'X', ...(outcome === 'dropped' && { sentMs: null }) })

/** Asks for list 0, as the second read of a run does at first. */
function readList(run: WorkloadRun, seq: number, at: number, elements: readonly number[], isReplica = true) {
  run.read(seq)
  return ended('read', seq, at, { row: { list: elements.join(' ') || null, is_replica: isReplica }, server: 'p2' })
}

async function auditRun({ ledger, run }: ReturnType<typeof begin>, final: readonly number[], replica = final) {
  const rows = (elements: readonly number[]) =>
    elements.map((seq, index) => ({ seq, digest: placeOf(0, index + 1), owner: 0 }))
  const node = (name: string) => ({ name, address: { host: name, port: 1 } })
  return audit(
    {
      ledger,
      runId: RUN_ID,
      rows: listAppend.rows,
      observed: run.observed,
      nodes: async () => ({ leader: node('p1'), replicas: [node('p2')] }),
      credentials: { database: 'app', user: 'app', password: 'app' },
      clock: new FakeClock(),
      settleMs: 0,
      open: async ({ host }) =>
        fakeReader(host === 'p1' ? { rows: rows(final) } : { rows: rows(replica), at: REPLICA }),
    },
    new AbortController().signal,
  )
}

/** Four writes of list 0, one of them without an answer. */
function fourWrites() {
  const all = begin()
  all.tell(append(A, 0, [A]))
  all.tell(append(B, 10, [A, B]))
  all.tell(failed(C, 20, 'unknown'))
  all.tell(append(D, 30, [A, B, D]))
  all.tell(readList(all.run, 1, 40, [A, B, D], false))
  all.tell(readList(all.run, 2, 50, [A]))
  return all
}

describe('where elements go, and who is asked', () => {
  it('sixteen lists grow at a time; one that was shown with all its elements makes room for the next', () => {
    const lists = createLists()
    expect([1, 2, 16, 17].map((seq) => lists.toAppend(seq))).toEqual([0, 1, 15, 0])
    lists.onShown(0, ELEMENTS_PER_LIST - 1)
    expect(lists.toAppend(17)).toBe(0)
    for (const length of [ELEMENTS_PER_LIST, ELEMENTS_PER_LIST + 1]) lists.onShown(0, length)
    expect([17, 18].map((seq) => lists.toAppend(seq))).toEqual([16, 1])
  })

  it('a list whose appends are not answered is ended some time, and those that fail end none', () => {
    const lists = createLists()
    for (let n = 0; n < 1_000; n++) lists.onUnanswered(3)
    expect([4, 5].map((seq) => lists.toAppend(seq))).toEqual([19, 4])
    const { run, tell } = begin()
    for (let seq = 1; seq <= 20_000; seq++) tell(failed(seq, seq, 'failed'))
    expect(run.write(20_001)).toMatchObject({ values: [`${RUN_ID}:0`, '20001'] })
  })

  it('reads ask leader and replicas for the lists that grow, and now and then for those before', () => {
    const lists = createLists()
    expect(lists.toRead(1)).toEqual({ list: 0, route: 'write' })
    for (let list = 0; list < LISTS_AT_ONCE; list++) lists.onShown(list, ELEMENTS_PER_LIST)
    const wanted = Array.from({ length: 1_024 }, (_, index) => lists.toRead(index + 1))
    expect(wanted.filter(({ route }) => route === 'write')).toHaveLength(256)
    expect(new Set(wanted.filter(({ list }) => list >= 16).map(({ list }) => list)).size).toBe(16)
    expect(wanted.filter(({ list }) => list < 16)).toHaveLength(128)
  })

  it('an append names its list and its element; a read goes the way that it is to go', () => {
    const { run } = begin()
    expect(run.write(18)).toMatchObject({ values: [`${RUN_ID}:1`, '18'], identity: `${RUN_ID}:18` })
    expect(run.told({ list: '2 18', number: 1, lsn: 5 })).toEqual({ lsn: 5, digest: placeOf(1, 2) })
    expect([1, 2, 5].map((seq) => run.read(seq))).toMatchObject([
      { values: [`${RUN_ID}:0`], route: 'write', identity: null },
      { values: [`${RUN_ID}:0`], route: 'read' },
      { values: [`${RUN_ID}:1`], route: 'write' },
    ])
  })
})

describe('a run of it', () => {
  it('passes when everything is there, a replica behind and an append without an answer not done', async () => {
    const all = fourWrites()
    const found = await auditRun(all, [A, B, D])
    expect(found.verdict.verdict).toBe('pass')
    expect(found.workload).toMatchObject({ type: 'list-append', checks: [{ name: 'lists', verdict: 'pass' }] })
    expect(all.run.take()).toMatchObject({ judged: 1, missedOwn: 1, backwards: 1, staleWrites: { max: 2 } })
  })

  it('finds the acknowledged element that is lost, and that it had been shown', async () => {
    const found = await auditRun(fourWrites(), [A, B])
    expect(found.findings?.counts).toMatchObject({ lost: 1 })
    expect(found.workload?.counts).toMatchObject({ vanished_elements: 1, lists_not_kept: 1 })
  })

  it('finds an element that is there twice, that failed and is there, and that stands elsewhere than it was told', async () => {
    const all = fourWrites()
    all.tell(failed(65, 60, 'failed'))
    expect((await auditRun(all, [A, B, D, A])).findings?.counts).toMatchObject({ duplicated: 1 })
    expect((await auditRun(all, [A, B, D, 65])).findings?.counts).toMatchObject({ phantom: 1 })
    const moved = await auditRun(all, [A, C, B, D])
    expect(moved.findings?.counts).toMatchObject({ altered: 2, recovered: 1 })
    expect(moved.verdict.why).toContain('2 rows are not as they were written: it stands in another place of its list')
    expect(moved.workload?.counts).toMatchObject({ lists_not_kept: 1 })
  })

  it('finds a replica whose list has another order than the leader’s', async () => {
    const found = await auditRun(fourWrites(), [A, B, D], [B, A, D])
    expect(found.replicas).toMatchObject([{ isRead: true, differing: { count: 2 } }])
  })

  it('a fork is found where nobody could read the lists in the end', async () => {
    const all = fourWrites()
    all.tell(append(C, 60, [A, C], { server: 'p3' }))
    const found = all.run.observed.mark().judge(null) as WorkloadFindings
    expect(wrongIn(found)).toMatchObject({ forked_lists: 1 })
  })
})

const reread = async (lines: readonly string[]) => (await listAppend.history?.reread(lines))?.mark().judge(null)

describe('the history of a run', () => {
  it('tells the same when it is read back', async () => {
    const all = fourWrites()
    all.tell(append(C, 60, [A, C], { server: 'p3' }))
    all.tell(readList(all.run, 3, 70, [A, C]))
    const now = all.run.observed.mark().judge(null)
    expect(wrongIn(now as WorkloadFindings)).toMatchObject({ forked_lists: 1 })
    expect(await reread(all.lines)).toEqual(now)
  })

  it('is read up to where it was cut', async () => {
    const { lines } = fourWrites()
    const cut = [...lines.slice(0, 2), lines[2]?.slice(0, 9) ?? '', ...lines.slice(3)]
    expect(await reread(cut)).toEqual(await reread(lines.slice(0, 2)))
    expect(await reread([])).toMatchObject({ checks: [{ verdict: 'unknown' }] })
  })

  it('writes what a list has once, however often it is read', () => {
    const { lines, tell, run } = fourWrites()
    tell(readList(run, 3, 60, [A, B, D]))
    expect(lines.at(-1)).toBe('["r",3,0,"ok",60,62,"p2",0,0,3]')
  })
})

const LINE = /^\{:type :(\w+), :f :txn, :value \[.*\], :process (\d+), :time (\d+), :index (\d+)\}$/

function readLine(line: string) {
  const [, type = '', process, time, index] = LINE.exec(line) ?? []
  return { type, process: Number(process), time: Number(time), index: Number(index) }
}

describe('the history for Elle', () => {
  const edn = async (lines: readonly string[]) => {
    let text = ''
    for await (const piece of listAppend.history?.edn(lines) ?? []) text += piece
    return text
  }
  const whole = () => {
    const all = fourWrites()
    all.tell(failed(65, 60, 'failed'))
    all.tell(failed(81, 70, 'dropped'))
    all.run.read(3)
    all.tell(ended('read', 3, 80, { outcome: 'unknown', code: 'TIMEOUT' }))
    all.tell(append(97, 90, [A, B, D, 97]))
    return all
  }

  it('is one transaction an operation, with the list that it returned', async () => {
    const lines = (await edn(whole().lines)).trimEnd().split('\n')
    expect(lines.slice(0, 2)).toEqual([
      '{:type :invoke, :f :txn, :value [[:append 0 1] [:r 0 nil]], :process 0, :time 0, :index 0}',
      '{:type :ok, :f :txn, :value [[:append 0 1] [:r 0 [1]]], :process 0, :time 2000000, :index 1}',
    ])
    const all = lines.join('\n')
    for (const part of [
      ':type :info, :f :txn, :value [[:append 0 33] [:r 0 nil]]',
      ':type :ok, :f :txn, :value [[:append 0 49] [:r 0 [1 17 49]]]',
      ':type :ok, :f :txn, :value [[:r 0 [1]]]',
      ':type :fail, :f :txn, :value [[:append 0 65] [:r 0 nil]]',
      ':type :fail, :f :txn, :value [[:append 0 81] [:r 0 nil]]',
      ':type :info, :f :txn, :value [[:r 0 nil]]',
      ':type :ok, :f :txn, :value [[:append 0 97] [:r 0 [1 17 49 97]]]',
    ]) {
      expect(all).toContain(part)
    }
  })

  it('is ordered by time, and a process never comes back after an :info', async () => {
    const history = (await edn(whole().lines)).trimEnd().split('\n').map(readLine)
    expect(history.map(({ index }) => index)).toEqual(history.map((_, index) => index))
    expect(history.map(({ time }) => time)).toEqual(history.map(({ time }) => time).sort((a, b) => a - b))
    const open = new Map<number, string>()
    for (const { process, type } of history) {
      expect(open.get(process) ?? 'ok').toBe(type === 'invoke' ? 'ok' : 'invoke')
      open.set(process, type === 'fail' ? 'ok' : type)
    }
    expect([...open.values()].filter((state) => state === 'info')).toHaveLength(2)
  })

  it('an append that was shown and whose end was not recorded was under way all the time', async () => {
    const { lines } = fourWrites()
    const cut = lines.filter((line) => !line.startsWith(`["a",${B},`))
    // The line that had told of it is gone; the next one shows it.
    const shown = cut.map((line) => line.replace(/^(\["a",49,.*,0),2,49\]$/, '$1,1,17,49]'))
    expect(await edn(shown)).toContain(
      `{:type :invoke, :f :txn, :value [[:append 0 ${B}] [:r 0 nil]], :process 1, :time 0, :index 1}`,
    )
  })
})
