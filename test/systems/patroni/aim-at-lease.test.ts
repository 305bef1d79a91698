import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { World } from '../../../src/faults/world.ts'
import { leaseAim } from '../../../src/systems/patroni/aim-at-lease.ts'
import type { EtcdControl } from '../../../src/systems/patroni/control/control.ts'
import { FakeClock } from '../../traffic/fake-clock.ts'

const TTL = 20

interface Lease {
  /** When it is renewed; it is gone for good when `goneMs` has come. */
  readonly renewals: readonly number[]
  readonly goneMs?: number
  /** Whether WAL moves, so that `status` is written two milliseconds after each renewal. */
  readonly movesWal?: boolean
}

/** etcd as it answers at every moment: what is left in whole seconds, rounded down. */
function etcdWith({ renewals, goneMs = Number.POSITIVE_INFINITY, movesWal = false }: Lease, clock: FakeClock) {
  const renewedMs = () => renewals.findLast((at) => at <= clock.nowMs()) ?? -1_000
  const etcd: EtcdControl = {
    async get(key) {
      if (key === 'leader') return clock.nowMs() >= goneMs ? null : { value: 'a', modRevision: 1, leaseId: '7' }
      return { value: '', modRevision: movesWal ? renewals.filter((at) => at + 2 <= clock.nowMs()).length : 1 }
    },
    remove: async () => null,
    async readLease() {
      if (clock.nowMs() >= goneMs) return null
      return {
        grantedTtlSeconds: TTL,
        remainingSeconds: Math.floor((renewedMs() + TTL * 1_000 - clock.nowMs() - 0.001) / 1_000),
      }
    },
  }
  return etcd
}

function aimAt(lease: string, at: Lease) {
  const clock = new FakeClock()
  const world = { clock, control: { etcd: etcdWith(at, clock), patroni: null } } as unknown as World
  const value = z.strictObject(leaseAim.shape).parse({ lease })
  const met = leaseAim.meet(value, world, new AbortController().signal)
  let then: number | null = null
  met.then(
    () => {
      then = clock.nowMs()
    },
    () => {},
  )
  return { clock, met, metMs: () => then }
}

const everyTwo = [-1_700, 300, 2_300, 4_300, 6_300, 8_300]

describe('a fault aimed at the lease', () => {
  it('comes so long after a renewal that was seen by what is left of the lease', async () => {
    const { clock, met, metMs } = aimAt('renewed + 50ms', { renewals: everyTwo })
    await clock.advance(4_000)
    expect(metMs()).toBeGreaterThanOrEqual(300 + 42)
    expect(metMs()).toBeLessThanOrEqual(300 + 67)
    expect((await met).doubtMs).toBeLessThanOrEqual(15)
  })

  it('comes before a renewal when three have told how long a turn is', async () => {
    const { clock, metMs } = aimAt('before-renewal', { renewals: everyTwo })
    await clock.advance(12_000)
    expect(metMs()).toBeGreaterThan(6_300 - 300)
    expect(metMs()).toBeLessThan(6_300 - 200)
  })

  it('sees renewals by the write that follows them where what is left does not tell', async () => {
    const everyOne = [-690, 300, 1_290, 2_280, 3_270, 4_260]
    const still = aimAt('renewed', { renewals: everyOne })
    await still.clock.advance(4_000)
    expect(still.metMs()).toBeNull()
    const { clock, metMs } = aimAt('renewed', { renewals: everyOne, movesWal: true })
    await clock.advance(4_000)
    expect(metMs()).toBeGreaterThanOrEqual(300)
    expect(metMs()).toBeLessThan(340)
  })

  it('was missed when the lease was renewed once more before the fault was in force', async () => {
    const { clock, met } = aimAt('renewed + 50ms', { renewals: everyTwo })
    await clock.advance(400)
    const { over } = await met
    expect(await over()).toBeNull()
    await clock.advance(3_000)
    expect(await over()).toMatch(/renewed once more/)
  })

  it('can never come where nobody holds the key, or the lease runs out', async () => {
    await expect(aimAt('renewed', { renewals: [], goneMs: 0 }).met).rejects.toThrow(/nobody holds the leader key/)
    const { clock, met } = aimAt('renewed', { renewals: [], goneMs: 2_000 })
    const refused = expect(met).rejects.toThrow(/its lease ran out/)
    await clock.advance(3_000)
    await refused
  })

  it.each(['renewed + ', 'renewed - 50ms', 'renewed + soon', 'after', ''])('is not written as %j', (lease) => {
    expect(z.strictObject(leaseAim.shape).safeParse({ lease }).success).toBe(false)
  })
})
