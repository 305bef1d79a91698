import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { describe, expect, it } from 'vitest'
import { toJunit } from '../../src/report/junit.ts'
import type { Suite } from '../../src/report/suite-schema.ts'
import { hostileSuite, suite } from './suite-fixture.ts'

interface TestCase {
  readonly '@classname': string
  readonly '@name': string
  readonly '@time': string
  readonly failure?: { readonly '@message': string; readonly '@type': string; readonly '#text': string }
  readonly error?: { readonly '@message': string; readonly '@type': string; readonly '#text': string }
}
interface TestSuite {
  readonly testcase: readonly TestCase[]
  readonly 'system-out': string
  readonly [attribute: `@${string}`]: string
}
interface TestSuites {
  readonly testsuite: readonly TestSuite[]
  readonly [attribute: `@${string}`]: string
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseAttributeValue: false,
  parseTagValue: false,
  htmlEntities: true,
  isArray: (name) => name === 'testsuite' || name === 'testcase',
})

function parse(of: Suite): TestSuites {
  const xml = toJunit(of)
  expect(XMLValidator.validate(xml)).toBe(true)
  return (parser.parse(xml) as { testsuites: TestSuites }).testsuites
}

const parsed = parse(suite)

describe('as JUnit', () => {
  it('is a suite for each scenario, and a case for each expectation and for the steps', () => {
    expect(parsed.testsuite.map((each) => each['@name'])).toEqual([
      'a replica is paused',
      'the leader is cut off',
      'the leader is cut off (2)',
    ])
    const names = parsed.testsuite[1]?.testcase.map((each) => each['@name'])
    expect(names).toEqual([
      'steps',
      'writes',
      'write_outage p50',
      'write_outage max',
      'lost_writes',
      'unguarded_lost_writes',
      'unexplained_lost_writes',
      'phantom_writes',
      'duplicated_writes',
      'altered_rows',
      'never_attempted_rows',
      'replica_differences',
      'split_brain',
    ])
  })

  it('counts what it holds, on every level', () => {
    const add = (name: `@${string}`) => parsed.testsuite.reduce((sum, each) => sum + Number(each[name]), 0)
    for (const name of ['@tests', '@failures', '@errors', '@skipped'] as const) {
      expect(Number(parsed[name])).toBe(add(name))
    }
    for (const each of parsed.testsuite) {
      expect(Number(each['@tests'])).toBe(each.testcase.length)
      expect(Number(each['@failures'])).toBe(each.testcase.filter(({ failure }) => failure).length)
      expect(Number(each['@errors'])).toBe(each.testcase.filter(({ error }) => error).length)
    }
  })

  it('is in seconds, with the time of the runs on their steps', () => {
    const [first] = parsed.testsuite
    const ms = suite.scenarios[0]?.repeats.reduce((sum, { durationMs }) => sum + (durationMs ?? 0), 0) ?? 0
    expect(Number(first?.['@time'])).toBeCloseTo(ms / 1_000, 2)
    expect(first?.testcase[0]?.['@time']).toBe(first?.['@time'])
    expect(parsed['@time']).toBe('125.000')
    expect(parsed['@timestamp']).toBe('2026-01-01T00:00:00')
  })

  it('gives every case a class and a name, together unlike any other', () => {
    const all = parsed.testsuite.flatMap(({ testcase }) =>
      testcase.map((each) => `${each['@classname']} ${each['@name']}`),
    )
    expect(all.join()).not.toContain('undefined')
    expect(new Set(all).size).toBe(all.length)
  })

  it('tells a failure from what is not known, and why', () => {
    const [, cut, broken] = parsed.testsuite
    const [steps, writes, , , lost] = cut?.testcase ?? []
    expect(steps?.failure).toMatchObject({
      '@message': 'repeat 2: Step 2, wait until the cluster is healthy: not within 60 s.',
      '@type': 'fail',
    })
    expect(writes?.failure?.['@message']).toBe('repeat 1: Rows are wrong.')
    expect(lost?.failure?.['@message']).toBe('expected = 0, found 375, 0, 0')
    expect(broken?.testcase[0]?.error).toMatchObject({
      '@type': 'unknown',
      '@message': expect.stringContaining('not healthy'),
    })
    expect(broken?.['@failures']).toBe('0')
  })

  it('says where the runs are kept', () => {
    expect(parsed.testsuite[1]?.['system-out']).toMatch(
      /repeat 1: cut-1, lost writes 375, write outage 31\.0\u00a0s\nrepeat 2: cut-2/,
    )
    expect(parsed.testsuite[2]?.['system-out']).toContain('repeat 1: not kept')
  })

  it('holds whatever comes from outside, without what XML forbids', () => {
    const hostile = parse(hostileSuite())
    expect(hostile.testsuite[0]?.['@name']).toContain(`"><script>alert(1)</script>`)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 forbids exactly these
    expect(toJunit(hostileSuite())).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|<script/)
  })

  it('is never better than the scenario was judged', () => {
    const [first] = suite.scenarios
    if (first === undefined) throw new Error('no scenario')
    for (const judgement of ['fail', 'unknown'] as const) {
      const odd = parse({ ...suite, scenarios: [{ ...first, judgement, why: 'for a reason of its own' }] })
      const outcome = odd.testsuite[0]?.testcase[0]?.[judgement === 'fail' ? 'failure' : 'error']
      expect(outcome?.['@message']).toBe('for a reason of its own')
    }
  })

  it('of no scenario is whole, too', () => {
    const xml = toJunit({ ...suite, scenarios: [] })
    expect(XMLValidator.validate(xml)).toBe(true)
    expect(xml).toContain('tests="0"')
  })
})

it('a document that is broken is seen', () => {
  expect(XMLValidator.validate(toJunit(suite).replace('</testsuite>', ''))).not.toBe(true)
})
