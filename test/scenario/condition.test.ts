import { describe, expect, it } from 'vitest'
import type { EventBody } from '../../src/model/events.ts'
import { type Condition, conditionSchema, describeCondition, holds } from '../../src/scenario/condition.ts'
import { cluster, etcd, events, key, started, type Timed } from '../model/events.ts'
import { initialState, reduce, type State } from '../patroni.ts'
import { readings, tick } from '../report/fixture.ts'

const before = { leader: 'patroni1' }

function state(timed: readonly Timed[]): State {
  return events([[0, started], ...timed]).reduce(reduce, initialState)
}

function seenAfter(...bodies: readonly EventBody[]): State {
  return state(bodies.map((body, index): Timed => [index + 1, body]))
}

const leads = (is: Extract<Condition, { type: 'leader' }>['is']): Condition => ({ type: 'leader', is })

describe('a condition', () => {
  it('an alert fires or is over by the word of Prometheus, and while that is silent neither', () => {
    const fires: Condition = { type: 'alert', name: 'EtcdNoQuorum', fires: true }
    const isOver: Condition = { ...fires, fires: false }
    const firing = (...names: string[]): EventBody => {
      return { type: 'prometheus.alerts', reading: { ok: true, value: { firing: names } } }
    }
    const silent: EventBody = { type: 'prometheus.alerts', reading: { ok: false, error: 'ECONNREFUSED' } }
    const both = (state: State) => [holds(fires, state, before), holds(isOver, state, before)]
    expect(both(seenAfter(firing('EtcdNoQuorum', 'HaproxyDown')))).toEqual([true, false])
    expect(both(seenAfter(firing('HaproxyDown')))).toEqual([false, true])
    expect(both(seenAfter(firing('EtcdNoQuorum'), silent))).toEqual([false, false])
    expect(both(initialState)).toEqual([false, false])
  })

  it('healthy holds once every source has said that all is well, and not before', () => {
    const whole = state([[1, key('patroni1', 10)], ...readings(1_000, 'patroni1')])
    expect(holds({ type: 'healthy' }, whole, before)).toBe(true)
    expect(holds({ type: 'healthy' }, initialState, before)).toBe(false)
    const broken = state([[1, key('patroni1', 10)], ...readings(1_000, 'patroni1', ['patroni2'])])
    expect(holds({ type: 'healthy' }, broken, before)).toBe(false)
  })

  it.each([
    ['changed', 'patroni2', true],
    ['changed', 'patroni1', false],
    ['changed', null, false],
    ['none', null, true],
    ['none', 'patroni1', false],
    ['any', 'patroni3', true],
    ['any', null, false],
  ] as const)('leader %s with %s leading: %s', (is, leader, wanted) => {
    expect(holds(leads(is), seenAfter(key(leader, 10)), before)).toBe(wanted)
  })

  it('nobody leads only where that is known: not while nobody says', () => {
    expect(holds(leads('none'), initialState, before)).toBe(false)
    expect(holds(leads('none'), seenAfter(), before)).toBe(false)
    const silent: EventBody = { type: 'etcd.lease', via: 'etcd1', reading: { ok: false, error: 'DEADLINE_EXCEEDED' } }
    expect(holds(leads('none'), seenAfter(key(null, 10), silent), before)).toBe(false)
  })

  it('leader NAME holds for that node alone', () => {
    expect(holds(leads({ name: 'patroni2' }), seenAfter(key('patroni2', 10)), before)).toBe(true)
    expect(holds(leads({ name: 'patroni2' }), seenAfter(key('patroni1', 10)), before)).toBe(false)
  })

  it('writes flow while any was acknowledged in the last second; without a summary nothing does', () => {
    const flowing: Condition = { type: 'writes', are: 'flowing' }
    const stopped: Condition = { type: 'writes', are: 'stopped' }
    for (const [seen, isFlowing] of [
      [seenAfter(tick({ ok: 1 })), true],
      [seenAfter(tick({ ok: 100 }), tick({ failed: 100 })), false],
      [initialState, false],
    ] as const) {
      expect(holds(flowing, seen, before)).toBe(isFlowing)
      expect(holds(stopped, seen, before)).toBe(!isFlowing)
    }
    expect(holds({ type: 'reads', are: 'flowing' }, seenAfter(tick({ ok: 0 })), before)).toBe(true)
  })

  it('writes neither flow nor stand still while nobody knows', () => {
    const set: EventBody = { type: 'traffic.set', isOn: true, writesPerSecond: 50, readsPerSecond: 0 }
    const both = (seen: State) =>
      (['flowing', 'stopped'] as const).map((are) => holds({ type: 'writes', are }, seen, before))
    expect(both(seenAfter(set))).toEqual([false, false])
    expect(both(seenAfter(set, tick({ asleep: 50 })))).toEqual([false, false])
    expect(both(seenAfter(set, tick({ asleep: 40, unknown: 2 })))).toEqual([false, true])
  })

  it('a synchronous standby is neither there nor gone while nobody says', () => {
    for (const value of [true, false])
      expect(holds({ type: 'own', key: 'sync_standby', value }, initialState, before)).toBe(false)
  })

  it('quorum is neither there nor gone while nobody has said', () => {
    for (const has of [true, false])
      expect(holds({ type: 'own', key: 'quorum', value: has }, initialState, before)).toBe(false)
    const there = seenAfter(etcd('etcd1', {}))
    expect(holds({ type: 'own', key: 'quorum', value: true }, there, before)).toBe(true)
    const gone = seenAfter(etcd('etcd1', { hasQuorum: false }))
    expect(holds({ type: 'own', key: 'quorum', value: false }, gone, before)).toBe(true)
  })

  it.each([
    ['sync_standby', true],
    ['quorum_standby', true],
    ['replica', false],
  ] as const)('a %s makes a synchronous standby: %s', (role, has) => {
    const seen = seenAfter(cluster({ patroni1: 'leader', patroni2: role }))
    expect(holds({ type: 'own', key: 'sync_standby', value: has }, seen, before)).toBe(true)
    expect(holds({ type: 'own', key: 'sync_standby', value: !has }, seen, before)).toBe(false)
  })
})

describe('as it is written', () => {
  it.each([
    ['healthy', { type: 'healthy' }, 'the cluster is healthy'],
    [{ leader: 'changed' }, leads('changed'), 'another node leads'],
    [{ leader: 'patroni2' }, leads({ name: 'patroni2' }), 'patroni2 leads'],
    [{ writes: 'stopped' }, { type: 'writes', are: 'stopped' }, 'writes stand still'],
    [{ quorum: false }, { type: 'own', key: 'quorum', value: false }, 'etcd has no quorum'],
    [{ alert: 'HaproxyDown' }, { type: 'alert', name: 'HaproxyDown', fires: true }, 'the alert HaproxyDown fires'],
    [{ no_alert: 'X' }, { type: 'alert', name: 'X', fires: false }, 'the alert X is over'],
    [{ sync_standby: true }, { type: 'own', key: 'sync_standby', value: true }, 'there is a synchronous standby'],
  ] as const)('%j is read, and told', (written, wanted, told) => {
    const condition = conditionSchema.parse(written)
    expect(condition).toEqual(wanted)
    expect(describeCondition(condition)).toBe(told)
  })

  it.each([
    'well',
    {},
    { leader: '; rm -rf /' },
    { leader: '../../etc/passwd' },
    { writes: 'fast' },
    { leader: 'any', writes: 'flowing' },
    { quorum: 'yes' },
    ['healthy'],
    null,
  ])('%j is refused', (written) => {
    expect(conditionSchema.safeParse(written).success).toBe(false)
  })
})
