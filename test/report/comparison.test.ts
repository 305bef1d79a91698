import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Compared, compare, type Repeat, toColumn } from '../../src/report/comparison.ts'
import { comparisonPage } from '../../src/report/comparison-page.ts'
import { toHtml } from '../../src/report/html.ts'
import { toMarkdown } from '../../src/report/markdown.ts'
import { summarise } from '../../src/report/summarise.ts'
import type { Summary } from '../../src/report/summary-schema.ts'
import { aboutRows, figureRows, tellCell, tellMismatches } from '../../src/report/words/comparison.ts'
import { writeComparison } from '../../src/report/write-report.ts'
import { newFolder } from '../new-folder.ts'
import { leaderKill, lossyAudit, lossyAutopsy, wholeLedger } from './fixture.ts'

const { summary } = await summarise({
  name: 'leader kill',
  events: leaderKill(),
  ledger: wholeLedger,
  audit: lossyAudit,
  autopsy: lossyAutopsy,
})
const [fault] = summary.faults
if (fault === undefined) throw new Error('nothing was broken in the fixture')
const lifted = { ...fault, liftedMs: fault.landedMs + 20_000 }

/** A run like that one but for this. */
function run(label: string, change: Partial<Summary> = {}): Compared {
  return toColumn({ label, folder: `runs/${label}`, report: null }, [{ summary: { ...summary, ...change } }])
}

const settings = (change: Partial<Summary['settings']>) => ({ settings: { ...summary.settings, ...change } })
const cell = (columns: readonly Compared[], name: string, index = 0) => {
  const row = figureRows(compare(null, columns)).find((each) => each.name === name)
  return row && tellCell(row.values[index] ?? [], row.unit)
}

describe('runs side by side', () => {
  it('show of the settings those that differ', () => {
    const compared = compare(null, [
      run('asynchronous', settings({ isSynchronous: false, ttlSeconds: 20 })),
      run('synchronous', settings({ isSynchronous: true, ttlSeconds: 20 })),
    ])
    expect(compared.differing).toEqual(['synchronous_mode'])
    expect(aboutRows(compared)).toContainEqual({ label: 'synchronous_mode', cells: ['off', 'on'] })
    expect(compared.mismatches).toEqual([])
  })

  it('show every figure as its own report does, and a dash for one that a run does not have', () => {
    const whole = run('whole')
    const { redundancy_restored: _, ...rest } = whole.figures
    const other: Compared = { ...whole, label: 'other', lab: 'pair', settings: {}, figures: rest }
    expect(cell([whole, other], 'lost_writes')).toBe(String(summary.writes.lost))
    expect(cell([whole, other], 'redundancy_restored', 0)).not.toBe('–')
    expect(cell([whole, other], 'redundancy_restored', 1)).toBe('–')
    const unjudged = run('unjudged', { lossOutages: null })
    expect(cell([unjudged], 'write_outage_with_losses')).toBe('not known')
  })

  it('show what was not seen only where there is any', () => {
    const names = (column: Compared) => figureRows(compare(null, [column])).map(({ name }) => name)
    const unseen = { splitBrain: { ...summary.splitBrain, isWatched: true, unwitnessedMs: 0 } }
    expect(names(run('a', unseen))).not.toContain('split_brain_unknown')
    unseen.splitBrain.unwitnessedMs = 1_200
    expect(names(run('a', unseen))).toContain('split_brain_unknown')
  })

  it('show of an outage that had not ended as much as was seen', () => {
    const outage = { ...summary.outages[0], kind: 'write', toMs: null, durationMs: null, atLeastMs: 30_000 } as never
    expect(cell([run('open', { outages: [outage] })], 'write_outage')).toBe('at least 30.0\u00a0s')
  })
})

