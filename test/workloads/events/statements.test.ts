import { describe, expect, it } from 'vitest'
import { eventStatements } from '../../../src/workloads/events/statements.ts'

describe('the events workload', () => {
  const workload = eventStatements('run1')

  it('gives every write an identity of its own, and all owners their share', () => {
    const writes = [1, 2, 3, 4, 5, 6].map((seq) => workload.write(seq))
    expect(writes.map((write) => write.identity)).toEqual(['run1:1', 'run1:2', 'run1:3', 'run1:4', 'run1:5', 'run1:6'])
    expect(writes.every((write) => write.values[0] === write.identity)).toBe(true)
    expect(new Set(writes.map((write) => write.values[1])).size).toBe(3)
  })

  it('reads leave nothing behind', () => {
    expect(workload.read(1)).toMatchObject({ identity: null, values: [] })
    expect(workload.read(1).statement.text).toMatch(/^SELECT/)
  })
})

describe('what the answers tell', () => {
  const workload = eventStatements('run1')
  const read = (text: string) =>
    workload.read(1).statement.columns?.newest?.(Buffer.from(text), 0, Buffer.byteLength(text))

  it('a write returns its row and the position in the WAL', () => {
    expect(workload.write(1).statement.text).toContain('RETURNING id')
    expect(workload.written({ id: 7, lsn: 50331744 })).toEqual({ id: 7, lsn: 50331744, digest: null })
    expect(workload.written(null)).toEqual({ id: null, lsn: null, digest: null })
    expect(workload.written({ id: 7, lsn: 1, digest: -5 }).digest).toBe(-5)
    expect(workload.written({ id: '7', lsn: null })).toEqual({ id: null, lsn: null, digest: null })
  })

  it.each([
    ['run1:12', 12],
    ['run1:1', 1],
    ['run2:12', null],
    ['run11:12', null],
    ['run1:', null],
    ['run1:0', null],
    ['run1:-3', null],
    ['run1:1.5', null],
    ['run1:12x', null],
    ['run1:99999999999999999999', null],
    ['Встреча с клиентом', null],
    [null, null],
  ])('a read that returns the event %o saw write %o', (event_name, seq) => {
    const rows = seq === null ? [] : [{ seq, digest: -5 }]
    expect(workload.newest({ id: 7, newest: read(`-5 ${event_name}`), lsn: 9 })).toEqual({ seq, id: 7, lsn: 9, rows })
  })

  it('a read returns several rows, of which those of others are passed over', () => {
    const newest = read('5 run1:9\n-3 of\nsomebody else\nx run1:7\n7 run1:8')
    expect(workload.newest({ id: 7, newest, lsn: 9 })).toEqual({
      seq: 9,
      id: 7,
      lsn: 9,
      rows: [
        { seq: 9, digest: 5 },
        { seq: 8, digest: 7 },
      ],
    })
  })

  it('a read of an empty table saw nothing', () => {
    expect(workload.newest(null)).toEqual({ seq: null, id: 0, lsn: null, rows: [] })
    expect(workload.newest({ id: null, newest: null, lsn: 9 })).toEqual({ seq: null, id: 0, lsn: 9, rows: [] })
  })
})

it.each(['', 'Run1', 'run:1', 'run%', 'x'.repeat(33)])('"%s" is not a run id', (runId) => {
  expect(() => eventStatements(runId)).toThrow(RangeError)
})
