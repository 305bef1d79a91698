import { expect, it } from 'vitest'
import { lostBeyondFault, outageBeyondPrediction, splitBrainBeyondFault } from '../../src/report/beyond-fault.ts'
import { ofSystem } from '../../src/report/figures.ts'
import { summarySchema } from '../../src/report/summary-schema.ts'
import { summary } from '../scenario/fixture.ts'
import { htmlOf, markdownOf, reportWith } from './printed.ts'

const section = {
  title: 'What the proxy did',
  lead: 'It promotes on the first error.',
  rows: [
    { name: 'promotions', value: 2, meaning: 'Of a standby <b>.', isWrong: false },
    { name: 'false promotions', value: 1, meaning: 'While the primary lived.', isWrong: true },
    { name: 'led to', value: 'standby', meaning: 'At the end.', isWrong: false },
  ],
  lines: ['At 00:05 it promoted standby.'],
}
const told = summary({
  more: { system: { type: 'fake', figures: { false_promotions: 1, rejoined: null }, sections: [section] } },
})

it('what a system says of a run stands in HTML and Markdown as what a workload says does, and is escaped', async () => {
  const report = await reportWith(told)
  const [html, text] = [htmlOf(report), markdownOf(report)]
  expect(html).toContain('<section id="system-1"><h2>What the proxy did</h2>')
  expect(html).toContain('Of a standby &lt;b&gt;.')
  expect(html).toContain('<tr class="bad"><th scope="row">false promotions</th>')
  expect(text).toContain('## What the proxy did')
  expect(text).toMatch(/\| led to +\| standby/)
})

it('what a workload found one by one is a table, of which the first twenty are in sight', async () => {
  const rows = Array.from({ length: 22 }, (_, n) => [`student ${n}`, 'missing <i>', 'public', '201'])
  const table = { columns: ['registration', 'what is wrong', 'on its shard', 'its request'], rows }
  const workload = { type: 'registrations' as const, counts: { missing_at_master: 22 }, examples: [], table }
  const report = await reportWith(summary({ more: { workload } }))
  expect(htmlOf(report)).toMatch(/student 19<.*<summary>2 rows more.*student 20</s)
  expect(htmlOf(report)).toContain('missing &lt;i&gt;')
  expect(markdownOf(report)).toMatch(/\| student 21 +\| missing/)
  expect(summarySchema.safeParse(summary({ more: { workload } })).success).toBe(true)
})

it('is part of what summary.json may hold', () => {
  expect(summarySchema.safeParse(told).success).toBe(true)
})

it('a figure of a system is known in its own runs alone', () => {
  const figure = ofSystem('fake', {
    name: 'false_promotions',
    unit: 'count',
    about: 'of one that lives',
    read: () => 0,
  })
  expect(figure.read(told)).toBe(1)
  expect(figure.read(summary({}))).toBeNull()
  expect(figure.read({ ...told, system: { type: 'other', figures: { false_promotions: 7 }, sections: [] } })).toBeNull()
})

it('what goes beyond what faults may cost is not known where nobody says what they may', () => {
  expect(outageBeyondPrediction(summary({}))).not.toBeNull()
  expect(outageBeyondPrediction(told, null)).toBeNull()
  const lost = summary({ writes: { lost: 3 } })
  const autopsy = { sentences: [], explained: 3, unexplained: 0, reasons: [] }
  const failovers = [{ from: 'patroni1', to: 'patroni2', lost: 3, firstAnsweredMs: 20_000, lastAnsweredMs: 20_500 }]
  expect(lostBeyondFault({ ...lost, autopsy: { ...autopsy, failovers } }, null)).toBeNull()
  const { splitBrain } = told
  const evidence = { earliestMs: null, latestMs: null, isOpen: false, evidence: [] }
  const span = {
    basis: 'recovery' as const,
    nodes: ['a', 'b'],
    fromMs: 1_000,
    toMs: 2_000,
    durationMs: 1_000,
    ...evidence,
  }
  expect(splitBrainBeyondFault({ ...told, splitBrain: { ...splitBrain, spans: [span] } }, null)).toBeNull()
  expect(splitBrainBeyondFault({ ...told, splitBrain: { ...splitBrain, spans: [] } }, null)).toBe(0)
})
