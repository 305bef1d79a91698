import { describe, expect, it } from 'vitest'
import { figures } from '../../src/report/figures.ts'
import { summarySchema } from '../../src/report/summary-schema.ts'
import { DEFAULT_WORKLOAD, findWorkload, workloadFindings, workloads } from '../../src/workloads/workloads.ts'
import { cleanAudit } from '../report/fixture.ts'

describe('the list of workloads', () => {
  it('has each type once, and events without a word', () => {
    const types = workloads.map(({ type }) => type)
    expect(new Set(types).size).toBe(types.length)
    expect(DEFAULT_WORKLOAD).toBe('events')
    expect(findWorkload('events')?.type).toBe('events')
    expect(findWorkload('nothing')).toBeNull()
  })

  it('every figure of every workload can be expected, under a name that no other has', () => {
    const names = figures.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const workload of workloads) for (const { name } of workload.figures) expect(names).toContain(name)
  })

  it('every check of every workload has its place in a summary', () => {
    const known = summarySchema.shape.checks.element.shape.name.options
    for (const workload of workloads) expect(known).toEqual(expect.arrayContaining([...workload.checks]))
  })

  it.each(workloads.flatMap((workload) => ('tables' in workload ? [[workload.type, workload] as const] : [])))(
    'the rows of %s are read back whole',
    (_, workload) => {
      const run = workload.begin({ runId: 'run1', ledger: { ...noLedger }, leading: () => null })
      expect(run.write(7)).toMatchObject({ identity: 'run1:7' })
      expect(run.read(7)).toMatchObject({ identity: null })
      expect(workload.rows.select('run1')).toContain("'run1:'")
    },
  )
})

const noLedger = {
  size: 0,
  answered: 0,
  bytes: 0,
  record: () => {},
  at: () => {
    throw new RangeError('none')
  },
  entries: () => [],
  outcomes: () => ({ size: 0, at: () => 'unanswered' as const }),
  digestOf: () => 0,
}

it('a recording tells what its workload found; one of before what its reads had', () => {
  const nothing = { count: 0, ranges: [], isComplete: true }
  const found = { type: 'list-append', checks: [], counts: { forked_lists: 1 }, examples: [] }
  expect(workloadFindings({ ...cleanAudit, workload: found })).toBe(found)
  const reads = { aborted: { ...nothing, count: 2 }, altered: nothing, vanished: nothing, returned: nothing }
  const verdict = { verdict: 'fail', why: 'x.', evidence: [] } as const
  const before = { ...cleanAudit, reads, halves: { writes: verdict, replicas: verdict, reads: verdict } }
  expect(workloadFindings(before)).toMatchObject({ type: 'events', counts: { aborted_reads: 2, altered_reads: 0 } })
  expect(workloadFindings(cleanAudit)).toBeNull()
})
