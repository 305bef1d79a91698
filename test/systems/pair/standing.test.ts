import { describe, expect, it } from 'vitest'
import { isBeyondRepair, problemsOf } from '../../../src/systems/pair/health.ts'
import { standing } from '../../../src/systems/pair/standing.ts'
import { whatRemains } from '../../../src/systems/pair/what-remains.ts'
import type { Given } from '../story.ts'
import { postgres, postgresFails, promoted, status, statusFails, story, whole } from './story.ts'

const stands = (...events: readonly Given[]) => standing(story(whole(100), ...events), 1_000)

describe('how a pair stands', () => {
  it('is confirmed where the proxy and the server agree', () => {
    expect(stands()).toMatchObject({ leader: { names: ['my_primary'], isConfirmed: true }, alarm: null, awaited: null })
  })

  it.each([
    ['both take writes', [postgres(300, 'my_standby', false)], 'TWO PRIMARIES', 'my_primary, my_standby'],
    ['the leader is silent', [postgresFails(500, 'my_primary')], 'LEADER GONE?', 'no answer for 0 s'],
    [
      'nobody takes writes yet',
      [postgresFails(400, 'my_primary'), status(500, promoted({ result: null }))],
      'NO PRIMARY',
      'my_standby is in recovery',
    ],
    ['the proxy is gone', [statusFails(500)], 'NO PROXY', 'no answer for 0 s'],
  ] as const)('is an alarm when %s', (_name, events, word, why) => {
    expect(stands(events).alarm).toEqual({ word, why })
  })

  it('waits for the proxy before it says who leads', () => {
    expect(standing(story(postgres(100, 'my_primary', false)), 200)).toMatchObject({
      leader: null,
      awaited: 'the proxy',
    })
  })
})

describe('what keeps a pair from being whole', () => {
  it('is nothing where the proxy promotes by the rule of the lab, or the lab names none', () => {
    expect(problemsOf(story(whole(100)))).toEqual([])
    expect(problemsOf(story(whole(100), status(200, { wantedRule: 'naive' })))).toEqual([])
  })

  it('is a proxy that promotes by another rule than the lab says', () => {
    expect(problemsOf(story(whole(100), status(200, { wantedRule: 'fenced' })))).toEqual([
      "proxy: it promotes by the naive rule, and this lab's is the fenced one",
    ])
  })

  it('does not mend by itself where two take writes by the naive rule', () => {
    const both = postgres(300, 'my_standby', false)
    expect(isBeyondRepair(story(whole(100)))).toBe(false)
    expect(isBeyondRepair(story(whole(100), both))).toBe(true)
    expect(isBeyondRepair(story(whole(100), both, status(400, { rule: 'fenced' })))).toBe(false)
  })
})

describe('what would remain without a server', () => {
  it('is not known before anybody has been seen to lead', () => {
    expect(whatRemains(story(), ['my_primary'])).toEqual([
      'Whether a server would be left that takes writes is not known: nobody has been seen to lead.',
    ])
    expect(whatRemains(story(), [])).toEqual([])
  })

  it('is nothing that is known of whoever does not answer', () => {
    expect(whatRemains(story(whole(100), postgresFails(200, 'my_standby')), ['my_primary'])).toEqual([
      'Whether anybody could take over is not known: my_standby does not answer.',
    ])
    expect(whatRemains(story(whole(100), statusFails(200)), ['my_primary'])).toEqual([
      'The proxy does not answer: whether it would promote my_standby is not known.',
    ])
    expect(whatRemains(story(whole(100), postgresFails(200, 'my_primary')), ['my_standby'])).toEqual([
      'The proxy leads to my_primary, which does not answer: it may be gone, and nobody could take over.',
    ])
  })

  it('is a leader without a standby', () => {
    expect(whatRemains(story(whole(100)), ['my_standby'])).toEqual([
      'my_primary has no standby: nobody could take over, and what it takes is on one server.',
    ])
  })
})
