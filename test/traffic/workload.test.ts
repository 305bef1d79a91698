import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/log/clock.ts'
import { applySchema, eventsWorkload } from '../../src/traffic/workload.ts'
import { FakePostgres } from './fake-postgres.ts'
import { until } from './until.ts'

describe('the events workload', () => {
  const workload = eventsWorkload('run1')

  it('gives every write an identity of its own, and all owners their share', () => {
    const writes = [1, 2, 3, 4, 5, 6].map((seq) => workload.write(seq))
    expect(writes.map((write) => write.identity)).toEqual(['run1:1', 'run1:2', 'run1:3', 'run1:4', 'run1:5', 'run1:6'])
    expect(writes.every((write) => write.values[0] === write.identity)).toBe(true)
    expect(new Set(writes.map((write) => write.values[1])).size).toBe(3)
  })

  it('reads leave nothing behind', () => {
    expect(workload.read(1)).toMatchObject({ identity: null, values: [] })
    expect(workload.read(1).statement.text).toMatch(/^SELECT/)
  })
})

describe('what the answers tell', () => {
  const workload = eventsWorkload('run1')

  it('a write returns its row and the position in the WAL', () => {
    expect(workload.write(1).statement.text).toContain('RETURNING id')
    expect(workload.written({ id: 7, lsn: 50331744 })).toEqual({ id: 7, lsn: 50331744, digest: null })
    expect(workload.written(null)).toEqual({ id: null, lsn: null, digest: null })
    expect(workload.written({ id: 7, lsn: 1, digest: -5 }).digest).toBe(-5)
    expect(workload.written({ id: '7', lsn: null })).toEqual({ id: null, lsn: null, digest: null })
  })

  it.each([
    ['run1:12', 12],
    ['run1:1', 1],
    ['run2:12', null],
    ['run11:12', null],
    ['run1:', null],
    ['run1:0', null],
    ['run1:-3', null],
    ['run1:1.5', null],
    ['run1:12x', null],
    ['run1:99999999999999999999', null],
    ['Встреча с клиентом', null],
    [null, null],
  ])('a read that returns the event %o saw write %o', (event_name, seq) => {
    const rows = seq === null ? [] : [{ seq, digest: -5 }]
    expect(workload.newest({ id: 7, newest: `-5 ${event_name}`, lsn: 9 })).toEqual({ seq, id: 7, lsn: 9, rows })
  })

  it('a read returns several rows, of which those of others are passed over', () => {
    const newest = '5 run1:9\n-3 of\nsomebody else\n7 run1:8'
    expect(workload.newest({ id: 7, newest, lsn: 9 })).toEqual({
      seq: 9,
      id: 7,
      lsn: 9,
      rows: [
        { seq: 9, digest: 5 },
        { seq: 8, digest: 7 },
      ],
    })
  })

  it('a read of an empty table saw nothing', () => {
    expect(workload.newest(null)).toEqual({ seq: null, id: 0, lsn: null, rows: [] })
    expect(workload.newest({ id: null, newest: null, lsn: 9 })).toEqual({ seq: null, id: 0, lsn: 9, rows: [] })
  })
})

describe('applying a schema', () => {
  let server: FakePostgres
  let stop: AbortController
  beforeEach(async () => {
    server = await FakePostgres.listen()
    stop = new AbortController()
  })
  afterEach(() => server.close())

  const apply = () => {
    const credentials = { database: 'app', user: 'app', password: 'secret' }
    return applySchema(
      { address: server.address, credentials, clock: systemClock() },
      'CREATE 1; CREATE 2',
      stop.signal,
    )
  }

  it('sends the text as it is, and leaves no connection behind', async () => {
    expect(await apply()).toEqual({ ok: true })
    expect(server.asked.map((asked) => asked.text)).toEqual(['CREATE 1; CREATE 2'])
    await until(() => server.open.size === 0)
  })

  it('tells why it could not be done', async () => {
    server.react = () => ({ type: 'error', sqlState: '25006' })
    expect(await apply()).toMatchObject({ ok: false, code: '25006' })
    server.welcome = { sqlState: '28P01' }
    expect(await apply()).toMatchObject({ ok: false, code: '28P01' })
    await until(() => server.open.size === 0)
  })

  it('ends at once when it is aborted', async () => {
    server.react = () => ({ type: 'hang' })
    const applied = apply()
    await until(() => server.asked.length === 1)
    stop.abort()
    expect(await applied).toMatchObject({ ok: false, code: 'ABORTED' })
    expect(await apply()).toMatchObject({ ok: false, code: 'ABORTED' })
    await until(() => server.open.size === 0)
  })
})
