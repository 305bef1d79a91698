import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import english, { words as englishWords } from '../../hw3/solution/english.mjs'
import russian, { words as russianWords } from '../../hw3/solution/russian.mjs'
import type { Moment, Unproven } from '../../src/model/explained.ts'
import { type Suite, type SuiteScenario, suiteSchema } from '../../src/report/suite-schema.ts'
import type { Cause } from '../../src/systems/patroni/explain/cause.ts'
import type { OutageKind } from '../../src/systems/patroni/explain/shapes.ts'

const suite = suiteSchema.parse(JSON.parse(readFileSync(new URL('suite.json', import.meta.url), 'utf8')))
const languages = [
  ['English', english],
  ['Russian', russian],
] as const

type Repeat = SuiteScenario['repeats'][number]

/** The suite with the first repeat of this scenario changed. */
function changed(tag: string, change: (repeat: Repeat) => Partial<Repeat>): Suite {
  const scenarios = suite.scenarios.map((scenario) => {
    if (!scenario.tags.includes(tag)) return scenario
    const [first, ...others] = scenario.repeats
    if (first === undefined) throw new Error(`${tag} has no repeat`)
    return { ...scenario, repeats: [{ ...first, ...change(first) }, ...others] }
  })
  return { ...suite, scenarios }
}

/** With other causes in the write outage of the leader that was killed. */
function killedBy(cause: Cause | { type: string }, unproven: Unproven | null = null): Suite {
  return changed('leader-killed', ({ outages = [] }) => ({
    outages: outages.map((outage) => ({
      ...outage,
      phases: outage.phases.map((phase) => ({ ...phase, cause, unproven })),
    })),
  }))
}

/** What the report says of one case. */
function caseOf(text: string, title: string): string {
  const from = text.indexOf(`### ${title}\n`)
  return text.slice(from, text.indexOf('\n##', from + 1))
}

const figures = (more: Repeat['figures']) => (repeat: Repeat) => ({ figures: { ...repeat.figures, ...more } })

