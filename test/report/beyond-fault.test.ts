import { describe, expect, it } from 'vitest'
import { findFigure } from '../../src/report/figures.ts'
import type { Summary } from '../../src/report/summary-schema.ts'
import { findFaultKind } from '../../src/systems/fault-kinds.ts'
import { killed, summary } from '../scenario/fixture.ts'

type Fault = Summary['faults'][number]

const settings: Summary['settings'] = {
  ...killed.settings,
  ttlSeconds: 20,
  loopWaitSeconds: 2,
  retryTimeoutSeconds: 3,
  isSynchronous: false,
  isFailsafe: false,
  proxyCheck: { interSeconds: 1, fall: 2, rise: 1 },
}

function fault(name: string, change: Partial<Fault> = {}): Fault {
  return {
    part: 'patroni1',
    fault: name,
    role: 'leader',
    how: 'other',
    effects: [...(findFaultKind(name)?.effects ?? [])],
    text: name,
    landedMs: 10_000,
    liftedMs: 30_000,
    ...change,
  }
}

function read(figure: string, more: Partial<Summary>, writes: Partial<Summary['writes']> = {}) {
  return findFigure(figure)?.read(summary({ writes, more: { settings, durationMs: 120_000, ...more } }))
}

function outageOf(atLeastMs: number, fromMs = 10_100) {
  const [first] = killed.outages
  return first === undefined ? [] : [{ ...first, fromMs, toMs: fromMs + atLeastMs, durationMs: atLeastMs, atLeastMs }]
}

const beyond = (faults: readonly Fault[], outageMs: number, of: Partial<Summary['settings']> = {}) => {
  return read('outage_beyond_prediction', {
    faults: [...faults],
    outages: outageOf(outageMs),
    settings: { ...settings, ...of },
  })
}

describe('an outage, against what the configuration allows for the fault', () => {
  // What was measured of a cluster that is well, and what would be wrong.
  it.each([
    ['down', { how: 'killed' as const }, 22_500, 31_000],
    ['down', { how: 'stopped' as const }, 4_200, 20_000],
    ['paused', { how: 'paused' as const }, 23_000, 31_000],
    ['isolate', { how: 'cut' as const }, 20_000, 31_000],
    ['freeze-patroni', { how: 'frozen' as const }, 15_500, 31_000],
    ['kill-postmaster', { liftedMs: 10_000 }, 5_600, 20_000],
    ['switchover', { liftedMs: 10_000 }, 2_000, 20_000],
    ['down', { role: 'proxy' as const, part: 'haproxy', liftedMs: 20_000 }, 11_100, 18_000],
    ['down', { role: 'etcd' as const, part: 'etcd1' }, 50, 12_000],
    ['down', { role: 'replica' as const }, 1_000, 4_000],
  ])('%s %j: %d ms is as it should be, %d ms is not', (name, change, good, bad) => {
    expect(beyond([fault(name, change)], good)).toBe(0)
    expect(beyond([fault(name, change)], bad)).toBeGreaterThan(0)
  })

  it('has to be short where there is no fault', () => {
    expect(beyond([], 900)).toBe(0)
    expect(beyond([], 2_500)).toBe(1_500)
    expect(beyond([fault('down', { how: 'killed', landedMs: 80_000, liftedMs: null })], 5_000)).toBe(4_000)
  })

  it('grows with the settings', () => {
    const slow = { ttlSeconds: 30, loopWaitSeconds: 10, retryTimeoutSeconds: 10, proxyCheck: null }
    expect(beyond([fault('down', { how: 'killed' })], 32_600, slow)).toBe(0)
    expect(beyond([fault('down', { how: 'killed' })], 46_000, slow)).toBeGreaterThan(0)
  })

  it('without a quorum lasts as long as that, but not with failsafe mode', () => {
    const majority = ['etcd1', 'etcd2'].map((part) => fault('down', { part, role: 'etcd', liftedMs: 40_000 }))
    expect(beyond(majority, 40_000)).toBe(0)
    expect(beyond(majority, 60_000)).toBeGreaterThan(0)
    expect(beyond(majority, 15_000, { isFailsafe: true })).toBeGreaterThan(0)
  })

  it('by two faults one after the other may take as long as both', () => {
    const [first, second] = [
      fault('down', { how: 'killed', liftedMs: null }),
      fault('down', { how: 'killed', part: 'patroni2', landedMs: 35_000, liftedMs: null }),
    ]
    expect(beyond([first], 45_000)).toBeGreaterThan(0)
    expect(beyond([first, second], 45_000)).toBe(0)
  })

  it('that is not over is as long as it was seen to be', () => {
    const open = outageOf(40_000).map((each) => ({ ...each, toMs: null, durationMs: null }))
    expect(read('outage_beyond_prediction', { faults: [fault('down', { how: 'killed' })], outages: open })).toEqual({
      atLeast: expect.any(Number),
    })
  })
})

