import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dashboards } from '../../grafana_dashboards/build.ts'
import { readLedger } from '../../src/audit/ledger-file.ts'
import { startMetrics } from '../../src/cli/metrics.ts'
import { openRun } from '../../src/cli/recorded-run.ts'
import { auditLab } from '../../src/lab/final-audit.ts'
import { openMetrics } from '../../src/metrics/open-metrics.ts'
import { parseListen } from '../../src/metrics/serve.ts'
import { leaderOf } from '../../src/systems/state.ts'
import { act } from './act.ts'
import { healthyLab, type TestLab } from './healthy-lab.ts'
import { labFile } from './lab-file.ts'
import {
  type Alert,
  docker,
  eventually,
  type Points,
  type Prometheus,
  prometheusAt,
  publishedUrl,
} from './prometheus.ts'

const HW3 = path.resolve('hw3')

describe('promtool', () => {
  const promtool = (script: string) => {
    const mounts = ['-v', `${HW3}:/hw3:ro`, '-v', `${HW3}/prometheus.yml:/etc/prometheus/prometheus.yml:ro`]
    const rules = ['-v', `${HW3}/prometheus/rules:/etc/prometheus/rules:ro`]
    return docker('run', '--rm', ...mounts, ...rules, 'patroni', 'sh', '-euc', script)
  }

  test('takes the configuration and the rules, and every alert fires when it should, and only then', async () => {
    await promtool(
      'promtool check config /etc/prometheus/prometheus.yml && promtool test rules /hw3/prometheus/tests/*.yml',
    )
  })

  test('sees an alert that comes too late', async () => {
    const plant = 'mkdir /tmp/p && cp -r /hw3/prometheus/* /tmp/p && sed -i "s/for: 3s/for: 9s/" /tmp/p/rules/*.yml'
    await expect(promtool(`${plant} && promtool test rules /tmp/p/tests/*.yml`)).rejects.toThrow(/PatroniNoLeader/)
  })
})

/** What one killed leader left behind in the cluster's Prometheus, and in the folder of its run. */
interface Experiment {
  readonly prometheus: Prometheus
  readonly run: string
  readonly leader: string
  readonly successor: string
  readonly fromSeconds: number
  readonly toSeconds: number
  /** While nobody led, and once all was whole again. */
  readonly fired: readonly Alert[]
  readonly firingAfter: readonly Alert[]
}

