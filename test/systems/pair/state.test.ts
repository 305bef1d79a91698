import { describe, expect, it } from 'vitest'
import { lagBytesOf } from '../../../src/systems/pair/health.ts'
import { pairOf } from '../../../src/systems/pair/known.ts'
import { leaderOf, problemsOf } from '../../../src/systems/state.ts'
import { systemOf } from '../../../src/systems/systems.ts'
import { at, type Given } from '../story.ts'
import {
  container,
  fence,
  happened,
  postgres,
  postgresFails,
  primaryAt,
  promoted,
  standbyAt,
  status,
  statusFails,
  story,
  whole,
} from './story.ts'

describe('a pair', () => {
  it('is healthy while the proxy leads to a primary and the other streams from it', () => {
    const state = story(whole(100))
    expect(problemsOf(state)).toEqual([])
    expect(leaderOf(state)).toBe('my_primary')
    expect(lagBytesOf(state, 'my_standby')).toBe(100)
  })

  it.each([
    ['the proxy does not answer', [statusFails(200)], 'proxy: it does not answer (ECONNREFUSED)'],
    ['a server is gone', [postgresFails(200, 'my_standby')], 'my_standby: PostgreSQL does not answer (ECONNREFUSED)'],
    [
      'both take writes',
      [postgres(200, 'my_standby', false)],
      'my_standby: it takes writes as well, while the proxy sends clients to my_primary',
    ],
    [
      'the standby does not stream',
      [standbyAt(200, 'my_standby', 900, null)],
      'my_standby: it does not stream from my_primary',
    ],
    [
      'the leader is in recovery',
      [postgres(200, 'my_primary', true)],
      'my_primary: it should lead, and is still in recovery',
    ],
    ['a container is gone', [container(200, 'proxy', 'exited')], 'proxy: its container has exited'],
    [
      'a promotion failed',
      [status(200, promoted({ result: { type: 'failed', error: 'timeout' } }))],
      'proxy: my_standby could not be promoted (timeout)',
    ],
  ])('is not when %s', (_name, events, problem) => expect(problemsOf(story(whole(100), events))).toContain(problem))

  it('says of an old primary that it is on its way back', () => {
    const state = story(whole(100), [
      status(16_000, promoted({}, [fence])),
      postgres(16_100, 'my_standby', false, 2),
      primaryAt(16_100, 'my_standby', 2_000),
      postgres(16_200, 'my_primary', true),
      standbyAt(16_200, 'my_primary', 1_000, null),
    ])
    expect(problemsOf(state)).toEqual(['my_primary: it does not stream from my_standby, and is on its way back'])
  })
})

describe('a promotion', () => {
  const decided = status(10_250, promoted({ result: null }))
  const verdictOf = (...events: readonly Given[]) =>
    pairOf(story(whole(100), status(10_000), ...events)).promotions[0]?.verdict

  it('is timed by the proxy, between the readings around it', () => {
    const [promotion] = pairOf(story(whole(100), status(10_000), decided, status(10_500, promoted()))).promotions
    expect(promotion).toMatchObject({ decidedMs: 10_100, promotedMs: 10_450, seq: 10 })
    const early = { ...promoted({ at: at(3) }) }
    expect(pairOf(story(whole(100), status(10_000), status(10_250, early))).promotions[0]?.decidedMs).toBe(10_000)
  })

  it('of before the run is none of it', () => {
    expect(pairOf(story(status(100, promoted()), status(200, promoted()))).promotions).toEqual([])
  })

  it('is a failover with the time at which the new primary was out of recovery', () => {
    const state = story(whole(100), status(10_000), decided, postgres(10_300, 'my_standby', false, 2))
    expect(state.failovers).toMatchObject([
      { from: 'my_primary', to: 'my_standby', takenMs: 10_100, promotedMs: 10_300, proxyUpMs: 10_300 },
    ])
  })

  it('is a false one when the old primary says afterwards that it takes writes', () => {
    const twice = [postgres(10_300, 'my_primary', false), postgres(10_550, 'my_primary', false)]
    expect(verdictOf(decided, twice)).toBe('false')
    expect(story(whole(100), status(10_000), decided, twice).lines.at(-1)?.text).toContain('false promotion')
  })

  it('is not judged by an answer that may have been given before it', () => {
    expect(verdictOf(postgres(10_050, 'my_primary', false), decided, postgres(10_300, 'my_primary', false))).toBeNull()
  })

  it.each([
    ['refuses sessions', [postgresFails(10_300, 'my_primary', '57P03')]],
    ['is killed at that moment', [happened(10_300, 'my_primary', 'die')]],
    ['is in recovery', [postgres(10_300, 'my_primary', true), postgres(10_550, 'my_primary', true)]],
    [
      'has no process left',
      [
        [
          10_400,
          {
            type: 'postgres.inside',
            node: 'my_primary',
            askedMs: 10_350,
            reading: { ok: true, value: { type: 'gone' } },
          },
        ],
      ],
    ],
  ] as const)('is right when the old primary %s, also if it comes back as a primary', (_name, events) => {
    const back = [postgres(20_000, 'my_primary', false), postgres(20_250, 'my_primary', false)]
    expect(verdictOf(decided, ...(events as readonly Given[]), back)).toBe('right')
  })

  it('is right when the container had ended, or was paused, by then', () => {
    expect(verdictOf(container(10_050, 'my_primary', 'paused'), decided)).toBe('right')
  })

  it('is judged by what the engine heard inside where the lab is cut off', () => {
    const value = { type: 'answers', isInRecovery: false, forMs: 90_000 } as const
    const inside = {
      type: 'postgres.inside',
      node: 'my_primary',
      askedMs: 10_350,
      reading: { ok: true, value },
    } as const
    expect(verdictOf(decided, postgresFails(10_300, 'my_primary', 'timeout'), [10_400, inside])).toBe('false')
  })

  it('stays without a verdict while nothing is heard of the old primary', () => {
    expect(verdictOf(decided, postgresFails(10_300, 'my_primary', 'timeout'))).toBeNull()
  })
})

