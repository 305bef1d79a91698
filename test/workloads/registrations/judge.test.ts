import { describe, expect, it } from 'vitest'
import { createLedger } from '../../../src/model/ledger.ts'
import { findingsOf, sectionOf } from '../../../src/workloads/registrations/findings.ts'
import { judge } from '../../../src/workloads/registrations/judge.ts'
import { PAIRS, pairAt, prefixOf, requestIdOf, seqOf } from '../../../src/workloads/registrations/pairs.ts'
import type { AtMaster, HeldRegistrations, OnShard } from '../../../src/workloads/registrations/read-servers.ts'

const prefix = prefixOf('run1')
const seqIn = (requestId: string) => seqOf(prefix, requestId)

function onShard(seq: number, change: Partial<OnShard> = {}): OnShard {
  const step = seq - 1
  return {
    ...pairAt(step),
    shard: step % 2 === 0 ? 'public' : 'private',
    regId: 1_000 + seq,
    requestId: requestIdOf(prefix, seq, step),
    createdAt: '2026-11-21 12:00:00+00',
    syncedAt: '2026-11-21 12:00:01+00',
    ...change,
  }
}

function atMaster({ shard, regId, requestId, student, section }: OnShard, change: Partial<AtMaster> = {}): AtMaster {
  return { shard, shardRegId: regId, requestId, student, section, ...change }
}

const rows = [1, 2, 3, 4].map((seq) => onShard(seq))
const whole: HeldRegistrations = { onShards: rows, atMaster: rows.map((row) => atMaster(row)), seats: [], maps: [] }
const acknowledged = [1, 2, 3, 4]

function counts(held: Partial<HeldRegistrations>, told: readonly number[] = acknowledged): Record<string, number> {
  const found: Record<string, number> = {}
  for (const { figure } of judge({ ...whole, ...held }, { acknowledged: told, seqOf: seqIn })) {
    found[figure] = (found[figure] ?? 0) + 1
  }
  return found
}

const key = { map: 'students', shard: 'public', shardKey: 7, masterKey: 70 } as const

describe('each figure finds what was planted, and nothing else does', () => {
  it.each<[string, Partial<HeldRegistrations>, readonly number[], Record<string, number>]>([
    ['all is where it should be', {}, acknowledged, {}],
    [
      'one is marked, and not at the master',
      { atMaster: whole.atMaster.slice(1) },
      acknowledged,
      { missing_at_master: 1, synced_but_absent: 1 },
    ],
    [
      'one has not been brought',
      { onShards: [onShard(1, { syncedAt: null }), ...rows.slice(1)], atMaster: whole.atMaster.slice(1) },
      acknowledged,
      { missing_at_master: 1 },
    ],
    [
      'one is at the master, and its shard does not know',
      { onShards: [onShard(1, { syncedAt: null }), ...rows.slice(1)] },
      acknowledged,
      { present_but_unmarked: 1 },
    ],
    [
      'one is registered twice',
      {
        onShards: [...rows, onShard(1, { regId: 9 })],
        atMaster: [...whole.atMaster, atMaster(onShard(1), { shardRegId: 9 })],
      },
      acknowledged,
      { duplicates_at_master: 1 },
    ],
    ['one was promised and is nowhere', {}, [...acknowledged, 5], { lost_on_shard: 1 }],
    ['one is at the master alone', { onShards: rows.slice(1) }, [2, 3, 4], { lost_on_shard: 1 }],
    ['a student stands for two', { maps: [key, { ...key, masterKey: 71 }] }, acknowledged, { map_conflicts: 1 }],
    ['two students stand for one', { maps: [key, { ...key, shardKey: 8 }] }, acknowledged, { map_conflicts: 1 }],
    ['keys of two shards are alike', { maps: [key, { ...key, shard: 'private' }] }, acknowledged, {}],
    [
      'a section has more than its seats',
      { seats: [{ shard: 'public', section: 'INT1001', capacity: 3, taken: 4 }] },
      acknowledged,
      { overbooked_sections: 1 },
    ],
  ])('%s', (_, held, told, expected) => {
    expect(counts(held, told)).toEqual(expected)
  })
})

it('a registration that is wrong is told with its history', () => {
  const ledger = createLedger()
  const answered = { outcome: 'ok', code: null, lsn: null, digest: null, node: 'app' } as const
  ledger.record({ seq: 1, dueMs: 1_000, sentMs: 1_000, answeredMs: 2_500, ...answered })
  const held = { ...whole, atMaster: whole.atMaster.slice(1) }
  const wrong = judge(held, { acknowledged, seqOf: seqIn })
  const attempts = new Map([[1, ['no answer (TIMEOUT)', '409 already_registered']]])
  const found = findingsOf(wrong, { held, ledger, attempts, isLossy: false })
  expect(found.checks.map(({ verdict, figures, evidence }) => [verdict, figures, evidence])).toEqual([
    ['fail', ['missing_at_master'], [1]],
    ['fail', ['synced_but_absent'], [1]],
  ])
  expect(found.table?.rows).toEqual([
    [
      `${pairAt(0).student} in ${pairAt(0).section}`,
      'missing at the master, marked all the same',
      'public 1001, registered 2026-11-21 12:00:00+00, marked 2026-11-21 12:00:01+00',
      '1 of 00:01.0 to app: no answer (TIMEOUT), 409 already_registered, ok at 00:02.5',
    ],
  ])
  expect(sectionOf(found)?.table).toEqual(found.table)
  expect(
    sectionOf(found)
      ?.rows.filter(({ isWrong }) => isWrong)
      .map(({ value }) => value),
  ).toEqual([1, 1])
})

it('a run in which nobody was registered is not called good', () => {
  const nobody: HeldRegistrations = { onShards: [], atMaster: [], seats: [], maps: [] }
  const about = { held: nobody, ledger: createLedger(), attempts: null, isLossy: false }
  expect(findingsOf([], about).checks).toMatchObject([{ verdict: 'unknown' }])
  expect(findingsOf([], { ...about, held: whole }).checks).toMatchObject([{ verdict: 'pass' }])
})

describe('requests', () => {
  it('no student registers for a section twice before all have registered for all', () => {
    const seen = new Set<string>()
    for (let step = 0; step < PAIRS; step++) seen.add(Object.values(pairAt(step)).join(' '))
    expect(seen.size).toBe(PAIRS)
  })

  it('are UUIDs that tell the number of the write, to their own run alone', () => {
    const id = requestIdOf(prefix, 12_345, 77)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(seqOf(prefix, id)).toBe(12_345)
    expect(seqOf(prefixOf('run2'), id)).toBeNull()
  })
})
