import { describe, expect, it } from 'vitest'
import type { EventBody } from '../../src/model/events.ts'
import { anatomies, lengthOf } from '../../src/model/explained.ts'
import { outageMs } from '../../src/model/outage.ts'
import type { PatroniConfig } from '../../src/systems/patroni/events.ts'
import { tellCause } from '../../src/systems/patroni/explain/phase-words.ts'
import type { Anatomy } from '../../src/systems/patroni/explain/shapes.ts'
import { healthy, killOf, run, served, told, traffic } from './anatomy-events.ts'
import { config, happened, haproxy, key, postgres, type Timed } from './events.ts'

const only = (list: readonly Anatomy[]): Anatomy => {
  expect(list).toHaveLength(1)
  return list[0] as Anatomy
}
const phaseOf = (awaited: string, ...lists: Timed[][]) =>
  only(told(...lists)).phases.find((phase) => phase.awaited === awaited)

/** What a part's log says, read at `atMs`; each line with the time at which it was said. */
function says(part: string, atMs: number, lines: readonly (readonly [saidMs: number, text: string])[]): Timed {
  const value = { lines: lines.map(([saidMs, text]) => ({ saidMs, stampUnixMs: 1_800_000_000_000 + saidMs, text })) }
  return [atMs, { type: 'part.log', part, untilMs: atMs, errorMs: 5, reading: { ok: true, value } }]
}

function lease(atMs: number, remainingSeconds: number, holder = 'patroni1'): Timed {
  const value = { holder, leaseId: 'a1', grantedTtlSeconds: 20, remainingSeconds }
  return [atMs, { type: 'etcd.lease', via: 'etcd2', reading: { ok: true, value } }]
}

const silent = (member: string) =>
  `2026-11-21 11:28:30,031 WARNING: Request failed to ${member}: GET http://172.30.77.23:8008/patroni (HTTPConnectionPool(host='172.30.77.23', port=8008): Max retries exceeded with url: /patroni (Caused by ConnectTimeoutError(…)))`
const refused = (member: string) =>
  `2026-11-21 11:28:45,270 WARNING: Request failed to ${member}: GET http://172.30.77.21:8008/patroni (… (Caused by NewConnectionError('Connection refused')))`
const answered = (member: string) =>
  `2026-11-21 11:28:28,039 INFO: Got response from ${member} http://172.30.77.22:8008/patroni: {"state": "running"}`
const TOOK = '2026-11-21 11:28:30,182 INFO: promoted self to leader by acquiring session lock'
const AHEAD = '2026-11-21 11:31:37,829 INFO: Wal position of patroni3 is ahead of my wal position'
const READY = '2026-11-21 11:28:30.240 UTC [36] LOG:  database system is ready to accept connections'
const REDO = '2026-11-21 11:28:30.187 UTC [40] LOG:  redo done at 0/AB9E630 system usage: CPU: user: 0.35 s'

