import { describe, expect, it } from 'vitest'
import type { FigureValue } from '../../src/model/figure-value.ts'
import { ALWAYS_EXPECTED } from '../../src/report/always-expected.ts'
import { figures, findFigure } from '../../src/report/figures.ts'
import { durationText } from '../../src/report/words/format.ts'
import { keyFigures } from '../../src/report/words/headline.ts'
import { killed, summary } from '../scenario/fixture.ts'

function read(name: string, of = killed): FigureValue | undefined {
  return findFigure(name)?.read(of)
}

describe('a figure', () => {
  it.each([
    ['attempted_writes', 3_600],
    ['acknowledged_writes', 1_600],
    ['unknown_writes', 60],
    ['lost_writes', 0],
    ['recovered_writes', 2],
    ['failovers', 1],
    ['write_outages', 1],
    ['read_outages', 0],
    ['read_outage', 0],
    ['unexplained_lost_writes', 0],
  ])('%s is read off the summary: %d', (name, value) => {
    expect(read(name)).toBe(value)
  })

  it('times the longest outage, from the last write to the first', () => {
    expect(read('write_outage')).toBeCloseTo(killed.outages[0]?.durationMs ?? Number.NaN)
    expect(read('write_outage')).toBeGreaterThan(19_000)
    expect(read('time_to_first_write')).toBeGreaterThan(0)
  })

  it('has a name of its own, and says what it is', () => {
    expect(new Set(figures.map(({ name }) => name)).size).toBe(figures.length)
    for (const { name, about } of figures) {
      expect(name).toMatch(/^[a-z]+(_[a-z0-9]+)*$/)
      expect(about.length).toBeGreaterThan(10)
    }
  })

  it('that every run must keep exists', () => {
    for (const name of ALWAYS_EXPECTED) expect(findFigure(name)).not.toBeNull()
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', ''])('is not found as %j', (name) => {
    expect(findFigure(name)).toBeNull()
  })
})

describe('what had not ended', () => {
  it('is at least as long as it was seen to be', () => {
    const of = summary({ outageMs: null, atLeastMs: 5_000 })
    expect(read('write_outage', of)).toEqual({ atLeast: 5_000 })
    expect(read('write_outage_total', of)).toEqual({ atLeast: 5_000 })
  })

  it('is not what has ended, though nothing had been acknowledged before it', () => {
    const outages = killed.outages.map((outage) => ({
      ...outage,
      durationMs: null,
      atLeastMs: 3_000,
      fromMs: 1_000,
      toMs: 4_000,
    }))
    expect(read('write_outage', summary({ more: { outages } }))).toBe(3_000)
  })

  it('holds for a session that stayed pinned, and for redundancy that did not come back', () => {
    const span = {
      node: 'patroni1',
      fromMs: 1,
      toMs: null,
      durationMs: null,
      mostSessions: 1,
      acknowledged: 0,
      resolutionMs: 1,
    }
    expect(read('pinned_sessions', summary({ more: { pinned: [span] } }))).toEqual({ atLeast: killed.durationMs - 1 })
    const failovers = killed.failovers.map((failover) => ({ ...failover, redundancyRestoredMs: null }))
    const landedMs = killed.faults[0]?.landedMs ?? Number.NaN
    expect(read('redundancy_restored', summary({ more: { failovers } }))).toEqual({
      atLeast: killed.durationMs - landedMs,
    })
  })
})

describe('what the run could not tell', () => {
  it.each(['lost_writes', 'phantom_writes', 'duplicated_writes', 'recovered_writes', 'unguarded_lost_writes'])(
    '%s is null without an audit, never zero',
    (name) => {
      const none = { lost: null, phantom: null, duplicated: null, recovered: null, unguardedLost: null, audited: null }
      expect(read(name, summary({ writes: none }))).toBeNull()
    },
  )

  it.each(['write_outage', 'write_outages', 'read_outage', 'time_to_promotion'])(
    '%s is null when no probe clocked anything',
    (name) => {
      const more = { settings: { ...killed.settings, probeIntervalMs: null } }
      expect(read(name, summary({ more }))).toBeNull()
    },
  )

  it('split brain is null when nobody watched, stale reads when nothing was judged, pinned without a proxy', () => {
    const more = {
      splitBrain: { ...killed.splitBrain, isWatched: false },
      reads: { ...killed.reads, staleness: null },
      pinned: null,
    }
    for (const name of ['split_brain', 'stale_reads', 'backwards_reads', 'missed_own_reads', 'pinned_sessions']) {
      expect(read(name, summary({ more }))).toBeNull()
    }
  })

  it('unexplained losses are null when something was lost and nobody looked why', () => {
    expect(read('unexplained_lost_writes', summary({ writes: { lost: 5 }, more: { autopsy: null } }))).toBeNull()
  })

  it('unexplained losses are null when nobody knows what was lost, though a history was read', () => {
    const autopsy = { sentences: [], explained: 0, failovers: [], unexplained: 0, reasons: [] }
    expect(read('unexplained_lost_writes', summary({ writes: { lost: null }, more: { autopsy } }))).toBeNull()
  })

  it('a phase is null in a run without an outage', () => {
    expect(read('time_to_key_gone', summary({ outageMs: 0 }))).toBeNull()
  })
})

describe('planted violations', () => {
  it.each([
    ['lost_writes', { writes: { lost: 7 } }, 7],
    ['unguarded_lost_writes', { writes: { unguardedLost: 2 } }, 2],
    ['phantom_writes', { writes: { phantom: 3 } }, 3],
    ['duplicated_writes', { writes: { duplicated: 4 } }, 4],
    ['split_brain', { more: { splitBrain: { ...killed.splitBrain, totalMs: 800 } } }, 800],
    ['write_outage', { outageMs: 31_000 }, 31_000],
  ])('%s shows', (name, change, value) => {
    expect(read(name, summary(change))).toBe(value)
  })

  it.each([
    ['the fault that led to it', { causeMs: 5_000, outage: 0 }, 31_500],
    ['the begin of the outage, when no fault did', { causeMs: null, outage: 0 }, 36_500 - 4_980],
    ['the key, when nobody noticed', { causeMs: null, outage: null }, 36_500 - 23_000],
  ])('redundancy counts from %s, whatever broke before', (_name, change, lengthMs) => {
    const failovers = killed.failovers.map((each) => ({ ...each, redundancyRestoredMs: 36_500, ...change }))
    const [fault] = killed.faults
    const faults = fault === undefined ? [] : [fault, { ...fault, part: 'etcd1', landedMs: 20_000, liftedMs: 21_000 }]
    const of = summary({ more: { failovers, faults } })
    expect(read('redundancy_restored', of)).toBeCloseTo(lengthMs)
    const tile = keyFigures(of).find(({ label }) => label === 'Redundancy restored')
    expect(tile?.value).toBe(durationText(lengthMs))
  })
})
