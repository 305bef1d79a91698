import { describe, expect, it } from 'vitest'
import { drawsOf } from '../../src/faults/draws.ts'
import { generalFaults } from '../../src/faults/general-faults.ts'
import { drawScenario } from '../../src/scenario/random.ts'
import { parseScenario } from '../../src/scenario/read-scenario.ts'
import type { Step } from '../../src/scenario/scenario.ts'
import { roles } from '../../src/systems/patroni/roles.ts'

const stage = {
  parts: [
    { name: 'patroni1', kind: 'node', service: 'patroni1' },
    { name: 'etcd1', kind: 'etcd', service: 'etcd1' },
    { name: 'haproxy', kind: 'proxy', service: 'haproxy' },
  ],
  roles,
  missing: [],
  endpoints: 1,
  instances: [],
} as const
const draw = (seed: string, forMs = 1_200_000) => drawScenario({ seed, forMs })
const stepsOf = (text: string): readonly Step[] => parseScenario('drawn', text, stage).steps

describe('a scenario drawn by chance', () => {
  it('is the same for the same seed, and begins alike however long it is', () => {
    expect(draw('7')).toBe(draw('7'))
    expect(draw('7')).not.toBe(draw('8'))
    const [short, long] = [stepsOf(draw('7', 300_000)), stepsOf(draw('7', 600_000))]
    expect(long.length).toBeGreaterThan(short.length)
    // All but the calm at the end.
    expect(JSON.stringify(long.slice(0, short.length - 2))).toBe(JSON.stringify(short.slice(0, -2)))
  })

  it('can be read back and run in this lab, whatever the seed, and heals every fault before the next', () => {
    for (let seed = 0; seed < 30; seed++) {
      let held: string | null = null
      for (const step of stepsOf(draw(String(seed)))) {
        if (step.type === 'inject') {
          expect(held).toBeNull()
          held = step.as
        }
        if (step.type === 'heal') {
          expect(step.name).toBe(held)
          held = null
        }
      }
      expect(held).toBeNull()
    }
  })

  it('expects what such faults may cost, and no more: every one of them can fail', () => {
    const { expectations } = parseScenario('drawn', draw('1'), stage)
    expect(expectations.filter(({ isImplied }) => !isImplied).map(({ figure }) => figure.name)).toEqual([
      'outage_beyond_prediction',
      'split_brain_beyond_fault',
      'split_brain_unknown',
      'lost_writes_beyond_fault',
      'unexplained_lost_writes',
    ])
    expect(expectations.map(({ figure }) => figure.name)).toEqual(
      expect.arrayContaining(['phantom_writes', 'never_attempted_rows', 'replica_differences']),
    )
    for (const { bounds } of expectations) expect(bounds.all).not.toContainEqual({ operator: '>=', value: 0 })
  })

  it('ends by waiting until the cluster is healthy', () => {
    const [last] = stepsOf(draw('1'))
      .toReversed()
      .filter(({ type }) => type !== 'hold')
    expect(last).toMatchObject({ type: 'wait', condition: { type: 'healthy' } })
  })
})

describe('what chance may draw of a system that does not say it', () => {
  it('is what its servers can suffer, in the roles that it has', () => {
    const draws = drawsOf({ roles: [{ name: 'leader' }] })
    expect(draws.length).toBeGreaterThan(3)
    for (const { inject, targets } of draws) {
      expect(targets).toEqual(['leader'])
      expect(generalFaults.map(({ type }) => type)).toContain(inject)
    }
    expect(drawScenario({ seed: '7', forMs: 60_000, draws })).toMatch(/target: leader/)
  })

  it('is nothing without roles, and said to be', () => {
    expect(drawsOf({ roles: [] })).toEqual([])
    expect(() => drawScenario({ seed: '7', forMs: 60_000, draws: [] })).toThrow('there are no random faults')
  })
})