describe('the cause of “key taken”', () => {
  const race = (lines: readonly (readonly [number, string])[]) => says('patroni2', 24_500, lines)
  const afterKill = race([
    [20_050, answered('patroni3')],
    [22_040, silent('patroni1')],
    [22_150, TOOK],
  ])

  it('is the member that does not answer, and no setting: the same two seconds with loop_wait 10', () => {
    const slow = { ttlSeconds: 30, loopWaitSeconds: 10, retryTimeoutSeconds: 10 }
    const settings: Timed[] = [[4, config(slow as Partial<PatroniConfig>)]]
    for (const more of [[], settings]) {
      const taken = phaseOf('key-taken', ...killOf(), more, [afterKill])
      expect(taken).toMatchObject({
        cause: { type: 'members-silent', members: ['patroni1'], timeoutMs: 2_000 },
        unproven: null,
        bounds: { minMs: 2_000, maxMs: 2_750 },
        isInside: true,
      })
      expect(taken && tellCause(taken)?.[0]).not.toContain('loop_wait')
    }
  })

  it('is shown by the line that proves it, with its time on the run’s clock', () => {
    const proof = phaseOf('key-taken', ...killOf(), [afterKill])?.proof
    expect(proof).toMatchObject([
      {
        source: 'log',
        part: 'patroni2',
        atMs: 22_040,
        errorMs: 5,
        text: expect.stringContaining('ConnectTimeoutError'),
      },
      { source: 'log', part: 'patroni2', atMs: 22_150, text: TOOK },
    ])
  })

  it('is not known when the lab may not read the logs, and says so', () => {
    const taken = phaseOf('key-taken', ...killOf())
    expect(taken).toMatchObject({ proof: [], unproven: 'no-access' })
    expect(taken && tellCause(taken)?.[0]).toMatch(/^not known \(the lab may not read the nodes’ logs\); likely /)
  })

  it('is not known when the logs do not say it, or were not read', () => {
    const engine: Timed = [1, { type: 'docker.engine', reading: { ok: true, value: { version: '20.10' } } }]
    expect(phaseOf('key-taken', ...killOf(), [engine])).toMatchObject({ unproven: 'not-read' })
    expect(phaseOf('key-taken', ...killOf(), [engine, race([])])).toMatchObject({ unproven: 'not-said' })
    const failed: EventBody = {
      type: 'part.log',
      part: 'patroni2',
      untilMs: 24_500,
      errorMs: 5,
      reading: { ok: false, error: 'unsupported' },
    }
    expect(phaseOf('key-taken', ...killOf(), [engine, [24_500, failed]])).toMatchObject({ unproven: 'not-read' })
  })

  it('is the members’ answers where all of them answer or refuse at once: then two seconds are too long', () => {
    const quick = race([
      [20_050, answered('patroni3')],
      [20_060, refused('patroni1')],
      [22_150, TOOK],
    ])
    expect(phaseOf('key-taken', ...killOf(), [quick])).toMatchObject({
      cause: { type: 'members-answer' },
      bounds: { minMs: 0, maxMs: 750 },
      isInside: false,
    })
  })

  it('is the next loop where the first race came to nothing, or nobody was woken', () => {
    const again = race([
      [20_050, answered('patroni3')],
      [20_400, AHEAD],
      [21_950, answered('patroni3')],
      [22_150, TOOK],
    ])
    const late = race([
      [21_900, answered('patroni3')],
      [22_150, TOOK],
    ])
    for (const lines of [again, late]) {
      expect(phaseOf('key-taken', ...killOf(), [lines])).toMatchObject({
        cause: { type: 'next-loop', loopWaitMs: 2_000 },
        isInside: true,
      })
    }
  })

  it('is told by a winner that fell before it could say that it had won', () => {
    const fallen = race([
      [20_050, answered('patroni3')],
      [22_000, silent('patroni1')],
    ])
    expect(phaseOf('key-taken', ...killOf(), [fallen])).toMatchObject({
      cause: { type: 'members-silent' },
      unproven: null,
    })
  })

  it('is not what somebody else’s log says, or what was said in another outage', () => {
    const other = says('patroni3', 24_500, [
      [22_040, silent('patroni1')],
      [22_150, TOOK],
    ])
    const earlier = race([
      [2_040, silent('patroni1')],
      [2_150, TOOK],
    ])
    for (const lines of [other, earlier]) {
      expect(phaseOf('key-taken', ...killOf(), [lines])?.proof).toEqual([])
    }
  })
})

