import { expect, test } from 'vitest'
import { type AtMaster, audit, type OnShard, type Servers } from '../../../labs/registrations/experiment/audit.ts'
import type { Entry } from '../../../labs/registrations/experiment/load.ts'

const row = (regId: number, change: Partial<OnShard> = {}): OnShard => ({
  shard: 'public',
  regId,
  requestId: `r${regId}`,
  student: `s${regId}`,
  section: 'databases',
  isMarked: true,
  ...change,
})
const there = ({ shard, regId, requestId, student, section }: OnShard): AtMaster => ({
  shard,
  shardRegId: regId,
  requestId,
  student,
  section,
})
const entry = ({ requestId, student, section }: OnShard, answer: Entry['answer'] = 'acknowledged'): Entry => ({
  requestId,
  student,
  section,
  dueAt: '',
  answeredAt: '',
  attempts: ['201'],
  answer,
})
const rows = [row(1), row(2), row(3)]
const whole: Servers = {
  onShards: rows,
  atMaster: rows.map(there),
  seats: [{ shard: 'public', section: 'databases', capacity: 3 }],
  maps: [
    { map: 'students', shard: 'public', shardKey: 1, masterKey: 10 },
    { map: 'students', shard: 'private', shardKey: 1, masterKey: 11 },
    { map: 'sections', shard: 'public', shardKey: 1, masterKey: 10 },
  ],
}
const ledger = rows.map((each) => entry(each))
const bad = (servers: Partial<Servers>, kept = ledger) => {
  const { figures, wrong } = audit(kept, { ...whole, ...servers })
  const { acknowledged, on_shards, at_master, ...rest } = figures
  return { not: Object.fromEntries(Object.entries(rest).filter(([, n]) => n !== 0)), wrong }
}

test('where all is as it should be, nothing is found', () => {
  expect(bad({})).toEqual({ not: {}, wrong: [] })
})

test('a registration that is on its way is missing; a marked one is wrongly marked, too', () => {
  expect(
    bad({ atMaster: rows.slice(1).map(there), onShards: [row(1, { isMarked: false }), ...rows.slice(1)] }),
  ).toEqual({
    not: { missing_at_master: 1 },
    wrong: [{ figure: 'missing_at_master', about: 's1 in databases: public 1', history: ledger[0] }],
  })
  expect(bad({ atMaster: rows.slice(1).map(there) })).toMatchObject({
    not: { missing_at_master: 1, synced_but_absent: 1 },
    wrong: [{ figure: 'synced_but_absent' }],
  })
})

test('what is at the master and not marked is told, too', () => {
  expect(bad({ onShards: [row(1, { isMarked: false }), ...rows.slice(1)] })).toEqual({
    not: { present_but_unmarked: 1 },
    wrong: [{ figure: 'present_but_unmarked', about: 's1 in databases: public 1', history: ledger[0] }],
  })
})

test('a retry that was written twice is a duplicate, and may overbook', () => {
  const second = row(4, { requestId: 'r1', student: 's1' })
  expect(bad({ onShards: [...rows, second], atMaster: [...rows, second].map(there) }).not).toEqual({
    duplicates_at_master: 1,
    overbooked_sections: 1,
  })
})

test('one row of two that came over does not hide the other', () => {
  const second = row(4, { requestId: 'r1', student: 's1' })
  const seats = [{ shard: 'public', section: 'databases', capacity: 4 }]
  expect(bad({ onShards: [...rows, second], seats }).not).toEqual({ missing_at_master: 1, synced_but_absent: 1 })
})

test('what was acknowledged, or is at the master, and is not on its shard is lost there', () => {
  expect(bad({ onShards: rows.slice(1) }).not).toEqual({ lost_on_shard: 1 })
  expect(bad({ onShards: rows.slice(1), atMaster: rows.slice(1).map(there) }).not).toEqual({ lost_on_shard: 1 })
  expect(
    bad({ onShards: rows.slice(1), atMaster: rows.slice(1).map(there) }, [entry(row(1), 'unknown'), ...ledger.slice(1)])
      .not,
  ).toEqual({})
})

test('two keys of the master for one of a shard are a conflict, and so is the other way round', () => {
  const more = (shardKey: number, masterKey: number) => [
    ...whole.maps,
    { map: 'students', shard: 'public', shardKey, masterKey } as const,
  ]
  expect(bad({ maps: more(1, 12) }).not).toEqual({ map_conflicts: 1 })
  expect(bad({ maps: more(2, 10) }).not).toEqual({ map_conflicts: 1 })
  expect(bad({ maps: more(2, 12) }).not).toEqual({})
  expect(bad({ maps: more(1, 10) }).not).toEqual({})
})
