import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/log/clock.ts'
import { applySchema } from '../../src/traffic/apply-schema.ts'
import { FakePostgres } from './fake-postgres.ts'
import { until } from './until.ts'

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