describe('the homework, filled from a suite', () => {
  it('tells each repeat as it was measured, where its time went, and why', () => {
    const text = english(suite)
    expect(text).toContain('| The leader killed | 22.5 s | no outage | 0 | 1 | 38.5 s | yes |')
    expect(caseOf(text, 'The leader killed')).toContain('| the leader key expired | 19.6 s | `ttl` 20 s |')
    expect(caseOf(text, 'The leader killed')).toContain('patroni2 did not answer')
    expect(text).toContain('15.3 s, 14.5 s and 15.1 s** in 3 runs')
    expect(text).toContain('Acknowledged writes lost: **1225, 1465 and 1292**.')
    expect(text).toContain(
      'Clients could not read for **8.57 s** in 1 of 3 runs; in the others they could all the time.',
    )
    expect(russian(suite)).toContain('| ключ лидера истёк | 13,0 с, 12,5 с, 11,9 с | `ttl` 20 с |')
  })

  it('says of repeats with different causes what each was', () => {
    const row = caseOf(english(suite), 'The leader cut off from etcd and its peers, clients still reach it')
      .split('\n')
      .find((line) => line.startsWith('| a node took'))
    expect(row).toContain('patroni2 did not answer')
    expect(row).toContain('the members that were asked answered at once')
  })

  it('tells of writes that a replica showed before anybody was promised them, where there were any', () => {
    const [title, titleInRussian] = ['The same with synchronous replication', 'То же с синхронной репликацией']
    const synchronous = (more: Repeat['figures']) => {
      const { scenarios } = changed('leader-cut-off', figures(more))
      const tags = ['leader-cut-off-synchronous']
      return {
        ...suite,
        scenarios: scenarios.map((each) => (each.tags.includes('leader-cut-off') ? { ...each, tags } : each)),
      }
    }
    expect(caseOf(english(synchronous({ seen_then_lost: 0 })), title)).toContain('The same split')
    expect(caseOf(english(synchronous({ seen_then_lost: 0 })), title)).not.toContain('had returned')
    const shown = synchronous({ seen_then_lost: 9 })
    expect(caseOf(english(shown), title)).toContain('Writes that reads had returned, and that are gone: 9')
    expect(caseOf(russian(shown), titleInRussian)).toContain('прочитаны, а потом пропали: 9')
  })

  it('says for how long clients were still served after the fault, where that was long', () => {
    const cut = changed('leader-cut-off', ({ outages = [] }) => ({
      outages: outages.map((outage) => {
        const [first] = outage.phases
        if (first === undefined) return outage
        return { ...outage, phases: [{ ...first, stage: 'before' as const, durationMs: 7_120 }, ...outage.phases] }
      }),
    }))
    const title = 'The leader cut off from etcd and its peers, clients still reach it'
    expect(caseOf(english(cut), title)).toContain(
      'After the fault, clients were still served for 7.12 s, 0 ms and 0 ms;',
    )
    expect(caseOf(english(suite), 'The leader killed')).not.toContain('still served')
  })

  it('tells a first answer apart from being served without a break, and a step without a cause by a dash', () => {
    const flickering = changed('proxy-off', ({ outages = [] }) => ({
      outages: outages.map((outage) => {
        const [lifted, ack] = outage.phases
        if (lifted === undefined || ack === undefined) return outage
        return {
          ...outage,
          phases: [lifted, { ...ack, awaited: 'flicker' }, { ...ack, durationMs: 1_120, cause: null }],
        }
      }),
    }))
    const told = caseOf(english(flickering), 'HAProxy off')
    expect(told).toContain('| what had failed was brought back | 10.5 s | – |')
    expect(told).toContain('| a first client was served | 600 ms |')
    expect(told).toContain('| clients were served without a break | 1.12 s | – |')
  })

  it('chooses the cause by what was measured: a killed leader whose key was given back is not told of its ttl', () => {
    const told = caseOf(english(killedBy({ type: 'release' })), 'The leader killed')
    expect(told).toContain('the leader had shut down and given its key back')
    expect(told).not.toContain('expire')
    expect(told).not.toContain('ttl')
  })

  it('tells no lesson that the figures do not bear out', () => {
    const kept = caseOf(english(suite), 'One etcd off and on again')
    expect(kept).toContain('the leader kept its key')
    for (const figure of ['failovers', 'write_outage']) {
      const other = caseOf(english(changed('etcd-member-off', figures({ [figure]: 1 }))), 'One etcd off and on again')
      expect(other).not.toContain('the leader kept its key')
    }
    expect(english(suite)).toContain('**Of the data: not with asynchronous replication.**')
    const without = {
      ...suite,
      scenarios: suite.scenarios.map((each) => ({
        ...each,
        repeats: each.repeats.map((repeat) => ({ ...repeat, ...figures({ lost_writes: 0 })(repeat) })),
      })),
    }
    expect(english(without)).not.toContain('not with asynchronous replication')
  })

  it.each(languages)('in %s says of a cause without proof that it is only likely', (_, fill) => {
    expect(fill(killedBy({ type: 'ttl', ttlMs: 20_000 }, 'not-read'))).toMatch(/likely `ttl` 20 s|вероятно, `ttl` 20 с/)
  })

  it.each(languages)('in %s does not pass over a cause, a step or a kind that it has no words for', (_, fill) => {
    expect(() => fill(killedBy({ type: 'sunspots' }))).toThrow('there are no words for sunspots, the cause of the step')
    const renamed = changed('leader-killed', ({ outages = [] }) => ({
      outages: outages.map((each) => ({
        ...each,
        phases: each.phases.map((phase) => ({ ...phase, awaited: 'dawn' })),
      })),
    }))
    expect(() => fill(renamed)).toThrow('there are no words for dawn, the step')
    const other = changed('proxy-off', ({ outages = [] }) => ({
      outages: outages.map((each) => ({ ...each, cause: 'gremlins' as OutageKind })),
    }))
    expect(() => fill(other)).toThrow('there are no words for gremlins, the cause of an outage')
  })

  it('says what was not measured, what was not over, and that an older suite does not hold why', () => {
    const open = changed(
      'proxy-off',
      figures({ write_outage: { atLeast: 9_000 }, read_outage: null, lost_writes: null }),
    )
    const told = caseOf(english(open), 'HAProxy off')
    expect(told).toContain('Clients could not write for **at least 9.00 s (not over at the end)**')
    expect(told).toContain('Whether clients could read was not measured')
    expect(told).toContain('Acknowledged writes lost: **not measured**')
    const old = changed('proxy-off', ({ outages: _, ...repeat }) => ({ ...repeat, outages: undefined }) as never)
    expect(caseOf(english(old), 'HAProxy off')).toContain('This suite does not hold what explains it.')
  })

  it.each(languages)('in %s names the questions that the suite lacks, and draws no conclusion from them', (_, fill) => {
    const text = fill({ ...suite, scenarios: [] })
    expect(text).toMatch(
      /Not in this suite, and so not answered:\*\* .*The leader killed; |без ответа:\*\* .*Лидера убили; /,
    )
    expect(text).not.toMatch(/undefined|NaN|Of the database|У базы/)
  })

  it('refuses two scenarios with one tag, of which it would tell but one', () => {
    const [first] = suite.scenarios
    expect(() => english({ ...suite, scenarios: [...suite.scenarios, first as SuiteScenario] })).toThrow(
      '2 scenarios of the suite have the tag leader-killed',
    )
  })

  it('keeps what containers print in its own block', () => {
    expect(english(suite)).toContain('~~~text\n~ ~ ~ | patroni3 | Leader |\n~~~')
  })

  it.each(languages)('in %s has words for whatever the product can find out', (_, fill) => {
    for (const cause of Object.values(causes)) expect(fill(killedBy(cause))).not.toMatch(/undefined|NaN|\[object/)
    for (const words of [englishWords, russianWords]) {
      expect(Object.keys(words.causes).sort()).toEqual(Object.keys(causes).sort())
      expect(Object.keys(words.steps.names).sort()).toEqual(Object.keys(moments).sort())
      expect(Object.keys(words.kinds).sort()).toEqual(Object.keys(kinds).sort())
      expect(Object.keys(words.whyUnproven).sort()).toEqual(Object.keys(reasons).sort())
    }
  })

  it('answers each scenario of the homework, and names each of their pictures in Russian', () => {
    const folder = path.resolve(import.meta.dirname, '../../hw3/scenarios/homework')
    const scenarios = readdirSync(folder).map((file) => parse(readFileSync(path.join(folder, file), 'utf8')))
    const tags = scenarios.flatMap((scenario): string[] => scenario.tags).filter((tag) => tag !== 'homework')
    expect(tags.sort()).toEqual(Object.keys(englishWords.cases).sort())
    const looks = scenarios.flatMap(({ steps }) => steps.flatMap((step: { look?: string }) => step.look ?? []))
    expect(Object.keys(russianWords.looks)).toEqual(expect.arrayContaining(looks))
  })
})

const check = { interSeconds: 1, times: 2 }
const causes = {
  ttl: { type: 'ttl', ttlMs: null },
  release: { type: 'release' },
  'members-silent': { type: 'members-silent', members: ['patroni1', 'patroni2'], timeoutMs: 2_000 },
  'members-answer': { type: 'members-answer' },
  'next-loop': { type: 'next-loop', loopWaitMs: 2_000 },
  retries: { type: 'retries', loopWaitMs: 2_000, retryTimeoutMs: null },
  'no-quorum': { type: 'no-quorum', retryTimeoutMs: 3_000, ttlMs: 20_000 },
  'proxy-gives-up': { type: 'proxy-gives-up', check: null },
  shutdown: { type: 'shutdown' },
  replay: { type: 'replay', bytes: 1_500_000 },
  'crash-recovery': { type: 'crash-recovery', loopWaitMs: 2_000 },
  'key-kept': { type: 'key-kept', loopWaitMs: null, retryTimeoutMs: null },
  election: { type: 'election' },
  'proxy-check': { type: 'proxy-check', check },
  reconnect: { type: 'reconnect', everyMs: 20 },
} satisfies { readonly [K in Cause['type']]: Extract<Cause, { type: K }> }

const moments: Readonly<Record<Moment['name'], true>> = {
  fault: true,
  'quorum-lost': true,
  'last-ack': true,
  'first-error': true,
  raft: true,
  'quorum-regained': true,
  lifted: true,
  'proxy-back': true,
  'key-gone': true,
  'key-taken': true,
  promoted: true,
  'proxy-up': true,
  'replica-up': true,
  flicker: true,
  'first-ack': true,
  streaming: true,
  healthy: true,
}

const kinds: Readonly<Record<OutageKind, true>> = {
  failover: true,
  'quorum-lost': true,
  'proxy-down': true,
  'restart-in-place': true,
  'leader-returned': true,
  'leader-kept': true,
  'replicas-lost': true,
  unknown: true,
}

const reasons: Readonly<Record<Unproven, true>> = { 'no-access': true, 'not-read': true, 'not-said': true }
