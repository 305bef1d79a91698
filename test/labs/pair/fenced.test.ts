import { afterEach, describe, expect, it } from 'vitest'
import type { Check } from '../../../labs/pair/proxy/rule.ts'
import { judge } from '../../../labs/pair/proxy/rule-fenced.ts'
import type { Hearing } from '../../../labs/pair/proxy/servers.ts'
import { eventually } from '../../eventually.ts'
import { deaf, Pair, streaming } from './harness.ts'

const settings = { fall: 3, overMs: 2000, hearsWithinMs: 3000 }
const streamed = { epoch: 0, streamedIn: 0 }

/** Checks a second apart. */
function checks(...looks: readonly { readonly fails?: boolean; readonly hearing: Hearing | null }[]): Check[] {
  return looks.map(({ fails = true, hearing }, n) => ({
    at: new Date(n * 1000).toISOString(),
    leader: 'my_primary',
    leaderError: fails ? 'ECONNREFUSED' : null,
    standby: 'my_standby',
    hearing,
    standbyError: hearing === null ? 'ECONNREFUSED' : null,
  }))
}

const silent = { hearing: deaf }

describe('a run of checks', () => {
  const stale = { hearing: streaming(9000) }
  const fine = { fails: false, hearing: streaming(10) }
  const cases: readonly [string, Check[], object | null][] = [
    ['nothing is decided while the leader answers', checks(silent, silent, silent, fine), null],
    ['too few failed checks are waited out', checks(fine, silent, silent), { type: 'too-few-checks', failed: 2 }],
    ['enough of them promote', checks(fine, silent, silent, silent), { type: 'silent', checks: 3, forMs: 2000 }],
    ['a receiver that has heard nothing for long is deaf', checks(stale, stale, stale), { type: 'silent', checks: 3 }],
    [
      'the standby vouches for a leader that it hears',
      checks(silent, silent, silent, { hearing: streaming(100) }),
      { type: 'standby-hears-it', heardMsAgo: 100 },
    ],
    [
      'a check in which it was heard begins the count again',
      checks(silent, silent, { hearing: streaming(100) }, silent, silent),
      { type: 'too-few-checks', failed: 2 },
    ],
    [
      'a check in which the leader answered begins the count again',
      checks(silent, silent, fine, silent, silent),
      { type: 'too-few-checks', failed: 2 },
    ],
    [
      'a check in which the standby did not answer proves nothing',
      checks(silent, silent, { hearing: null }, silent),
      { type: 'too-few-checks', failed: 1 },
    ],
    [
      'a standby that cannot be reached is not promoted',
      checks(silent, silent, silent, { hearing: null }),
      { type: 'standby-unreachable', error: 'ECONNREFUSED' },
    ],
  ]
  it.each(cases)('%s', (_name, run, outcome) => {
    const found = judge(run, streamed, settings)
    if (outcome === null) expect(found).toBeNull()
    else expect(found).toMatchObject(outcome)
  })

  it('does not promote a standby that never streamed from this leader', () => {
    const run = checks(silent, silent, silent)
    expect(judge(run, { epoch: 2, streamedIn: 0 }, settings)).toEqual({ type: 'never-streamed', epoch: 2 })
  })

  it('takes checks as well as time', () => {
    const run = checks(silent, silent, silent)
    expect(judge(run, streamed, { ...settings, fall: 4 })).toMatchObject({ type: 'too-few-checks', failed: 3 })
  })

  it('takes time as well as checks', () => {
    const run = checks(silent, silent, silent)
    expect(judge(run, streamed, { ...settings, overMs: 2001 })).toMatchObject({ type: 'too-few-checks', failed: 3 })
  })
})

