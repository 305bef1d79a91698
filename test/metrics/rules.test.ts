import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { play, started } from '../model/events.ts'
import { labMetrics } from './dashboard-faults.ts'

interface Rule {
  readonly alert?: string
  readonly expr: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

const RULES = 'hw3/prometheus/rules'
const TESTS = 'hw3/prometheus/tests'
const textsOf = (folder: string) => readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
const rules = textsOf(RULES).flatMap((text): Rule[] =>
  parse(text).groups.flatMap((group: { readonly rules: readonly Rule[] }) => group.rules),
)
const alerts = rules.filter((rule) => rule.alert !== undefined)

/** What a person needs who is woken by an alert, and is not told; empty when all is there. */
function alertFaults({ alert, labels, annotations }: Rule, tests: string): string[] {
  const description = annotations?.description ?? ''
  return [
    ...(['critical', 'warning'].includes(labels?.severity ?? '') ? [] : ['how severe it is']),
    ...(annotations?.summary ? [] : ['what it means']),
    ...(/[Ll]ook at/.test(description) ? [] : ['what to look at']),
    ...(/threshold/i.test(description) ? [] : ['why its threshold is what it is']),
    ...(new RegExp(`alertname="${alert}", alertstate="firing"`).test(tests) ? [] : ['a test in which it fires']),
  ]
}

test.each(alerts.map((rule) => [rule.alert, rule] as const))('%s says what to do, and is tested', (_name, rule) => {
  expect(alertFaults(rule, textsOf(TESTS).join())).toEqual([])
})

test('the check sees what an alert does not say', () => {
  expect(alertFaults({ alert: 'Bare', expr: 'up == 0' }, '')).toHaveLength(5)
})

test('what goes wrong with the cluster has an alert', () => {
  expect(alerts.map(({ alert }) => alert).sort()).toEqual([
    'EtcdMemberDown',
    'EtcdNoQuorum',
    'HaproxyDown',
    'HaproxyNoBackend',
    'LabSplitBrain',
    'LabWritesFailing',
    'LabWritesLost',
    'PatroniMemberDown',
    'PatroniNoLeader',
    'PatroniReplicaLagging',
    'PatroniReplicaNotStreaming',
    'PatroniTwoLeaders',
  ])
})

test("the lab's own metrics that the rules ask for are served", async () => {
  const metrics = createMetrics({ getState: () => play([[0, started]]) })
  const served = (await metrics.families()).map(({ name }) => name)
  await metrics.sink.close()
  const asked = rules.flatMap(({ expr }) => labMetrics(expr))
  expect(asked.length).toBeGreaterThan(0)
  for (const name of asked) expect(served).toContain(name)
})

test('Prometheus reads the rules where the compose file puts them, and evaluates them as often as it scrapes', () => {
  const { global, rule_files } = parse(readFileSync('hw3/prometheus.yml', 'utf8'))
  expect(rule_files).toEqual(['rules/*.yml'])
  expect(global.evaluation_interval).toBe(global.scrape_interval)
  const compose = parse(readFileSync('hw3/docker-compose.yml', 'utf8'), { merge: true })
  expect(compose.services.prometheus.volumes).toContain('./prometheus/rules:/etc/prometheus/rules:ro')
})
