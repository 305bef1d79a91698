import { describe, expect, test } from 'vitest'
import { whatRemains } from '../../src/systems/patroni/what-remains.ts'
import { inForce } from '../../src/tui/words/in-force.ts'
import { container, fault, healthy, leaderDead, quorumLost, stateOf } from './fixture.ts'

const calm = stateOf(healthy())

describe('what would remain when several go at once', () => {
  test('two etcd members of three lose the quorum, though either alone would not, and it is said once', () => {
    const told = whatRemains(calm, ['etcd2', 'etcd3'], { handsOver: false })
    expect(told.filter((each) => each.includes('quorum is lost'))).toHaveLength(1)
    expect(told.join()).not.toContain('quorum holds')
    expect(whatRemains(calm, ['etcd2'], { handsOver: false }).join()).toContain('quorum holds')
  })

  test('who goes as well cannot take over, and serves nobody', () => {
    const told = whatRemains(calm, ['patroni1', 'patroni2'], { handsOver: false }).join('\n')
    expect(told).toContain('Could take over: patroni3')
    expect(told).not.toMatch(/patroni2/)
    expect(told).toContain('5002: patroni3 would be left')
    expect(whatRemains(calm, ['patroni1'], { handsOver: false }).join('\n')).toContain('patroni2')
  })

  test('a leader that goes too is not said to lead on', () => {
    expect(whatRemains(calm, ['patroni2', 'patroni1'], { handsOver: false }).join()).not.toContain('leads on')
    expect(whatRemains(calm, ['patroni2', 'patroni3'], { handsOver: false }).join()).toContain('patroni1 leads on')
  })

  test('all nodes leave nobody', () => {
    expect(whatRemains(calm, ['patroni1', 'patroni2', 'patroni3'], { handsOver: false }).join()).toContain(
      'No replica is left',
    )
  })

  test('members of which one is away already', () => {
    expect(whatRemains(stateOf(quorumLost()), ['etcd1', 'etcd2'], { handsOver: false }).join()).not.toContain(
      'quorum holds',
    )
  })
})

describe('what is in force', () => {
  test('nothing, in a healthy lab, or once what a key did was put back by whomever', () => {
    expect(inForce(calm)).toEqual([])
    expect(inForce(stateOf([...leaderDead(), container(41_000, 'patroni1', 'running')]))).toEqual([])
  })

  test('a key that failed has changed nothing', () => {
    const failed = stateOf([
      ...healthy(),
      [31_000, { type: 'action.requested', id: 1, verb: 'pause', service: 'patroni1', command: '' }],
      [31_100, { type: 'action.failed', id: 1, verb: 'pause', service: 'patroni1', error: 'is not running' }],
    ])
    expect(inForce(failed)).toEqual([])
  })

  test('a paused container that was killed from elsewhere is not paused', () => {
    const paused = stateOf([
      ...healthy(),
      [31_000, { type: 'action.requested', id: 1, verb: 'pause', service: 'patroni1', command: '' }],
      [31_100, { type: 'action.done', id: 1, verb: 'pause', service: 'patroni1' }],
      container(31_100, 'patroni1', 'paused'),
    ])
    expect(inForce(paused)).toMatchObject([{ what: 'pause', parts: ['patroni1'], isThere: true }])
    expect(inForce(stateOf([container(32_000, 'patroni1', 'exited')], paused))).toEqual([])
  })

  test('faults and keys together, what is stuck first', () => {
    const both = stateOf([...leaderDead(), ...fault(35_000)])
    expect(inForce(both).map(({ what }) => what)).toEqual(['kill', 'isolate'])
    const stuck = stateOf(
      [[41_000, { type: 'fault.stuck', id: 'a1', fault: 'isolate', parts: ['patroni1'], error: '', byHand: [] }]],
      both,
    )
    expect(inForce(stuck).map(({ what, isStuck }) => [what, isStuck])).toEqual([
      ['isolate', true],
      ['kill', false],
    ])
  })
})
