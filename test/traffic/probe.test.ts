import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../../src/log/clock.ts'
import type { EventBody, ProbeAnswer, ProbeAnswered } from '../../src/model/events.ts'
import { type ProbeOptions, runProbe } from '../../src/traffic/probe.ts'
import { FakeClock } from './fake-clock.ts'
import { FakePostgres } from './fake-postgres.ts'
import { until } from './until.ts'

let server: FakePostgres
let events: EventBody[]
let stop: AbortController
let running: Promise<void>

beforeEach(async () => {
  server = await FakePostgres.listen()
  server.serverAddress = '172.30.77.21'
  events = []
  stop = new AbortController()
  running = Promise.resolve()
})

afterEach(async () => {
  await end()
  await server.close()
})

function start(change: Partial<ProbeOptions> = {}): void {
  const log = {
    append(body: EventBody) {
      events.push(body)
      return { seq: events.length, atMs: 0, ...body }
    },
  }
  const credentials = { database: 'app', user: 'app', password: 'secret' }
  const nameOf = (address: string) => (address === '172.30.77.21' ? 'patroni1' : address)
  const options: ProbeOptions = {
    log,
    clock: systemClock(),
    kind: 'write',
    address: server.address,
    credentials,
    nameOf,
    intervalMs: 20,
    ...change,
  }
  running = runProbe(options, stop.signal)
}

async function end(): Promise<void> {
  stop.abort()
  await running
}

/** Sessions live by the machine's own time, whatever clock the probes are begun by, and a busy machine takes much of it. */
const PATIENT = { timeoutMs: 60_000 }

const reports = () => events.filter((event): event is ProbeAnswered => event.type === 'probe')
const answers = (): ProbeAnswer[] => reports().flatMap((report) => report.answers)
const count = (outcome: string, code?: string) =>
  answers().filter((answer) => answer.outcome === outcome && answer.code === code).length

it('healthy probes take turns on one session, and tell who answered', async () => {
  const clock = new FakeClock()
  let answered = 0
  const nameOf = (address: string) => {
    answered++
    return address === '172.30.77.21' ? 'patroni1' : address
  }
  start({ ...PATIENT, clock, nameOf })
  for (let n = 1; n <= 60; n++) {
    await clock.advance(n === 1 ? 0 : 20)
    await until(() => answered === n)
  }
  expect(server.connections).toBe(1)
  await end()
  expect(answers()).toHaveLength(60)
  expect(answers().every((answer) => answer.server === 'patroni1' && answer.answeredMs >= answer.sentMs)).toBe(true)
  expect(server.asked.some((asked) => asked.text === 'INSERT INTO chaoslab_probe DEFAULT VALUES')).toBe(true)
})

it('a read probe writes nothing', async () => {
  start({ kind: 'read' })
  await until(() => count('ok') >= 5)
  expect(new Set(server.asked.map((asked) => asked.text))).toEqual(new Set(['SELECT 1']))
  expect(reports()[0]).toMatchObject({ kind: 'read', intervalMs: 20 })
})

it('a session that hangs costs one probe, and the others go on', async () => {
  server.react = ({ connection }) => ({ type: connection === 1 ? 'hang' : 'ok' })
  start()
  const lost = () => answers().find(({ outcome, code }) => outcome === 'unknown' && code === 'TIMEOUT')
  await until(() => lost() !== undefined)
  const { sentMs = 0, answeredMs = 0 } = lost() ?? {}
  expect(answers().some((each) => each.outcome === 'ok' && each.sentMs > sentMs && each.answeredMs < answeredMs)).toBe(
    true,
  )
  expect(server.asked.filter((asked) => asked.connection === 1)).toHaveLength(1)
})

it('nobody listens: every probe is failed, and the first to get through says when it is over', async () => {
  const { address } = server
  await server.close()
  start({ address })
  await until(() => count('failed', 'ECONNREFUSED') >= 10)
  server = await FakePostgres.listen(address.port)
  await until(() => count('ok') >= 5)
})

it('with a second endpoint probes go on through it when the first is gone', async () => {
  const second = await FakePostgres.listen()
  second.serverAddress = '172.30.77.22'
  const first = server
  start({ address: [first.address, second.address] })
  await until(() => count('ok') >= 5)
  await first.close()
  server = second
  const through = () => answers().filter((answer) => answer.server === '172.30.77.22')
  await until(() => through().length >= 10)
  const failures = answers().filter((answer) => answer.outcome !== 'ok')
  // Only those that were under way on the sessions that were cut.
  expect(failures.filter(({ sentMs }) => sentMs > (through()[0]?.answeredMs ?? 0))).toEqual([])
})

