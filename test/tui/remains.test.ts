import { describe, expect, test } from 'vitest'
import { whatRemains } from '../../src/systems/patroni/what-remains.ts'
import { faultsInForce } from '../../src/tui/words/in-force.ts'
import { fault, healthy, injected, leaderDead, quorumLost, stateOf, type Timed } from './fixture.ts'

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
  test('nothing, in a healthy lab, or once it was put back', () => {
    expect(faultsInForce(calm)).toEqual([])
    const healed: Timed = [41_000, { type: 'fault.healed', id: 'kill', fault: 'kill', parts: ['patroni1'] }]
    expect(faultsInForce(stateOf([...leaderDead(), healed]))).toEqual([])
  })

  test('one that failed has changed nothing', () => {
    const [requested] = injected('pause', 31_000, 31_100)
    const failed: Timed = [
      31_100,
      { type: 'fault.failed', id: 'pause', fault: 'pause', parts: ['patroni1'], error: 'no' },
    ]
    expect(faultsInForce(stateOf([...healthy(), requested as Timed, failed]))).toEqual([])
  })

  test('on some parts only, once the others were put back', () => {
    const about = { id: 'a', fault: 'stop', parts: ['etcd1', 'etcd2'], text: 'stop' }
    const stopped = stateOf([...healthy(), [31_000, { type: 'fault.requested', ...about, target: 'etcd' }]])
    const started: Timed = [32_000, { type: 'fault.healed', ...about, parts: ['etcd1'] }]
    expect(faultsInForce(stateOf([started], stopped))).toMatchObject([{ what: 'stop', parts: ['etcd2'] }])
  })

  test('faults and keys together, what is stuck first', () => {
    const both = stateOf([...leaderDead(), ...fault(35_000)])
    expect(faultsInForce(both).map(({ what }) => what)).toEqual(['kill', 'isolate'])
    const stuck = stateOf(
      [[41_000, { type: 'fault.stuck', id: 'a1', fault: 'isolate', parts: ['patroni1'], error: '', byHand: [] }]],
      both,
    )
    expect(faultsInForce(stuck).map(({ what, isStuck }) => [what, isStuck])).toEqual([
      ['isolate', true],
      ['kill', false],
    ])
  })
})
