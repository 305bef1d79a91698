import { describe, expect, test } from 'vitest'
import {
  keepWhole,
  type MasterSide,
  needsComparing,
  type ShardSide,
} from '../../../labs/registrations/app/keep-whole.ts'
import type { Mended } from '../../../labs/registrations/app/registrations.ts'
import { fakeDatabase, shard } from './fakes.ts'

const there: ShardSide = { timeline: 1, isActive: true, waitsSeconds: null }
const here: MasterSide = { timeline: 1, hasSlot: true, sawShard: 1, sawMaster: 1, sinceSeconds: 60 }

describe('a shard and the master are compared', () => {
  test.each<[string, Partial<ShardSide>, Partial<MasterSide>]>([
    ['where they never were', {}, { sawShard: null, sawMaster: null, sinceSeconds: null }],
    ["when the shard's standby took over", { timeline: 2 }, {}],
    ["when the master's standby took over, which had not seen the last comparison either", {}, { timeline: 3 }],
    ['when the slot to the master is lost', { isActive: null }, {}],
    ['when the slot of the acknowledgements is lost', {}, { hasSlot: false }],
    ['when something waits though the master listens', { waitsSeconds: 3.5 }, {}],
  ])('%s', (_, shardSide, masterSide) => {
    expect(needsComparing({ ...there, ...shardSide }, { ...here, ...masterSide })).toBe(true)
  })

  test.each<[string, Partial<ShardSide>, Partial<MasterSide>]>([
    ['nothing is wrong', {}, {}],
    ['what waits has not waited long', { waitsSeconds: 2.5 }, {}],
    ['the master does not listen, and what waits will come', { waitsSeconds: 60, isActive: false }, {}],
    ['it was done a moment ago', { waitsSeconds: 60 }, { sinceSeconds: 2 }],
  ])('but not when %s', (_, shardSide, masterSide) => {
    expect(needsComparing({ ...there, ...shardSide }, { ...here, ...masterSide })).toBe(false)
  })
})

test('it goes on through whatever is away, and says what it mended', async () => {
  const mended: Mended = { shard: 'public', missing: 2, unmarked: 1, lostOnShard: 0 }
  let isAway = true
  const publicShard = fakeDatabase('public', { 'slot.active': [{ ...there, timeline: 2 }] })
  const master = fakeDatabase('master', { compared: [{ ...here }], resync_shard: [{ ...mended }] })
  const flaky = {
    ...master,
    query: <R extends object>(text: string) =>
      isAway
        ? fakeDatabase('master', { SELECT: { type: 'unreachable', server: 'master' } }).query<R>(text)
        : master.query<R>(text),
  }
  const ending = new AbortController()
  const told: unknown[] = []
  await keepWhole(
    {
      master: flaky,
      shard: shard(publicShard, [1, 10]),
      onMended: (found) => {
        told.push(found)
        ending.abort()
      },
      onTrouble: ({ trouble }) => told.push(trouble.type),
      wait: async () => {
        isAway = false
      },
    },
    ending.signal,
  )
  expect(told).toEqual(['unreachable', mended])
})