it('a proxy that accepts and closes fails every probe', async () => {
  server.welcome = 'close'
  start()
  await until(() => answers().length >= 10)
  expect(answers().every((answer) => answer.outcome === 'failed')).toBe(true)
  expect(server.asked).toEqual([])
})

it('connections that are never answered never pile up beyond the bound', async () => {
  server.welcome = 'hang'
  const clock = new FakeClock()
  start({ ...PATIENT, clock })
  await clock.advance(1_500)
  await until(() => server.connections === 60)
  await end()
  expect(server.connections).toBe(60)
  // Of 76 that began.
  expect(count('failed', 'NO_SESSION')).toBe(16)
})

it('connections that are never answered fail for want of a login, and are closed', async () => {
  server.welcome = 'hang'
  start({ timeoutMs: 50 })
  await until(() => count('failed', 'CONNECT_TIMEOUT') >= 10)
  await end()
  expect(new Set(answers().map(({ code }) => code))).toEqual(new Set(['CONNECT_TIMEOUT']))
  await until(() => server.open.size === 0)
})

it('a server that has become slow is asked on the sessions that are there, and not logged in to anew', async () => {
  server.held = []
  const { held } = server
  const clock = new FakeClock()
  let answered = 0
  const connections: number[] = []
  start({ ...PATIENT, clock, nameOf: () => `answer ${++answered}` })
  for (let round = 1; round <= 3; round++) {
    for (let asked = 1; asked <= 10; asked++) {
      await clock.advance(asked === 1 && round === 1 ? 0 : 20)
      await until(() => held.length === asked)
    }
    for (const tell of held.splice(0)) tell()
    await until(() => answered === 10 * round)
    connections.push(server.connections)
  }
  expect(connections).toEqual([10, 10, 10])
})

it('a demoted node is left after its 25006', async () => {
  server.react = ({ connection }) => (connection === 1 ? { type: 'error', sqlState: '25006' } : { type: 'ok' })
  start()
  await until(() => count('ok') >= 5)
  expect(count('failed', '25006')).toBe(1)
  expect(server.asked.filter((asked) => asked.connection === 1)).toHaveLength(1)
})

it('silence is reported too, every 100 ms', async () => {
  server.welcome = 'hang'
  const clock = new FakeClock()
  start({ ...PATIENT, clock })
  await clock.advance(500)
  expect(reports()).toHaveLength(6)
  expect(answers()).toEqual([])
})

it('probes are begun by the clock, and what was missed in a stall is left out', async () => {
  server.welcome = 'close'
  const clock = new FakeClock()
  start({ clock })
  await clock.advance(40)
  clock.stall(1_005)
  await clock.advance(35)
  await until(() => server.connections >= 6 && server.open.size === 0)
  await clock.advance(100)
  await end()
  const begun = answers().map((answer) => answer.sentMs)
  expect(begun.filter((ms) => ms <= 1_080)).toEqual([0, 20, 40, 1_045, 1_060, 1_080])
})

it('an abort leaves nothing open, and its own cuts are not taken for answers', async () => {
  server.react = () => ({ type: 'hang' })
  start(PATIENT)
  await until(() => server.asked.length >= 5)
  await end()
  expect(answers()).toEqual([])
  await until(() => server.open.size === 0)
})

it('the table is trimmed once a minute on the idle session', async () => {
  const clock = new FakeClock()
  start({ clock })
  await clock.advance(0)
  await until(() => server.asked.length === 1)
  clock.stall(60_000)
  await clock.advance(0)
  await until(() => server.asked.some((asked) => asked.text.startsWith('DELETE FROM chaoslab_probe')))
})

it('names the rows that it writes, and tells the number of each', async () => {
  start({ runId: 'run1' })
  await until(() => [1, 2, 3].every((n) => answers().some((answer) => answer.n === n)))
  expect(
    answers()
      .map(({ n = 0 }) => n)
      .sort((a, b) => a - b)
      .slice(0, 3),
  ).toEqual([1, 2, 3])
  expect(server.asked.some(({ text }) => text.includes('INSERT INTO chaoslab_probe (name)'))).toBe(true)
})

it('goes on without names where the table is one of before, and says so by leaving them out', async () => {
  server.react = ({ text }) => (text.includes('(name)') ? { type: 'error', sqlState: '42703' } : { type: 'ok' })
  start({ runId: 'run1' })
  await until(() => count('ok') >= 5)
  expect(answers().some(({ n, code }) => code === '42703' && n !== undefined)).toBe(true)
  expect(answers().filter(({ n, outcome }) => outcome === 'ok' && n !== undefined)).toEqual([])
})
