import { describe, expect, test } from 'vitest'
import { lineWidth, textOf } from '../../src/draw/line.ts'
import type { Anatomy, Phase } from '../../src/systems/patroni/explain/shapes.ts'
import { patroni } from '../../src/systems/patroni/system.ts'
import { waterfall } from '../../src/tui/panels/waterfall.ts'

const widths = [56, 58, 78, 108, 118, 160, 200]

function phase(awaited: Phase['awaited'], startMs: number, endMs: number | null, of: Partial<Phase> = {}): Phase {
  const none = {
    pass: 1,
    part: null,
    unmeasuredMs: 0,
    isSteadying: false,
    resolutionMs: 0,
    cause: null,
    proof: [],
    unproven: null,
  }
  return { awaited, startMs, endMs, ...none, bounds: null, isInside: null, seq: null, ...of }
}

const expiry = phase('key-gone', 10_000, 29_000, {
  cause: { type: 'ttl', ttlMs: 20_000 },
  bounds: { minMs: 18_000, maxMs: 20_500 },
  isInside: true,
})
const taken = phase('key-taken', 29_000, 34_000, {
  cause: { type: 'next-loop', loopWaitMs: 2_000 },
  bounds: { minMs: 0, maxMs: 4_500 },
  isInside: false,
})
const through = phase('first-ack', 34_000, 34_000, { cause: { type: 'reconnect', everyMs: 20 } })
const whole: Anatomy = {
  of: 'write',
  kind: 'failover',
  sentence:
    'patroni1 was killed: the leader key passed from patroni1 to patroni2, and clients could not write for 24 s.',
  isOpen: false,
  outage: {
    kind: 'write',
    lastAckMs: 10_000,
    firstErrorMs: 10_020,
    firstErrorCode: 'CLOSED',
    firstAckMs: 34_000,
    serverBefore: 'patroni1',
    serverAfter: 'patroni2',
    errors: {},
  },
  startMs: 10_000,
  endMs: 34_000,
  resolutionMs: 20,
  isMeasured: true,
  from: 'patroni1',
  to: 'patroni2',
  timelines: null,
  etcd: null,
  causes: [],
  during: [],
  moments: [],
  before: [phase('last-ack', 8_000, 10_000)],
  phases: [expiry, taken, through],
  after: [phase('streaming', 34_000, 90_000, { resolutionMs: 500 }), phase('healthy', 90_000, null)],
  timing: null,
}
const waiting: Anatomy = {
  ...whole,
  isOpen: true,
  endMs: null,
  before: [],
  phases: [
    phase('key-gone', 10_000, null, {
      cause: { type: 'ttl', ttlMs: 20_000 },
      bounds: { minMs: 18_000, maxMs: 20_500 },
    }),
  ],
  after: [],
}

function drawn(anatomy: Anatomy, width: number, height: number, nowMs = 95_000): string[] {
  return waterfall({ tell: patroni.words, anatomy, nowMs, width, height }).map(textOf)
}

function barOf(row: string | undefined): { from: number; length: number } {
  const found = /█+|▏/.exec(row ?? '')
  return { from: found?.index ?? -1, length: found?.[0] === '▏' ? 0 : (found?.[0].length ?? -1) }
}

describe.each(widths)('at %i cells', (width) => {
  test.each([5, 7, 9, 12, 30])('%i rows are not exceeded, and each is exactly as wide', (height) => {
    for (const anatomy of [whole, waiting]) {
      const lines = waterfall({ tell: patroni.words, anatomy, nowMs: 95_000, width, height })
      expect(lines.length).toBeLessThanOrEqual(height)
      for (const each of lines) expect(lineWidth(each)).toBe(width)
    }
  })

  test('bars follow each other, as long as their phases are parts of the whole', () => {
    const rows = drawn(whole, width, 30)
    const bars = [
      'still served',
      'key expires',
      'key taken|takes the leader key',
      'clients through|clients get through',
    ]
      .map((names) => rows.find((row) => names.split('|').some((name) => row.includes(name))))
      .map(barOf)
    bars.forEach(({ from }, index) => {
      const before = bars[index - 1]
      if (before !== undefined) expect(Math.abs(from - (before.from + before.length))).toBeLessThanOrEqual(1)
    })
    const cells = bars.reduce((sum, { length }) => sum + length, 0)
    expect(Math.abs((bars[1]?.length ?? 0) - (cells * 19) / 26)).toBeLessThanOrEqual(1)
    expect(bars[3]?.length).toBe(0)
  })

  test('milliseconds, the knob and a sign for inside and outside stand in each row', () => {
    const text = drawn(whole, width, 30).join('\n')
    expect(text).toMatch(/19 000 ms .*✓ ttl 20 s/)
    expect(text).toMatch(/5 000 ms .*✗ (the next loop of Patroni, )?loop_wait 2 s/)
    expect(text).toMatch(/24 000 ms +in all/)
    expect(text).toMatch(/5\.0 s…/)
  })
})

test('with room, the prediction stands beside the measurement, in words', () => {
  const text = drawn(whole, 118, 30).join('\n')
  expect(text).toContain('ttl 20 s: 18.0 s to 20.5 s, as predicted')
  expect(text).toMatch(/loop_wait 2 s: up to 4\.50 s, NOT as predicted/)
  expect(text).toContain('± 500 ms')
})

describe('while the outage lasts', () => {
  test('its present phase grows, and what is predicted of it is dotted', () => {
    const early = drawn(waiting, 118, 10, 12_000).at(-1)
    const later = drawn(waiting, 118, 10, 25_000).at(-1)
    expect(barOf(later).length).toBeGreaterThan(barOf(early).length)
    expect(early).toMatch(/█·+ +2\.0 s…/)
    expect(later).toMatch(/15\.0 s… .*ttl 20 s: 18\.0 s to 20\.5 s/)
    expect(later).not.toMatch(/predicted|✓|✗/)
  })

  test('a phase that has lasted longer than was predicted is called late', () => {
    const late = drawn(waiting, 118, 10, 31_000).at(-1)
    expect(late).toMatch(/✗ ttl 20 s.*LATE/)
    expect(late).not.toContain('·')
  })

  test('where the room is short its latest phases are shown', () => {
    const open = {
      ...waiting,
      phases: [expiry, taken, ...waiting.phases.map((each) => ({ ...each, startMs: 34_000 }))],
    }
    expect(drawn(open, 58, 3).join('\n')).not.toContain('19 000 ms')
    expect(drawn(open, 58, 3).at(-1)).toContain('…')
  })
})
