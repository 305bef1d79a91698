import { readFileSync } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { toHtml } from '../../src/report/html.ts'
import { toJunit } from '../../src/report/junit.ts'
import { toMarkdown } from '../../src/report/markdown.ts'
import { suitePage } from '../../src/report/suite-page.ts'
import { suiteSchema } from '../../src/report/suite-schema.ts'
import { shellWord } from '../../src/report/words/format.ts'
import { spreadOf, tellSpread, tellValues } from '../../src/report/words/spread.ts'
import { writeSuite } from '../../src/report/write-report.ts'
import { newFolder } from '../new-folder.ts'
import { hostileSuite, suite } from './suite-fixture.ts'

const CONTROLS = /(?!\n)\p{Cc}/u

describe('suite.json', () => {
  it('is what its schema says, and docs/suite.schema.json, too (update that with `npx vitest -u test/report/suite`)', async () => {
    expect(suiteSchema.parse(JSON.parse(JSON.stringify(suite)))).toEqual(suite)
    const file = new URL('../../docs/suite.schema.json', import.meta.url)
    const schema = { title: 'suite.json of a chaoslab run of scenarios', ...z.toJSONSchema(suiteSchema) }
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(file.pathname)
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync(file, 'utf8')) as object)
    expect(validate(JSON.parse(JSON.stringify(suite)))).toBe(true)
    expect(validate({ ...suite, judgement: 'fine' })).toBe(false)
  })

  it('names the runs from its own folder, and has no infinity', () => {
    const [first, second] = suite.scenarios
    expect(first?.repeats.map(({ folder }) => folder)).toEqual(['pause-1', 'pause-2'])
    expect(second?.repeats.map(({ figures }) => figures.write_outage)).toEqual([31_000, { atLeast: 5_000 }, 14_000])
    expect(JSON.stringify(suite)).not.toMatch(/Infinity|NaN/)
  })
})

describe('a suite that is kept', () => {
  it('holds what explains each outage: its kind, and of each step how long it took and its cause as a value', () => {
    const [outage] = suite.scenarios[0]?.repeats[0]?.outages ?? []
    expect(outage).toMatchObject({ kind: 'write', durationMs: 12_000, cause: 'failover' })
    const expired = outage?.phases.find(({ awaited }) => awaited === 'key-gone')
    expect(expired).toMatchObject({ stage: 'during', pass: 1, cause: { type: 'ttl', ttlMs: 20_000 } })
    expect(suite.scenarios[0]?.repeats[0]?.failovers).toMatchObject([{ from: 'patroni1', to: 'patroni2' }])
  })

  it('of an earlier version is read: its question is a tag, and what explains its outages is missing', () => {
    const scenarios = suite.scenarios.map(({ tags: _, repeats, ...rest }, index) => ({
      ...rest,
      question: index === 0 ? 'leader-killed' : null,
      repeats: repeats.map(({ outages, failovers, ...repeat }) => repeat),
    }))
    const read = suiteSchema.parse({ ...suite, scenarios })
    expect(read.scenarios.map(({ tags }) => tags)).toEqual([['leader-killed'], [], []])
    expect(read.scenarios[0]?.repeats[0]?.outages).toBeUndefined()
  })
})

