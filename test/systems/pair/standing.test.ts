import { describe, expect, it } from 'vitest'
import { standing } from '../../../src/systems/pair/standing.ts'
import { type Given, postgres, postgresFails, promoted, status, statusFails, story, whole } from './story.ts'

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