describe('a killed leader', () => {
  let folder: string
  let experiment: Experiment
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'chaoslab-'))
    experiment = await killLeader(folder)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test.each(['PatroniNoLeader', 'PatroniMemberDown', 'LabWritesFailing', 'HaproxyNoBackend'])(
    '%s fires, says what it means, and is over when the cluster is whole',
    (name) => {
      const alert = experiment.fired.find(({ labels }) => labels.alertname === name)
      const { summary = '', description = '' } = alert?.annotations ?? {}
      expect(summary).not.toBe('')
      expect(summary + description).not.toMatch(/error|no value|\{\{/)
      expect(experiment.firingAfter).toEqual([])
    },
  )

  test.each(Object.keys(dashboards))('every query of %s is answered with data', async (name) => {
    const answers = await answersOf(name, experiment)
    expect(answers.length).toBeGreaterThan(20)
    expect(answers.filter(({ series }) => !hasData(series)).map(({ title, expr }) => `${title}: ${expr}`)).toEqual([])
  })

  test('the panels that tell of a failover move', async () => {
    const answers = (await Promise.all(Object.keys(dashboards).map((name) => answersOf(name, experiment)))).flat()
    const still = MOVING.filter((title) => !answers.some((each) => each.title === title && hasMoved(each.series)))
    expect(still).toEqual([])
  })

  test('a panel that does not move is told from one that does', () => {
    const series = (...values: number[]): Points[] => [{ metric: {}, values: values.map((value, at) => [at, value]) }]
    expect(hasMoved(series(1, 1, 1))).toBe(false)
    expect(hasMoved(series(1, 2, 1))).toBe(true)
    expect(hasMoved([])).toBe(false)
    expect(hasData(series(Number.NaN))).toBe(false)
    expect(hasData([])).toBe(false)
  })

  test('fault and failover are annotated, with their own times', async () => {
    const { prometheus, leader, successor, fromSeconds, toSeconds } = experiment
    const list = dashboards['clients.json']?.annotations.list ?? []
    const [faults, failovers] = await Promise.all(
      list.map(({ expr }) => prometheus.range(substituted(expr, experiment), fromSeconds, toSeconds)),
    )
    const fault = faults?.find(({ metric }) => metric.kind === 'killed' && metric.target === leader)
    const failover = failovers?.find(({ metric }) => metric.from === leader && metric.to === successor)
    const [landedMs = 0, takenMs = 0] = [fault, failover].map((each) => each?.values.at(-1)?.[1])
    expect(landedMs).toBeGreaterThan(fromSeconds * 1_000)
    expect(takenMs).toBeGreaterThan(landedMs)
    expect(takenMs).toBeLessThan(toSeconds * 1_000)
  })

  test('the export of the run makes blocks by which another Prometheus answers the same queries', async () => {
    const { run, fromSeconds, toSeconds } = experiment
    const { ledger } = await readLedger(folder)
    let text = ''
    for await (const piece of openMetrics(openRun(folder), { run, ledgers: new Map([[null, ledger]]) })) text += piece
    await writeFile(path.join(folder, 'metrics.om'), text)
    await using other = await prometheusOf(folder)
    // The export has samples at seconds of its own, not when the other one scraped.
    const there = { ...experiment, prometheus: other.prometheus, toSeconds: toSeconds + 1 }
    const answers = await Promise.all(Object.keys(dashboards).map((name) => answersOf(name, there, isExported)))
    expect(answers.flat().length).toBeGreaterThan(25)
    expect(
      answers
        .flat()
        .filter(({ series }) => !hasData(series))
        .map(({ expr }) => expr),
    ).toEqual([])
    const leaders = await other.prometheus.range(`chaoslab_leader{run="${run}"}`, fromSeconds, toSeconds)
    expect(hasMoved(leaders)).toBe(true)
  })
})

const MOVING = [
  'Leader key',
  'Roles',
  'Timeline',
  'HAProxy: servers',
  'etcd last seen, and what is left of the lease',
  'Flags',
  'Alerts that fire',
  'What the lab can see',
  'Writes acknowledged, by server',
  'Reads answered, by server',
  'Not acknowledged',
  'Errors by class',
  'Latency of writes',
  'Outage',
  'What is left of the lease under the leader key',
  'Containers',
  'HAProxy: sessions',
  'What Prometheus can scrape',
]

async function killLeader(folder: string): Promise<Experiment> {
  await using t = await healthyLab(labFile, { folder })
  const prometheus = prometheusAt(await publishedUrl(t.state().containers.prometheus?.container?.name ?? '', 9090))
  const target = await eventually('the targets are known', () => prometheus.targetOf('chaoslab'), Boolean)
  const listen = parseListen(target)
  if (listen === null) throw new Error(`${target} is no address`)
  const endMetrics = await startMetrics(t.lab, { metrics: true, metricsListen: listen }, () => {})
  try {
    return await killWatched(t, prometheus)
  } finally {
    await endMetrics()
  }
}