describe('the page', () => {
  const html = toHtml(suitePage(suite))

  it('tells the verdict before anything else, and why', () => {
    expect(html.indexOf('FAIL')).toBeLessThan(html.indexOf('<h1>'))
    expect(html).toContain('<h1>1 of 3 scenarios failed. 375 acknowledged writes were lost.</h1>')
    expect(html).toContain('✗ the leader is cut off: repeat 1: Rows are wrong.; repeat 2: Step 2')
    expect(html).toContain('? the leader is cut off: the cluster was not healthy before the first step')
  })

  it('compares the scenarios by their figures, with a link to the report of every run', () => {
    const rows = html.slice(html.indexOf('steps compared'), html.indexOf('id="scenario-1"'))
    expect(rows).toContain('12.0\u00a0s')
    expect(rows).toContain('12.0\u00a0s to 20.0\u00a0s')
    expect(rows).toContain('14.0\u00a0s to not over')
    for (const href of ['./pause-1/report.html', './cut-3/report.html']) expect(rows).toContain(`href="${href}"`)
    expect(rows.match(/not known/g)?.length).toBeGreaterThan(3)
  })

  it('draws the outages of all on one scale, for a page and for a phone', () => {
    for (const size of ['wide', 'narrow']) {
      expect(html.match(new RegExp(`<svg class="${size}"[^>]* role="img" aria-label="[^"]{20,}"`, 'g'))).toHaveLength(1)
    }
    expect(html).not.toMatch(/NaN|undefined|Infinity|\[object/)
  })

  it('has no plot when clients could always write', () => {
    const [first] = suite.scenarios
    if (first === undefined) throw new Error('no scenario')
    const repeats = first.repeats.map((each) => ({ ...each, figures: { ...each.figures, write_outage: 0 } }))
    const calm = toHtml(suitePage({ ...suite, judgement: 'pass', scenarios: [{ ...first, repeats }] }))
    expect(calm).not.toContain('data-plot')
    expect(calm).toContain('<h1>The scenario passed. No acknowledged write was lost.</h1>')
  })

  it('tells of the clients of one site that went without for longer than all', () => {
    const [first] = suite.scenarios
    if (first === undefined) throw new Error('no scenario')
    const figures = { write_outage: 146, partial_write_outage: 44_100 }
    const repeats = first.repeats.map((each) => ({ ...each, figures: { ...each.figures, ...figures } }))
    const apart = { ...suite, scenarios: [{ ...first, repeats }] }
    const page = suitePage(apart)
    expect(page.cards?.[1]).toMatchObject({ label: 'Longest write outage', value: '44.1\u00a0s' })
    const html = toHtml(page)
    expect(html.slice(html.indexOf('steps compared'), html.indexOf('id="scenario-1"'))).toContain('44.1\u00a0s')
    expect(toMarkdown(page)).toContain('partial write outage')
    expect(toMarkdown(suitePage(suite))).not.toContain('partial write outage')
    expect(toJunit(apart)).toContain('write outage 44.1\u00a0s')
  })

  it('has every expectation with its sign, the steps, and the command that does it again', () => {
    expect(html).toMatch(/✗<\/span> lost_writes/)
    expect(html).toMatch(/\?<\/span> lost_writes/)
    expect(html).toContain('<li><span class="is-bad">✗ wait until the cluster is healthy')
    expect(html).toContain('chaoslab run scenarios/pause.yaml --seed abc --trials 2')
    expect(html).toContain('chaoslab run &#39;it&#39;\\&#39;&#39;s here/cut off.yaml&#39; --seed 7 --trials 3')
  })

  it('needs nothing from anywhere', () => {
    expect(html).not.toMatch(/<script|<link rel="stylesheet"|@import|src=|url\((?!#)/)
    expect(html).toContain(`default-src 'none'`)
    for (const [, href = ''] of html.matchAll(/href="([^"]*)"/g)) expect(href).toMatch(/^(\.\/|#|data:,$)/)
  })

  it('escapes whatever comes from outside', () => {
    const bad = toHtml(suitePage(hostileSuite()))
    expect(bad).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(bad).not.toMatch(/<script|<img/)
    expect(bad).not.toMatch(CONTROLS)
    expect(bad.replaceAll(/"[^"]*"/g, '""')).not.toMatch(/<[^>]*\son\w+=/)
  })

  it('of nothing is whole, too', () => {
    const empty = toHtml(suitePage({ ...suite, scenarios: [] }))
    expect(empty).toContain('No scenario was run.')
    expect(empty).not.toMatch(/NaN|undefined|Infinity/)
  })
})

describe('the Markdown', () => {
  const text = toMarkdown(suitePage(suite))

  it('begins with the verdict and compares the scenarios in a table', () => {
    expect(text).toMatch(/^# ✗ FAIL: 1 of 3 scenarios failed\./)
    expect(text).toMatch(/\| a replica is paused \| ✓ pass \| 0 \| 60 \| 12\.0\u00a0s \(12\.0\u00a0s to 20\.0\u00a0s\)/)
    expect(text).toContain('[1](./pause-1/report.html) [2](./pause-2/report.html) |')
    expect(text).toContain('| ✗ lost\\_writes | = 0 | 375, 0, 0 |')
    expect(text).toContain("chaoslab run 'it'\\''s here/cut off.yaml'")
  })

  it('cannot be broken by a hostile name', () => {
    const bad = toMarkdown(suitePage(hostileSuite()))
    expect(bad).not.toMatch(CONTROLS)
    const outside = bad.replaceAll(/^(`{3,})\n[\s\S]*?\n\1$/gm, '')
    expect(outside).not.toMatch(/(?<!\\)</)
    for (const line of outside.split('\n').filter((each) => each.startsWith('| ✗ '))) {
      expect(line.match(/(?<!\\)\|/g)).toHaveLength(5)
    }
  })
})

describe('its files', () => {
  let folder: string
  beforeEach(() => {
    folder = newFolder()
  })
  it('are three, whole, and nothing else', async () => {
    const files = await writeSuite(path.join(folder, 'new'), suite)
    expect((await readdir(path.join(folder, 'new'))).sort()).toEqual(['suite.html', 'suite.json', 'suite.md'])
    expect(suiteSchema.parse(JSON.parse(await readFile(files.json, 'utf8')))).toEqual(suite)
    expect(await readFile(files.html, 'utf8')).toMatch(/<\/html>\n$/)
  })

  it('leave no draft behind when one cannot be put in place', async () => {
    await mkdir(path.join(folder, 'suite.md', 'in the way'), { recursive: true })
    await expect(writeSuite(folder, suite)).rejects.toMatchObject({
      code: expect.stringMatching(/EISDIR|ENOTEMPTY|EEXIST/),
    })
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})

describe('several values', () => {
  it.each([
    [[], '–', null],
    [[null, null], 'not known', null],
    [[5_000], '5.00\u00a0s', null],
    [[5_000, 5_000], '5.00\u00a0s', null],
    [[3_000, 1_000, 2_000], '2.00\u00a0s', '1.00\u00a0s to 3.00\u00a0s'],
    [[1_000, 2_000], '1.00\u00a0s', '1.00\u00a0s to 2.00\u00a0s'],
    [[0, { atLeast: 9_000 }, null], 'none', 'none to not over, not known in 1 of 3'],
    [[{ atLeast: 9_000 }], 'not over', null],
    [[{ atLeast: 7_000, atMost: 9_000 }, 2_000], '2.00\u00a0s', '2.00\u00a0s to 9.00\u00a0s'],
  ] as const)('%j are told by their median and range', (values, value, note) => {
    expect(tellSpread(spreadOf(values), 'duration')).toEqual({ value, note })
  })

  it('are listed while they can be read', () => {
    expect(tellValues([1, null, { atLeast: 9_000 }], 'duration')).toBe('1\u00a0ms, not known, at least 9.00\u00a0s')
    expect(
      tellValues(
        Array.from({ length: 100 }, (_, index) => index + 1),
        'count',
      ),
    ).toBe('median 50 (1 to 100) of 100')
  })
})

it.each([
  ['a.yaml', 'a.yaml'],
  ['a b', "'a b'"],
  ["it's", "'it'\\''s'"],
  ['$(id)', "'$(id)'"],
  ['-v', "'-v'"],
  ['', "''"],
])('%j is the word %s to a shell', (text, word) => {
  expect(shellWord(text)).toBe(word)
})