describe('the cause of “key gone”', () => {
  it('is the lease: its last renewal says to the second when it runs out', () => {
    const readings = [lease(1_500, 19), lease(2_500, 18), lease(3_500, 17), lease(19_500, 1)]
    const gone = phaseOf('key-gone', ...killOf({ goneMs: 20_600 }), readings)
    expect(gone).toMatchObject({
      cause: { type: 'ttl', ttlMs: 20_000 },
      unproven: null,
      // It runs out between 20.4 s and 21.5 s, and etcd looks every half second.
      bounds: { minMs: 18_400, maxMs: 20_250 },
      isInside: true,
      proof: [{ source: 'lease', part: 'etcd2', remainingSeconds: 19, atMs: 1_500 }],
    })
    expect(phaseOf('key-gone', ...killOf({ goneMs: 20_100 }), readings)?.isInside).toBe(false)
    expect(phaseOf('key-gone', ...killOf({ goneMs: 22_400, takenMs: 22_450 }), readings)?.isInside).toBe(false)
  })

  it('is counted from a renewal that came later, and from no lease of another', () => {
    const renewed = [lease(1_500, 15), lease(2_100, 19)]
    expect(phaseOf('key-gone', ...killOf({ goneMs: 21_500 }), renewed)).toMatchObject({ isInside: true })
    const others = [lease(1_500, 3, 'patroni3')]
    expect(phaseOf('key-gone', ...killOf(), others)).toMatchObject({ bounds: { minMs: 18_010, maxMs: 20_510 } })
  })

  it('is the lease for a leader that shuts down because it is cut off from etcd: it cannot give its key back', () => {
    const down = says('patroni1', 23_000, [[19_200, '2026-11-21 11:28:44.099 UTC [38] LOG:  shutting down']])
    for (const readings of [[], [lease(1_500, 19), lease(19_500, 1)]]) {
      expect(phaseOf('key-gone', ...killOf({ goneMs: 20_600 }), readings, [down])?.cause).toMatchObject({ type: 'ttl' })
    }
  })

  it('falls back on the fault when a new Raft leader has prolonged the lease since it was read', () => {
    const elected: Timed[] = [
      lease(1_500, 19),
      [6_000, { type: 'etcd.member', member: 'etcd2', reading: { ok: true, value: { ...etcdMember, term: 5 } } }],
    ]
    expect(phaseOf('key-gone', ...killOf(), elected)?.bounds?.maxMs).toBeGreaterThan(24_000)
  })

  it('after a clean stop is the shutdown and Patroni’s second for the replicas', () => {
    const stop = (goneMs: number): Timed[][] => [
      healthy(),
      traffic([served(0, 2_100, 'patroni1'), served(6_000, 9_000, 'patroni2')], { code: '57P03' }),
      [
        [2_000, happened('pg-one', 'kill', { signal: 15 })],
        [goneMs, key(null, 6)],
        [4_500, key('patroni2', 7)],
        [4_700, postgres('patroni2', { isInRecovery: false, timeline: 5 })],
        [5_000, haproxy(['patroni2'], ['patroni3'])],
        says('patroni1', 8_000, [
          [2_110, '2026-11-21 11:28:44.060 UTC [36] LOG:  received fast shutdown request'],
          [2_180, '2026-11-21 11:28:44.099 UTC [38] LOG:  shutting down'],
          [2_200, '2026-11-21 11:28:44.139 UTC [36] LOG:  database system is shut down'],
        ]),
      ],
    ]
    const anatomy = only(told(...stop(3_230)))
    expect(anatomy.before[0]).toMatchObject({ cause: { type: 'shutdown' }, isInside: true, unproven: null })
    expect(anatomy.phases[0]).toMatchObject({
      cause: { type: 'release' },
      bounds: { minMs: 1_010, maxMs: 1_850 },
      isInside: true,
    })
    // PostgreSQL was down before Patroni looked again, a second after it had told it to shut down.
    expect(phaseOf('key-gone', ...stop(3_150))?.isInside).toBe(true)
    expect(phaseOf('key-gone', ...stop(3_050))?.isInside).toBe(false)
    expect(phaseOf('key-gone', ...stop(4_300))?.isInside).toBe(false)
  })
})

const etcdMember = {
  id: 'a',
  version: '3.5.16',
  leaderId: 'a',
  isLeader: true,
  revision: 1,
  dbSizeBytes: 1,
  hasQuorum: true,
}