async function killWatched(t: TestLab, prometheus: Prometheus): Promise<Experiment> {
  const run = t.lab.instances[0].runId
  const info = () => prometheus.query(`timestamp(chaoslab_run_info{run="${run}"})`)
  // What an earlier run lost is told for some minutes.
  const isOfOthers = ({ labels }: Alert) => labels.run !== undefined && labels.run !== run
  const firing = async () =>
    (await prometheus.alerts()).filter((alert) => alert.state === 'firing' && !isOfOthers(alert))
  const [seen] = await eventually('the lab is scraped', info, (found) => found.length === 1)
  await eventually('no alert fires', firing, (alerts) => alerts.length === 0)
  await t.traffic(200)
  const leader = leaderOf(t.state()) as string

  await act(t.lab, 'kill', leader)
  const expected = ['PatroniNoLeader', 'PatroniMemberDown', 'LabWritesFailing', 'HaproxyNoBackend']
  const fired = await eventually('the alerts of a lost leader fire', firing, (alerts) =>
    expected.every((name) => alerts.some(({ labels }) => labels.alertname === name)),
  )
  const after = await t.until('a failover with its outage', (s) => s.failovers.some((each) => each.outage !== null))
  await act(t.lab, 'start', leader)
  await t.healthy()
  const firingAfter = await eventually('no alert fires any more', firing, (alerts) => alerts.length === 0)
  await t.lab.endTraffic()
  await auditLab(t.lab, AbortSignal.timeout(60_000))
  const audits = () => prometheus.query(`timestamp(chaoslab_audit_writes{class="lost", run="${run}"})`)
  const [last] = await eventually('the audit is scraped', audits, (found) => found.length === 1)
  return {
    prometheus,
    run,
    leader,
    successor: after.failovers.at(-1)?.to ?? '',
    fromSeconds: seen?.value ?? 0,
    // A range is asked for by whole seconds from its start on: the last scrape may be some milliseconds after one.
    toSeconds: (last?.value ?? 0) + 1,
    fired,
    firingAfter,
  }
}

interface Answer {
  readonly title: string
  readonly expr: string
  readonly series: readonly Points[]
}

async function answersOf(
  name: string,
  experiment: Experiment,
  isAsked: (expr: string) => boolean = () => true,
): Promise<readonly Answer[]> {
  const { prometheus, fromSeconds, toSeconds } = experiment
  const queries = (dashboards[name]?.panels ?? []).flatMap(({ title = '', targets = [] }) =>
    targets.map((target) => ({ title, expr: String(target.expr) })),
  )
  return Promise.all(
    queries
      .filter(({ expr }) => isAsked(expr))
      .map(async ({ title, expr }) => ({
        title,
        expr,
        series: await prometheus.range(substituted(expr, experiment), fromSeconds, toSeconds),
      })),
  )
}

/** What Grafana puts in place of its variables. */
function substituted(expr: string, { run }: Experiment): string {
  return expr.replaceAll('$run', run).replaceAll('$__rate_interval', '4s').replaceAll('$__range', '5m')
}

function hasData(series: readonly Points[]): boolean {
  return series.some(({ values }) => values.some(([, value]) => Number.isFinite(value)))
}

function hasMoved(series: readonly Points[]): boolean {
  const longest = Math.max(0, ...series.map(({ values }) => values.length))
  return series.some(({ values }) => new Set(values.map(([, value]) => value)).size > 1 || values.length < longest)
}

/** Whether a recording holds what the query asks for: of the lab's own metrics, all but its cost and reads one by one. */
function isExported(expr: string): boolean {
  const isOurs = /chaoslab_/.test(expr) && !/\b(patroni|etcd|haproxy|up)[_{]/.test(expr)
  return isOurs && !/chaoslab_(process|event_loop)|operation_latency_seconds_bucket\{kind="read"/.test(expr)
}

/** A Prometheus of its own on the blocks that promtool makes of the folder's metrics.om, until it goes out of scope. */
async function prometheusOf(folder: string): Promise<AsyncDisposable & { readonly prometheus: Prometheus }> {
  const script = [
    'promtool tsdb create-blocks-from openmetrics /run/metrics.om /tmp/data',
    'exec prometheus --config.file=/dev/null --storage.tsdb.path=/tmp/data --storage.tsdb.retention.time=10y',
  ].join(' && ')
  const options = ['--rm', '-d', '--user', 'root', '-p', '127.0.0.1::9090', '-v', `${folder}:/run:ro`]
  const container = (await docker('run', ...options, 'patroni', 'sh', '-euc', script)).trim()
  const remove = async () => void (await docker('rm', '-f', container))
  try {
    const prometheus = prometheusAt(await publishedUrl(container, 9090))
    await eventually('the other Prometheus answers', () => prometheus.query('vector(1)'), Boolean, 30_000)
    return { prometheus, [Symbol.asyncDispose]: remove }
  } catch (error) {
    await remove()
    throw error
  }
}
