import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/log/clock.ts'
import { PgSession } from '../../src/traffic/pg-session.ts'
import { type Answer, openSession, type Session } from '../../src/traffic/session.ts'
import { Incoming } from '../../src/traffic/wire.ts'
import { FakePostgres, type Reaction } from './fake-postgres.ts'
import { until } from './until.ts'

const insert = { name: 'insert', text: 'INSERT INTO t VALUES ($1)' }
const LONG_MS = 60_000

describe('several statements under way on a session', () => {
  let server: FakePostgres
  let session: Session
  beforeEach(async () => {
    server = await FakePostgres.listen()
    const credentials = { database: 'app', user: 'app', password: 'secret' }
    const options = { address: server.address, credentials, clock: systemClock(), timeoutMs: LONG_MS, pipeline: 4 }
    const opened = await openSession(options)
    if (!opened.ok) throw new Error(opened.code)
    session = opened.session
  })
  afterEach(() => server.close())

  const send = (timeoutMs = LONG_MS) =>
    Promise.all(['a', 'b', 'c', 'd'].map((value) => session.run(insert, [value], timeoutMs)))
  const reactTo = (value: string, reaction: Reaction) => {
    server.react = ({ values }) => (values[0] === value ? reaction : { type: 'ok', rows: [{ value: values[0] ?? '' }] })
  }
  const brief = (answers: readonly Answer[]) =>
    answers.map(({ outcome, code }) => (code ? `${outcome} ${code}` : outcome))

  it('are sent in their order, and each has the answer to itself', async () => {
    reactTo('none', { type: 'hang' })
    const answers = await send()
    expect(server.asked.map(({ values }) => values[0])).toEqual(['a', 'b', 'c', 'd'])
    expect(answers.map(({ row }) => row?.value)).toEqual(['a', 'b', 'c', 'd'])
    expect(session.isUsable).toBe(true)
  })

  it('are as many as it was opened for, and no more', async () => {
    const answers = send()
    expect(session.isUsable).toBe(false)
    expect(() => session.run(insert, ['e'], LONG_MS)).toThrow('4 at a time')
    expect(brief(await answers)).toEqual(['ok', 'ok', 'ok', 'ok'])
  })

  const middles: [string, Reaction, string[], boolean][] = [
    ['breaks a constraint', { type: 'error', sqlState: '23505' }, ['ok', 'failed 23505', 'ok', 'ok'], true],
    ['finds a demoted node', { type: 'error', sqlState: '25006' }, ['ok', 'failed 25006', 'ok', 'ok'], false],
    [
      'is ended by FATAL 57P01',
      { type: 'error', sqlState: '57P01', severity: 'FATAL' },
      ['ok', 'failed 57P01', 'unknown CLOSED', 'unknown CLOSED'],
      false,
    ],
    ['is closed', { type: 'close' }, ['ok', 'unknown CLOSED', 'unknown CLOSED', 'unknown CLOSED'], false],
    [
      'is closed after a warning',
      { type: 'close', notice: { sqlState: '57P02' } },
      ['ok', 'unknown 57P02', 'unknown 57P02', 'unknown 57P02'],
      false,
    ],
  ]
  it.each(middles)('have each its own outcome when the second %s', async (_, reaction, expected, isUsable) => {
    reactTo('b', reaction)
    expect(brief(await send())).toEqual(expected)
    expect(session.isUsable).toBe(isUsable)
    if (!isUsable) await until(() => server.open.size === 0)
  })

  it('are all unknown from the one on that is never answered, and the session is destroyed', async () => {
    reactTo('b', { type: 'hang' })
    expect(brief(await send(500))).toEqual(['ok', 'unknown TIMEOUT', 'unknown TIMEOUT', 'unknown TIMEOUT'])
    await until(() => server.open.size === 0)
  })

  it('keep a warning of the standby to the one that it came with', async () => {
    reactTo('b', { type: 'ok', notice: { sqlState: '01000', routine: 'SyncRepWaitForLSN' } })
    expect((await send()).map(({ isUnguarded }) => isUnguarded)).toEqual([false, true, false, false])
  })

  it('are unknown when the lab closes the session', async () => {
    reactTo('a', { type: 'hang' })
    const answers = send()
    await until(() => server.asked.length === 1)
    session.close()
    expect(brief(await answers)).toEqual(Array(4).fill('unknown ABORTED'))
  })
})