describe('two primaries', () => {
  it('are a split brain, whether or not a client goes to both', () => {
    const both = [10_500, 10_750, 11_000].flatMap((ms) => [
      postgres(ms, 'my_primary', false),
      postgres(ms + 100, 'my_standby', false, 2),
    ])
    const state = story(whole(100), status(10_000), status(10_250, promoted()), both)
    expect(state.splitBrain.spans).toMatchObject([
      { nodes: ['my_primary', 'my_standby'], basis: 'recovery', isOpen: true },
    ])
  })
})

describe('what the proxy says', () => {
  const texts = (...events: readonly Given[]) => story(whole(100), ...events).lines.map(({ text }) => text)

  it('is told once, in plain words', () => {
    const told = texts(
      status(10_000),
      status(10_250, promoted({ result: null })),
      status(10_500, promoted()),
      status(15_250, promoted({}, [fence])),
      status(17_000, promoted({}, [{ ...fence, rejoined: { at: at(16_900), by: 'pg_rewind' } }])),
      status(17_250, promoted({}, [{ ...fence, rejoined: { at: at(16_900), by: 'pg_rewind' } }])),
      statusFails(18_000),
    )
    expect(told.slice(-5)).toEqual([
      'leads to my_standby from now on, not to my_primary: a session broke (57P01)',
      'is promoted after 200 ms (timeline 2)',
      'is kept from starting as a primary: 4 commits past the fork (500 bytes; inserts: 3 into data_table)',
      'comes back as a standby by pg_rewind',
      'the proxy does not answer (ECONNREFUSED)',
    ])
  })

  it('is also why it does not promote', () => {
    const hold = {
      at: at(11_000),
      until: at(11_000),
      times: 1,
      why: { type: 'standby-hears-it', heardMsAgo: 80 },
    } as const
    expect(texts(status(10_000), status(11_000, { hold })).at(-1)).toBe(
      'does not promote: the standby heard the primary 80 ms ago',
    )
  })
})

describe('a preview', () => {
  const tell = (services: readonly string[], change = {}) => {
    const state = story(whole(100), status(200, change))
    return systemOf(state.lab).whatRemains(state, services, { handsOver: false })
  }

  it('says who takes over and what would be lost', () => {
    expect(tell(['my_primary'])).toEqual([
      'The proxy promotes my_standby as soon as a session breaks; there is no other standby then.',
      'What my_standby has not received is lost (now: 100 B).',
    ])
  })

  it('says that nobody takes over without the proxy, or without the standby', () => {
    expect(tell(['my_primary', 'proxy'])).toEqual([
      'No client reaches the pair through its proxy, and nobody is promoted.',
      'my_standby stays a standby: there is no proxy to promote it.',
    ])
    expect(tell(['my_primary', 'my_standby'])).toEqual(['Nobody could take over: no server would take writes.'])
    expect(tell(['my_standby'])[0]).toContain('my_primary has no standby')
  })
})