describe('what makes it no fair comparison', () => {
  it.each([
    ['nothing', {}, []],
    ['another node that was the leader', { faults: [{ ...lifted, part: 'other' }] }, []],
    ['a node that ended by itself afterwards', { faults: [lifted, { ...fault, how: 'ended' as const }] }, []],
    ['another fault', { faults: [{ ...fault, fault: 'paused', how: 'paused' as const }] }, ['faults']],
    ['another target', { faults: [{ ...fault, role: 'replica' as const }] }, ['faults']],
    ['no fault at all', { faults: [] }, ['faults']],
    ['one more fault', { faults: [fault, fault] }, ['faults']],
    ['a fault that was held for longer', { faults: [{ ...fault, liftedMs: fault.landedMs + 90_000 }] }, ['held']],
    ['more writes', settings({ writesPerSecond: 999 }), ['traffic']],
    ['fewer reads', settings({ readsPerSecond: 1 }), ['traffic']],
    ['a longer run', { durationMs: 3 * summary.durationMs }, ['length']],
  ])('%s', (_what, change, mismatches) => {
    const lasting = { durationMs: 60_000, faults: [lifted] }
    expect(compare(null, [run('a', lasting), run('b', { ...lasting, ...change })]).mismatches).toEqual(mismatches)
  })

  it('a moment more or less is no difference, and neither is a fault that no run lifted', () => {
    const held = (ms: number | null) => ({ faults: [{ ...fault, liftedMs: ms === null ? null : fault.landedMs + ms }] })
    expect(compare(null, [run('a', held(20_000)), run('b', held(21_500))]).mismatches).toEqual([])
    expect(compare(null, [run('a', held(null)), run('b', held(null))]).mismatches).toEqual([])
    expect(compare(null, [run('a', held(20_000)), run('b', held(null))]).mismatches).toEqual(['held'])
  })

  it('faults are not known where a recording is gone, or its repeats were not alike', () => {
    const column = (repeats: readonly Repeat[]) => toColumn({ label: 'b', folder: 'b', report: null }, repeats)
    const gone: Repeat = { summary: null, kept: { lost_writes: 3 }, durationMs: summary.durationMs }
    const without = { summary: { ...summary, faults: [] } }
    expect(compare(null, [run('a'), column([{ summary }, gone])]).mismatches).toEqual(['unknown-faults'])
    expect(compare(null, [run('a'), column([{ summary }, without])]).mismatches).toEqual(['unknown-faults'])
    expect(cell([column([{ summary }, gone])], 'lost_writes')).toContain('3')
    expect(tellMismatches(compare(null, [run('a'), run('b', { faults: [] })]))).toEqual(['Not under the same fault.'])
  })
})

const HOSTILE = `"><script>alert(1)</script>|\`_*`

describe('what is written', () => {
  const compared = compare('the leader is killed', [run('naive'), run(HOSTILE, { lab: HOSTILE })])

  it('is a page with a column a run and the outages of all, in which nothing from outside is markup', () => {
    const html = toHtml(comparisonPage([compared, compared], { version: '1', folder: '.' }))
    expect(html).toContain('the leader is killed')
    expect(html).toContain('<th scope="col">naive</th>')
    expect(html.match(/data-plot="outage-bars-plot-[12]"/g)).toHaveLength(2)
    expect(html).not.toContain('<script>')
    expect(html).not.toMatch(/NaN|undefined|Infinity|\[object/)
  })

  it('is Markdown whose tables hold, with a link to each report from where it stands', () => {
    const [first] = compared.columns
    if (first === undefined) throw new Error('no column')
    const linked = { ...first, report: path.resolve('runs/a (1)/report.html') }
    const markdown = toMarkdown(
      comparisonPage([compare(null, [linked, ...compared.columns.slice(1)])], {
        version: '1',
        folder: path.resolve('compared'),
      }),
    )
    expect(markdown).toContain('[report](../runs/a%20%281%29/report.html)')
    const pipes = markdown
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) => line.match(/(?<!\\)\|/g)?.length)
    expect(new Set(pipes)).toEqual(new Set([4]))
  })

  it('is three files', async () => {
    const folder = newFolder()
    const html = await writeComparison(path.join(folder, 'new'), [compared], '1')
    expect(html).toBe(path.join(folder, 'new', 'comparison.html'))
    expect((await readdir(path.join(folder, 'new'))).sort()).toEqual([
      'comparison.html',
      'comparison.json',
      'comparison.md',
    ])
    const [read] = JSON.parse(await readFile(path.join(folder, 'new', 'comparison.json'), 'utf8'))
    expect(read.columns[0].figures.lost_writes).toEqual([summary.writes.lost])
  })
})