describe('the answers to two statements, a notice and a parameter between them,', () => {
  const notice = 'N\0\0\0\x2cSWARNING\0C01000\0RSyncRepWaitForLSN\0Mno\0\0'
  const ready = 'Z\0\0\0\x05I'
  const first = `1\0\0\0\x04t\0\0\0\x06\0\0T\0\0\0\x1a\0\x01n\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0`
  const answer = (n: string) => `2\0\0\0\x04D\0\0\0\x0b\0\x01\0\0\0\x01${n}C\0\0\0\x0fINSERT 0 1\0`
  const stream = Buffer.from(
    `${first}${answer('1')}${ready}S\0\0\0\x09a\0on\0${answer('2')}${notice}${ready}`,
    'latin1',
  )
  /** Where each ReadyForQuery ends. */
  const ends = [stream.indexOf(ready) + ready.length, stream.length]

  /** What becomes of two statements when this arrives, and then the end. */
  async function feed(parts: readonly Buffer[]): Promise<readonly Answer[]> {
    const { socket, session, receive } = open(2)
    const answers = ['1', '2'].map((value) => session.run(insert, [value], LONG_MS))
    for (const part of parts) receive(part)
    socket.destroy()
    return (await Promise.all(answers)).map((each) => ({ ...each, sentMs: 0, answeredMs: 0 }))
  }

  it('are the same wherever the bytes are cut', async () => {
    const whole = await feed([stream])
    expect(whole).toMatchObject([
      { outcome: 'ok', isUnguarded: false, row: { n: 1 } },
      { outcome: 'ok', isUnguarded: true, row: { n: 2 } },
    ])
    for (let at = 1; at < stream.length; at++) {
      expect(await feed([stream.subarray(0, at), stream.subarray(at)]), `cut at ${at}`).toEqual(whole)
    }
  })

  it('are acknowledgements up to the last whole ReadyForQuery when the server closes in the middle', async () => {
    for (let at = 0; at < stream.length; at++) {
      const expected = ends.map((end) => (end <= at ? 'ok' : 'unknown'))
      const answers = await feed([stream.subarray(0, at)])
      expect(
        answers.map(({ outcome }) => outcome),
        `closed at ${at}`,
      ).toEqual(expected)
    }
  })
})

it('what is sent when several answers were read at once goes out at once, and together', async () => {
  const { session, receive, sent } = open(2)
  const again = { isWanted: true }
  const send = () => session.send(insert, ['a'], LONG_MS, () => again.isWanted && send())
  send()
  send()
  await new Promise(process.nextTick)
  const before = sent.length
  const answer = '1\0\0\0\x042\0\0\0\x04Z\0\0\0\x05I'
  receive(Buffer.from(answer + answer, 'latin1'))
  expect(sent.length - before).toBe(1)
  again.isWanted = false
  session.close()
})

it('a statement that cannot be parsed leaves its name free for the next', async () => {
  const { session, receive, sent } = open(1)
  const first = session.run(insert, ['1'], LONG_MS)
  receive(Buffer.from('E\0\0\0\x0cC42P01\0\0Z\0\0\0\x05I', 'latin1'))
  expect(await first).toMatchObject({ outcome: 'failed', code: '42P01' })
  const second = session.run(insert, ['2'], LONG_MS)
  receive(Buffer.from('1\0\0\0\x042\0\0\0\x04Z\0\0\0\x05I', 'latin1'))
  expect(await second).toMatchObject({ outcome: 'ok' })
  void session.run(insert, ['3'], LONG_MS)
  session.close()
  expect(sent.map((bytes) => bytes.toString('latin1').startsWith('P'))).toEqual([true, true, false])
})

/** A session on a connection that is none. */
function open(pipeline: number) {
  const sent: Buffer[] = []
  const write = (chunk: Buffer, _: unknown, done: () => void) => {
    sent.push(Buffer.from(chunk))
    done()
  }
  const socket = new Duplex({ read() {}, write }) as unknown as Socket
  const session = new PgSession({ socket, server: 'a', clock: systemClock(), pipeline, end: () => {} })
  const incoming = new Incoming()
  const receive = (bytes: Buffer) => {
    incoming.take(bytes, bytes.length, (type, lent, from, to) => session.onMessage(type, lent, from, to))
    session.onRead()
  }
  return { socket, session, receive, sent }
}
