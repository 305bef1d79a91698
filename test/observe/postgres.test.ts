import { afterEach, describe, expect, test } from 'vitest'
import type { EventBody } from '../../src/model/events.ts'
import { observePostgres, parseRow, type WitnessRow } from '../../src/observe/postgres.ts'
import { freePort } from '../free-port.ts'
import { type FakePostgres, fakePostgres } from './fake-postgres.ts'
import { fakeClock, type Listening, patientClock, quickClock, recorder, silentServer } from './fakes.ts'

const primary: WitnessRow = {
  is_in_recovery: false,
  received_timeline: null,
  control_timeline: null,
  primary_timeline_hex: '0000000A',
  lsn: '67443648',
  address: '172.30.77.23',
  system_id: '7710154469389340694',
}
const standby = { ...primary, is_in_recovery: true, primary_timeline_hex: null, received_timeline: 5 }
const orphan = { ...standby, received_timeline: null, control_timeline: 2 }

describe('a row', () => {
  test('of a primary', () => {
    expect(parseRow(primary, null)).toEqual({
      isInRecovery: false,
      timeline: 10,
      lsn: 67443648,
      address: '172.30.77.23',
      systemId: '7710154469389340694',
    })
  })

  test('of a standby tells the timeline that it receives, whatever the control file still says', () => {
    expect(parseRow({ ...standby, control_timeline: 3 }, null)).toMatchObject({ isInRecovery: true, timeline: 5 })
  })

  test('of a standby that receives nothing does not fall back behind what it was on before', () => {
    expect(parseRow(orphan, null).timeline).toBe(2)
    expect(parseRow(orphan, parseRow(standby, null)).timeline).toBe(5)
    expect(parseRow(orphan, parseRow(orphan, parseRow(standby, null))).timeline).toBe(5)
    expect(parseRow({ ...orphan, control_timeline: 6 }, parseRow(standby, null)).timeline).toBe(6)
  })

  test('of another system starts afresh', () => {
    expect(parseRow({ ...orphan, system_id: '1' }, parseRow(standby, null)).timeline).toBe(2)
  })

  test('without what the role may not read', () => {
    const bare = { ...orphan, control_timeline: null, system_id: null, lsn: null, address: null }
    expect(parseRow(bare, null)).toEqual({ isInRecovery: true, timeline: null, lsn: null, address: null, systemId: '' })
  })

  test('that is missing is no answer', () => {
    expect(() => parseRow(undefined, null)).toThrow(expect.objectContaining({ code: 'unexpected answer' }))
  })
})

describe('the observer', () => {
  const servers: Listening[] = []
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()))
  })
  const fake = async (port?: number): Promise<FakePostgres> => {
    const server = await fakePostgres(port)
    const row = Object.entries({ ...standby, is_in_recovery: 't', received_timeline: '5' })
    server.atQuery = () => ({
      row: Object.fromEntries(row.map(([name, value]) => [name, value === null ? null : String(value)])),
    })
    servers.push(server)
    return server
  }
  const start = (ports: Record<string, number>, clock = patientClock()) => {
    const log = recorder()
    const stop = new AbortController()
    const nodes = Object.entries(ports).map(([name, port]) => ({ name, address: { host: '127.0.0.1', port } }))
    const credentials = { database: 'app', user: 'app', password: 'app' }
    const done = observePostgres({ log, clock, nodes, credentials }, stop.signal)
    return { log, stop, done }
  }
  const said = (node: string, what: string) => (event: EventBody) =>
    event.type === 'postgres.node' && event.node === node && (event.reading.ok ? 'ok' : event.reading.error) === what

  test('asks again and again on one connection', async () => {
    const server = await fake()
    const { log, stop, done } = start({ a: server.port })
    const event = await log.next(said('a', 'ok'))
    expect(event).toMatchObject({ reading: { value: { isInRecovery: true, timeline: 5, lsn: 67443648 } } })
    await log.next(said('a', 'ok'))
    await log.next(said('a', 'ok'))
    expect(server.sessions).toBe(1)
    stop.abort()
    await done
  })

  test('one node hangs, one refuses, and the third is read all the same', async () => {
    const [silent, alive] = [await silentServer(), await fake()]
    servers.push(silent)
    const { log, stop, done } = start({ hung: silent.port, refused: await freePort(), alive: alive.port }, quickClock())
    await Promise.all([
      log.next(said('hung', 'timeout')),
      log.next(said('refused', 'ECONNREFUSED')),
      log.next(said('alive', 'ok')),
    ])
    const count = (node: string, what: string) => log.events.filter(said(node, what)).length
    await expect.poll(() => count('alive', 'ok') > count('hung', 'timeout')).toBe(true)
    stop.abort()
    await done
  })

  test('a server that falls silent on a kept connection is asked on a new one', async () => {
    const server = await fake()
    const { log, stop, done } = start({ a: server.port }, quickClock())
    await log.next(said('a', 'ok'))
    const speak = server.atQuery
    server.atQuery = () => 'nothing'
    await log.next(said('a', 'timeout'))
    server.atQuery = speak
    await log.next(said('a', 'ok'))
    expect(server.sessions).toBeGreaterThan(1)
    stop.abort()
    await done
  })

  test('a server that is starting up says so, then is read', async () => {
    const server = await fake()
    server.atStart = () => ({ error: '57P03' })
    const { log, stop, done } = start({ a: server.port })
    await log.next(said('a', '57P03'))
    server.atStart = () => 'let in'
    await log.next(said('a', 'ok'))
    stop.abort()
    await done
  })

  test('a shutdown that cuts the idle connection, and the return', async () => {
    const first = await fake()
    const { log, stop, done } = start({ a: first.port })
    await log.next(said('a', 'ok'))
    await first.shutDown()
    await first.close()
    await log.next(said('a', 'ECONNREFUSED'))
    await fake(first.port)
    await log.next(said('a', 'ok'))
    stop.abort()
    await done
  })

  test('a connection that was ended while idle is made again without a failed reading', async () => {
    const server = await fake()
    const clock = fakeClock()
    const { log, stop, done } = start({ a: server.port }, clock)
    await log.next(said('a', 'ok'))
    await server.shutDown()
    await Promise.all([log.next(() => true), clock.advance(250)])
    expect(log.events.every(said('a', 'ok'))).toBe(true)
    expect(server.sessions).toBe(2)
    stop.abort()
    await done
  })

  test('a role that may not read the control file is asked for less', async () => {
    const server = await fake()
    const row = server.atQuery
    server.atQuery = (sql) => (sql.includes('pg_control_') ? { error: '42501' } : row(sql))
    const { log, stop, done } = start({ a: server.port })
    await log.next(said('a', '42501'))
    await log.next(said('a', 'ok'))
    stop.abort()
    await done
  })

  test('an abort ends it while every server hangs, and nothing is reported after', async () => {
    const silent = await silentServer()
    servers.push(silent)
    const { log, stop, done } = start({ a: silent.port, b: silent.port }, quickClock())
    await log.next(said('a', 'timeout'))
    stop.abort()
    const count = log.events.length
    await done
    expect(log.events.length).toBe(count)
  })
})
