import { describe, expect, it } from 'vitest'
import { drawScenario } from '../../src/scenario/random.ts'
import { parseScenario } from '../../src/scenario/read-scenario.ts'
import type { Step } from '../../src/scenario/scenario.ts'

const stage = {
  parts: [
    { name: 'patroni1', kind: 'node', service: 'patroni1' },
    { name: 'etcd1', kind: 'etcd', service: 'etcd1' },
    { name: 'haproxy', kind: 'proxy', service: 'haproxy' },
  ],
  hasSecondProxy: false,
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
    for (let seed = 0; seed < 100; seed++) {
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

  it('ends by waiting until the cluster is healthy', () => {
    const [last] = stepsOf(draw('1'))
      .toReversed()
      .filter(({ type }) => type !== 'hold')
    expect(last).toMatchObject({ type: 'wait', condition: { type: 'healthy' } })
  })
})