describe('a split brain, against what the fault explains', () => {
  const span = (fromMs: number, toMs: number): Summary['splitBrain']['spans'][number] => ({
    basis: 'recovery',
    nodes: ['patroni1', 'patroni2'],
    fromMs,
    toMs,
    durationMs: toMs - fromMs,
    earliestMs: null,
    latestMs: null,
    isOpen: false,
    evidence: [],
  })
  const brain = (faults: readonly Fault[], lengthMs: number) =>
    read('split_brain_beyond_fault', {
      faults: [...faults],
      splitBrain: {
        ...killed.splitBrain,
        isWatched: true,
        spans: [span(30_000, 30_000 + lengthMs)],
        totalMs: lengthMs,
      },
    })

  it.each([
    ['freeze-patroni', { liftedMs: 36_000 }, 7_260, 25_000],
    ['isolate', { liftedMs: 30_000 }, 5_000, 12_000],
    ['paused', { how: 'paused' as const, liftedMs: 30_000 }, 1_000, 12_000],
    ['down', { how: 'killed' as const }, 0, 1],
    ['down', { role: 'etcd' as const, part: 'etcd1' }, 0, 1],
  ])('%s %j explains %d ms, and not %d ms', (name, change, good, bad) => {
    expect(brain([fault(name, change)], good)).toBe(0)
    expect(brain([fault(name, change)], bad)).toBeGreaterThan(0)
  })

  it('has nothing that explains it without a fault', () => {
    expect(brain([], 1)).toBe(1)
  })
})

describe('lost writes, against what the fault can lose', () => {
  const autopsy = (lost: number): Summary['autopsy'] => ({
    sentences: [],
    explained: lost,
    failovers: [{ from: 'patroni1', to: 'patroni2', lost, firstAnsweredMs: 11_000, lastAnsweredMs: 14_000 }],
    unexplained: 0,
    reasons: [],
  })
  const lost = (name: string, change: Partial<Fault>, isSynchronous = false) =>
    read(
      'lost_writes_beyond_fault',
      { faults: [fault(name, change)], autopsy: autopsy(375), settings: { ...settings, isSynchronous } },
      { lost: 375, audited: 3_600 },
    )

  it.each([
    ['isolate', { how: 'cut' as const }, 0],
    ['freeze-patroni', { how: 'frozen' as const }, 0],
    ['loss', {}, 0],
    ['down', { how: 'killed' as const }, 375],
    ['paused', { how: 'paused' as const }, 375],
    ['switchover', {}, 375],
    ['down', { role: 'etcd' as const, part: 'etcd1' }, 375],
    ['isolate', { role: 'replica' as const }, 375],
  ])('%s %j leaves %d that it cannot account for', (name, change, count) => {
    expect(lost(name, change)).toBe(count)
  })

  it('are accounted for by nothing in synchronous mode', () => {
    expect(lost('isolate', { how: 'cut' }, true)).toBe(375)
  })
})