describe('the cause of a promotion', () => {
  it('is what WAL the new leader had received and not replayed', () => {
    const behind: Timed = [19_500, standby(30_000_000)]
    const said = says('patroni2', 26_000, [
      [24_050, REDO],
      [24_080, READY],
    ])
    const late = { promotedMs: 24_100, upMs: 24_600, ackMs: 24_700 }
    expect(phaseOf('promoted', ...killOf(late), [behind, said])).toMatchObject({
      cause: { type: 'replay', bytes: 30_000_000 },
      bounds: { minMs: 0, maxMs: 4_000 },
      isInside: true,
      proof: [{ text: REDO }, { text: READY }],
    })
    expect(phaseOf('promoted', ...killOf(late), [said])).toMatchObject({ bounds: { maxMs: 1_000 }, isInside: false })
  })

  it('in place is Patroni’s next loop and the recovery, as Patroni says it', () => {
    const restarted: Timed[][] = [
      healthy(),
      traffic([served(0, 2_000, 'patroni1'), served(4_100, 7_000, 'patroni1')], { code: '57P03' }),
      [
        [2_200, postgres('patroni1', 'ECONNRESET')],
        [3_900, postgres('patroni1', '57P03')],
        [4_000, postgres('patroni1', { isInRecovery: false, timeline: 4 })],
        says('patroni1', 6_000, [
          [3_100, '2026-11-21 11:30:56,083 INFO: starting primary after failure'],
          [3_980, READY],
        ]),
      ],
    ]
    expect(phaseOf('promoted', ...restarted)).toMatchObject({
      cause: { type: 'crash-recovery', loopWaitMs: 2_000 },
      unproven: null,
      isInside: true,
    })
  })

  const crashed = (line: string) => [
    healthy(),
    traffic([served(0, 2_000, 'patroni1'), served(12_500, 15_000, 'patroni1')], { code: '57P03' }),
    [
      [2_010, happened('pg-one', 'kill', { signal: 9 })],
      [2_020, happened('pg-one', 'die', { exitCode: 137 })],
      [2_200, postgres('patroni1', 'ECONNRESET')],
      [7_000, happened('pg-one', 'start')],
      [11_900, postgres('patroni1', '57P03')],
      [12_000, postgres('patroni1', { isInRecovery: false, timeline: 4 })],
      says('patroni1', 14_500, [
        [8_100, line],
        [11_980, READY],
      ]),
    ] satisfies Timed[],
  ]

  it('after a crash of the whole container counts from when that was brought back', () => {
    const phase = phaseOf('promoted', ...crashed('2026-11-21 11:30:56,083 INFO: starting primary after failure'))
    expect(phase).toMatchObject({ cause: { type: 'crash-recovery' }, unproven: null, isInside: false })
    // 2 s of loop_wait and a start, from 7 s on.
    expect((phase?.startMs ?? 0) + (phase?.bounds?.maxMs ?? 0)).toBe(11_500)
  })

  it('may take two starts where it recovers in single-user mode first', () => {
    const line = '2026-11-21 11:30:56,083 INFO: doing crash recovery in a single user mode'
    const phase = phaseOf('promoted', ...crashed(line))
    expect(phase).toMatchObject({ cause: { type: 'crash-recovery' }, unproven: null, isInside: true })
    expect(phase && tellCause(phase)?.[0]).toBe('loop_wait 2 s, then crash recovery in single-user mode, and a start')
  })
})

function standby(behindBytes: number): EventBody {
  const value = {
    role: 'replica',
    state: 'running',
    timeline: 4,
    lsn: 100_000_000,
    receivedLsn: 100_000_000 + behindBytes,
    isPaused: false,
    isPendingRestart: false,
    isFailsafeActive: false,
    version: '4.0.7',
    replication: [],
  }
  return { type: 'patroni.node', node: 'patroni2', reading: { ok: true, value } }
}

describe('what the logs say', () => {
  it('is taken in even when all had been whole again long before', () => {
    const late = says('patroni2', 35_900, [
      [22_040, silent('patroni1')],
      [22_150, TOOK],
    ])
    expect(phaseOf('key-taken', ...killOf(), [late])?.unproven).toBeNull()
  })

  it('is taken in also when another part’s log was read first, and up to a moment later', () => {
    const late = says('patroni2', 35_900, [
      [22_040, silent('patroni1')],
      [22_150, TOOK],
    ])
    const [, other] = says('haproxy', 35_950, [])
    expect(phaseOf('key-taken', ...killOf(), [[35_890, other], late])?.unproven).toBeNull()
  })

  it('counts for a clock that was set meanwhile by its order, and by its time as far as that is sure', () => {
    const [atMs, body] = says('patroni2', 24_500, [
      [16_040, answered('patroni3')],
      [18_030, silent('patroni1')],
      [18_150, TOOK],
    ])
    const set: Timed = [atMs, { ...body, errorMs: 6_000 } as EventBody]
    expect(phaseOf('key-taken', ...killOf(), [set])).toMatchObject({
      cause: { type: 'members-silent' },
      unproven: null,
    })
    expect(phaseOf('key-taken', ...killOf(), [[atMs, body]])?.unproven).not.toBeNull()
  })
})

describe('what the lab slept through', () => {
  it('is no part of any phase’s length, so that they still sum to the outage, and blurs what was told meanwhile', () => {
    const slept: Timed = [20_010, { type: 'lab.asleep', fromMs: 18_000, toMs: 19_990 }]
    const state = run(...killOf(), [slept])
    const [outage] = state.outages
    const { phases, sentence } = only(anatomies(state.anatomy))
    expect(outage && outageMs(outage)).toBe(19_010)
    expect(phases.reduce((sum, phase) => sum + (lengthOf(phase) ?? Number.NaN), 0)).toBe(19_010)
    expect(phases[0]).toMatchObject({ awaited: 'key-gone', unmeasuredMs: 1_990 })
    expect(sentence).toContain('clients could not write for 19.0 s')
  })
})
