import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../../src/log/clock.ts'
import { createLedger } from '../../../src/model/ledger.ts'
import { answerOf, openExecutor } from '../../../src/workloads/distributed/executor-connection.ts'
import { findingsOf, sectionOf, type Trace } from '../../../src/workloads/distributed/findings.ts'
import { migrating, transferring } from '../../../src/workloads/distributed/kinds.ts'
import { movesOf } from '../../../src/workloads/distributed/plan.ts'
import { freePort } from '../../free-port.ts'

const DATABASES = [...'0123456789abcdef'].map((digit) => `db_${digit}`)

describe('transfers', () => {
  it('move amounts that come to nothing, between two to four different databases, and the same ones again', () => {
    const all = Array.from({ length: 400 }, (_, n) => movesOf('run1', n + 1, DATABASES))
    for (const moves of all) {
      expect(moves.reduce((sum, { amount }) => sum + amount, 0)).toBe(0)
      expect(new Set(moves.map(({ database }) => database)).size).toBe(moves.length)
    }
    expect(new Set(all.map((moves) => moves.length))).toEqual(new Set([2, 3, 4]))
    expect(new Set(all.flatMap((moves) => moves.map(({ database }) => database))).size).toBe(16)
    expect(movesOf('run1', 7, DATABASES)).toEqual(movesOf('run1', 7, DATABASES))
    expect(movesOf('run2', 7, DATABASES)).not.toEqual(movesOf('run1', 7, DATABASES))
  })

  it('span two databases where there are only two', () => {
    for (let seq = 1; seq < 50; seq++) expect(movesOf('run1', seq, ['a', 'b'])).toHaveLength(2)
  })
})

describe('what an executor’s answer means', () => {
  const times = { sentMs: 1, answeredMs: 2 }
  const said = (body: object, status = 200) =>
    answerOf({ type: 'answered', status, headers: {}, text: JSON.stringify(body) }, times)

  it.each([
    [{ type: 'applied' }, 'ok', null],
    [{ type: 'already' }, 'ok', null],
    [{ type: 'rolled-back', why: ['db_3: no'] }, 'failed', 'ROLLED_BACK'],
    [{ type: 'refused', why: ['db_3: no'] }, 'failed', 'REFUSED'],
    [{ type: 'in-doubt' }, 'unknown', 'IN_DOUBT'],
    [{ something: 'else' }, 'unknown', 'PROTOCOL'],
  ])('%j is %s', (body, outcome, code) => {
    expect(said(body)).toMatchObject({ outcome, code })
  })

  it('what was not sent has failed, and what was sent and not answered is unknown', () => {
    const lost = { type: 'silent', code: 'ECONNRESET', message: 'reset' } as const
    expect(answerOf({ ...lost, wasSent: false }, times)).toMatchObject({ outcome: 'failed', sentMs: null })
    expect(answerOf({ ...lost, wasSent: true }, times)).toMatchObject({ outcome: 'unknown', sentMs: 1 })
  })
})

describe('a connection to an executor', () => {
  const never = new AbortController().signal

  it('is lost with the executor that was killed while it worked, and its transaction is unknown', async () => {
    const server = http.createServer((request, response) => {
      if (request.url === '/status') return response.end('{}')
      return request.socket.destroy()
    })
    onTestFinished(() => void server.close().closeAllConnections())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const opened = await openExecutor(url, systemClock(), never)
    if (!opened.ok) throw new Error(opened.code)
    const answer = await opened.session.submit({ name: 'a:1', script: 'SELECT 1' }, never)
    expect(answer).toMatchObject({ outcome: 'unknown', code: 'ECONNRESET' })
    expect(opened.session.isUsable).toBe(false)
  })

  it('is none where nobody listens', async () => {
    const opened = await openExecutor(`http://127.0.0.1:${await freePort()}`, systemClock(), never)
    expect(opened).toMatchObject({ ok: false, code: 'ECONNREFUSED' })
  })
})

describe('what is found', () => {
  const trace = (seq: number, change: Partial<Trace> = {}): Trace => {
    const of = ['db_0', 'db_1', 'db_2']
    return { name: `run1:${seq}`, seq, of, has: of, preparedIn: [], ...change }
  }
  const found = (traces: readonly Trace[], distance = 0, isLossy = false, kind = transferring) =>
    findingsOf(kind, { run: { marked: null, ledger: createLedger() }, traces, distance, isLossy })

  it('passes where everything is everywhere that it belongs', () => {
    const { checks, counts } = found([trace(1), trace(2)])
    expect(checks).toMatchObject([{ verdict: 'pass' }])
    expect(counts).toEqual({ torn_transactions: 0, in_doubt: 0, balance_error: 0, torn_reads: 0 })
  })

  it('knows nothing where there is nothing', () => {
    expect(found([]).checks).toMatchObject([{ verdict: 'unknown' }])
  })

  it('a transaction in some of its databases is torn', () => {
    const { checks, counts, examples, grid } = found([trace(1), trace(7, { has: ['db_1'] })])
    expect(checks).toMatchObject([{ verdict: 'fail', evidence: [7], figures: ['torn_transactions'] }])
    expect(counts.torn_transactions).toBe(1)
    expect(examples).toEqual(['run1:7: committed in db_1; not in db_0, db_2.'])
    expect(grid).toEqual({ columns: ['db_0', 'db_1', 'db_2'], rows: [{ name: 'run1:7', cells: '○●○' }] })
    const section = sectionOf(transferring, { counts, examples, grid })
    expect(section.rows.at(-1)).toMatchObject({ name: 'run1:7', value: '○●○', isWrong: true })
  })

  it('one that is prepared and not settled is in doubt, and torn only if it is committed elsewhere', () => {
    const nowhere = found([trace(3, { has: [], preparedIn: ['db_0', 'db_1', 'db_2'] })])
    expect(nowhere.counts).toMatchObject({ torn_transactions: 0, in_doubt: 1 })
    const half = found([trace(3, { has: ['db_0'], preparedIn: ['db_1', 'db_2'] })])
    expect(half.counts).toMatchObject({ torn_transactions: 1, in_doubt: 1 })
    expect(half.checks.map(({ verdict }) => verdict)).toEqual(['fail', 'fail'])
  })

  it('money that was made or lost is found whatever else is', () => {
    const { checks, counts } = found([trace(1)], 25)
    expect(checks).toMatchObject([{ verdict: 'fail', figures: ['balance_error'] }])
    expect(counts.balance_error).toBe(25)
  })

  it('schemas differ by as many databases as are not like most', () => {
    expect(migrating.distanceOf(['a', 'a', 'b', 'a', 'c'])).toBe(2)
    expect(migrating.distanceOf(['a', 'a'])).toBe(0)
    expect(transferring.distanceOf(['-20', '15'])).toBe(5)
  })
})