describe('the fenced rule', () => {
  let pair: Pair
  afterEach(() => pair.close())
  const start = async () => {
    pair = await Pair.start({ isFenced: true })
    await eventually(async () => expect((await pair.status()).checks).not.toHaveLength(0))
  }
  const fail = () => {
    pair.isPrimary = async () => {
      throw Object.assign(new Error('nobody there'), { code: 'ECONNREFUSED' })
    }
  }
  const failover = async () => {
    fail()
    pair.hearing = async () => deaf
    await eventually(async () => expect((await pair.status()).promotions.at(-1)?.result?.type).toBe('promoted'))
  }

  it('promotes nobody for the troubles of sessions', async () => {
    await start()
    await pair.connect()
    pair.primary.cutAll()
    await eventually(async () => expect((await pair.status()).troubles).toHaveLength(1))
    expect((await pair.status()).epoch).toBe(0)
  })

  it('promotes nobody while the standby hears the primary, and says so', async () => {
    await start()
    fail()
    await eventually(async () => {
      const held = (await pair.status()).decisions.find((each) => each.type === 'hold')
      expect(held).toMatchObject({ why: { type: 'standby-hears-it', heardMsAgo: 10 } })
      expect(held?.times).toBeGreaterThan(5)
    })
    expect(pair.promoted).toEqual([])
    expect((await pair.status()).leadsTo).toBe('my_primary')
  })

  it('promotes when neither hears it, and forbids the old primary to start', async () => {
    await start()
    expect((await pair.get('/may-start?node=my_primary')).status).toBe(200)
    expect((await pair.get('/may-start?node=my_standby')).status).toBe(409)
    await failover()
    expect(pair.promoted).toEqual(['my_standby'])
    const { leadsTo, why, settings: told } = await pair.status()
    expect(leadsTo).toBe('my_standby')
    expect(told).toMatchObject({ fall: 3, overMs: 1, hearsWithinMs: 3000 })
    expect(why?.type === 'silent' && why.checks).toBeGreaterThanOrEqual(3)
    expect((await pair.get('/may-start?node=my_primary')).status).toBe(409)
    expect((await pair.get('/may-start?node=my_standby')).status).toBe(200)
    expect((await pair.get('/may-start?node=stranger')).status).toBe(400)
  })

  it('lets nobody start as the primary between the decision and the promotion', async () => {
    await start()
    const seen: number[] = []
    pair.promote = async () => {
      seen.push((await pair.get('/may-start?node=my_primary')).status)
      return { timeline: 2, fork: '0/3000148' }
    }
    await failover()
    expect(seen).toEqual([409])
  })

  it('goes on with a promotion that failed, and does not take the decision back', async () => {
    await start()
    pair.promote = async () => {
      if (pair.promoted.length < 3) throw new Error('not now')
      return { timeline: 2, fork: '0/3000148' }
    }
    await failover()
    expect(pair.promoted).toHaveLength(3)
    expect((await pair.status()).epoch).toBe(1)
  })

  it('allows a leader to begin with nothing only while no standby ever had a copy', async () => {
    pair = await Pair.start({ isFenced: true, checkEveryMs: 1_000_000 })
    await eventually(async () => expect((await pair.status()).checks).toHaveLength(1))
    expect(await (await pair.get('/may-start?node=my_primary')).json()).toMatchObject({ mayInitialise: false })
    await pair.close()
    pair = await Pair.start()
    expect(await (await pair.get('/may-start?node=my_primary')).json()).toMatchObject({ mayInitialise: true })
  })

  it('reports what a fenced primary took past the fork, and how it came back', async () => {
    await start()
    await failover()
    const facts = { when: 'running', walBytesPastFork: 512, commitsPastFork: 3, insertsPastFork: { data_table: 3 } }
    await pair.post('/fenced?node=my_primary', facts)
    expect((await pair.status()).fences).toMatchObject([{ node: 'my_primary', epoch: 1, ...facts, rejoined: null }])
    await pair.post('/rejoined?node=my_primary', { by: 'pg_rewind' })
    expect((await pair.status()).fences).toMatchObject([{ rejoined: { by: 'pg_rewind' } }])
    expect((await pair.post('/fenced?node=stranger', facts)).status).toBe(400)
    await pair.post('/rejoined?node=my_primary', { by: 'pg_basebackup' })
    expect((await pair.status()).fences).toMatchObject([{ rejoined: { by: 'pg_rewind' } }])
    const metrics = await (await pair.get('/metrics')).text()
    expect(metrics).toContain('pair_proxy_wal_past_fork_bytes{node="my_primary",epoch="1"} 512\n')
    expect(metrics).toContain('pair_proxy_leads_to{node="my_standby"} 1\n')
  })

  it('keeps what a node said first when its way back had to begin again', async () => {
    await start()
    await failover()
    await pair.post('/fenced?node=my_primary', { when: 'running', walBytesPastFork: 512 })
    await pair.post('/fenced?node=my_primary', { when: 'running', walBytesPastFork: 0 })
    expect((await pair.status()).fences).toMatchObject([{ walBytesPastFork: 512 }])
  })

  it('swaps the roles back once the old primary has streamed from the new one', async () => {
    await start()
    await failover()
    pair.hearing = async () => streaming(10)
    pair.isPrimary = async () => true
    await eventually(async () => expect((await pair.status()).checks.at(-1)?.leaderError).toBeNull())
    fail()
    pair.hearing = async () => deaf
    await eventually(async () => expect((await pair.status()).epoch).toBe(2))
    expect(pair.promoted).toEqual(['my_standby', 'my_primary'])
    expect((await pair.get('/may-start?node=my_standby')).status).toBe(409)
  })
})
