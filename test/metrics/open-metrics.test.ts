import { expect, test } from 'vitest'
import { createLiveState } from '../../src/log/live-state.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { type OpenMetricsOptions, openMetrics } from '../../src/metrics/open-metrics.ts'
import type { LabEvent } from '../../src/model/events.ts'
import { createLedger } from '../../src/model/ledger.ts'
import { reducer } from '../../src/systems/state.ts'
import { acks, errs, events, key, probe, started, type Timed } from '../model/events.ts'
import { play, read, startedWith, TWO } from '../systems/two-clusters.ts'
import { audited, failedOver, lease, tick } from '../tui/fixture.ts'

const START = Date.parse('2026-01-01T00:00:00Z') / 1_000

async function textOf(list: readonly LabEvent[], options: Partial<OpenMetricsOptions> = {}): Promise<string> {
  let text = ''
  for await (const piece of openMetrics(list, { run: 'abcdef', ...options })) text += piece
  return text
}

/** The samples of the series whose line begins so, as [seconds since the start, value]. */
function samplesOf(text: string, series: string): [number, string][] {
  const lines = text.split('\n').filter((line) => line.startsWith(`${series} `))
  return lines.map((line) => {
    const [value, at] = line.slice(series.length + 1).split(' ')
    return [Math.round((Number(at) - START) * 1_000) / 1_000, value as string]
  })
}

/** What the format does not allow, or Prometheus would not take; empty when it is good. */
function faultsOf(text: string): string[] {
  const faults: string[] = []
  if (!text.endsWith('\n# EOF\n') || text.indexOf('# EOF') !== text.length - 6) faults.push('no end')
  const done = new Set<string>()
  let family = ''
  let series = ''
  let at = 0
  for (const line of text.split('\n').slice(0, -2)) {
    const head = /^# TYPE (\S+) (counter|gauge|histogram|info)$/.exec(line)
    if (head?.[1] !== undefined) {
      if (done.has(head[1])) faults.push(`the family twice: ${line}`)
      family = head[1]
      done.add(family)
    } else if (!line.startsWith(`# HELP ${family} `)) {
      const [, name = '', value = '', time = ''] =
        /^([a-z_]+\{(?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)*\}) (NaN|-?[\d.e+-]+) (\d+\.\d{3})$/.exec(line) ?? []
      if (name === '' || !Number.isFinite(value === 'NaN' ? 0 : Number(value))) faults.push(`not readable: ${line}`)
      if (!name.startsWith(family)) faults.push(`not of its family: ${line}`)
      if (name !== series && done.has(name)) faults.push(`the series not in one piece: ${line}`)
      if (name === series && Number(time) <= at) faults.push(`not in order of time: ${line}`)
      if (name !== series) done.add(name)
      series = name
      at = Number(time)
    }
  }
  return faults
}

const run: readonly Timed[] = [
  [0, started],
  [100, key('patroni1', 1)],
  lease(200, 'patroni1', 19),
  tick(1_000),
  tick(2_000),
  [2_100, probe(acks(1_000, 2_000))],
  [3_100, probe(errs(2_100, 3_000))],
  [4_050, probe(errs(3_100, 4_000))],
]

test('the text is OpenMetrics: families and series in one piece, in order of time, with an end', async () => {
  expect(faultsOf(await textOf(events(run)))).toEqual([])
  const long = await textOf(events([...failedOver(), tick(60_000), audited(61_500)]))
  expect(faultsOf(long)).toEqual([])
  expect(long).toMatch(/^chaoslab_audit_writes\{class="lost",run="abcdef"\} 0 \d+\.500$/m)
})

test('the check of the text sees what is wrong with one', async () => {
  const good = await textOf(events(run))
  const lines = good.split('\n')
  const head = lines.findIndex((line) => line.startsWith('# TYPE chaoslab_leader gauge'))
  const [type, help, first, second] = lines.slice(head, head + 4) as [string, string, string, string]
  const without = (...cut: string[]) => lines.filter((line) => !cut.includes(line)).join('\n')
  for (const bad of [
    good.replace('# EOF\n', ''),
    `${good}chaoslab_x{} 1 1.000\n`,
    without(type, help),
    good.replace(second, first),
    good.replace('# EOF', `${type}\n# EOF`),
    good.replace(first, first.replace(/ \S+$/, '')),
    good.replace(first, first.replace('"', '""')),
  ]) {
    expect(faultsOf(bad)).not.toEqual([])
  }
})

test('every series has a sample a second, and one at the end of the run, at the time of the recording', async () => {
  const text = await textOf(events(run))
  const ok = samplesOf(text, 'chaoslab_operations_total{kind="write",outcome="ok",server="patroni1",run="abcdef"}')
  expect(ok).toEqual([
    [1, '200'],
    [2, '400'],
    [3, '400'],
    [4, '400'],
    [4.05, '400'],
  ])
  expect(samplesOf(text, 'chaoslab_outage_current_seconds{kind="write",run="abcdef"}')).toEqual([
    [3, '0'],
    [4, '1.1'],
    [4.05, '2.05'],
    [5.05, 'NaN'],
  ])
})

test('a gauge that is not known any more is NaN once, and not its last value; a counter stands', async () => {
  const blind: Timed = [3_500, { type: 'etcd.lease', via: 'etcd1', reading: { ok: false, error: 'DEADLINE_EXCEEDED' } }]
  const text = await textOf(
    events([[0, started], [100, key('patroni1', 1)], lease(200, 'patroni1'), blind, tick(6_500)]),
  )
  expect(samplesOf(text, 'chaoslab_leader{member="patroni1",run="abcdef"}')).toEqual([
    [1, '1'],
    [2, '1'],
    [3, '1'],
    [4, 'NaN'],
  ])
  // At the end of the run, nothing is known any more.
  expect(samplesOf(text, 'chaoslab_operations_in_flight{kind="write",run="abcdef"}')).toEqual([
    [6.5, '2'],
    [7.5, 'NaN'],
  ])
  const total = samplesOf(text, 'chaoslab_operations_total{kind="write",outcome="ok",server="patroni1",run="abcdef"}')
  expect(total).toEqual([[6.5, '200']])
})

test('it tells what the lab serves, under the same names, but for what the lab itself used', async () => {
  const list = events([...failedOver(), tick(60_000)])
  const live = createLiveState(reducer)
  const metrics = createMetrics({ getState: live.current, run: 'abcdef' })
  for (const event of list) {
    live.onEvent(event)
    metrics.sink.onEvent(event)
  }
  const isCost = (line: string) => /^chaoslab_(process|event_loop)/.test(line)
  const told = (text: string) =>
    new Set(
      text
        .split('\n')
        .filter((line) => /^chaoslab/.test(line))
        .map(seriesOf),
    )
  const now = told(await metrics.text())
  await metrics.sink.close()
  const recorded = told(await textOf(list))
  expect([...recorded].some(isCost)).toBe(false)
  expect([...now].filter((line) => !isCost(line) && !recorded.has(line))).toEqual([])
})

test('the histograms of writes come from the ledger, each write in the second in which it was answered', async () => {
  const ledger = createLedger()
  const of = { dueMs: 900, sentMs: 901, code: null, node: 'patroni1', lsn: 1, digest: null }
  ledger.record({ seq: 1, ...of, answeredMs: 904, outcome: 'ok' })
  ledger.record({ seq: 2, ...of, answeredMs: 2_900, outcome: 'unguarded' })
  ledger.record({ seq: 3, ...of, answeredMs: 905, outcome: 'failed' })
  ledger.record({ seq: 5, ...of, answeredMs: 905, outcome: 'unknown' })
  const text = await textOf(events(run), { ledgers: new Map([[null, ledger]]) })
  expect(faultsOf(text)).toEqual([])
  const count = samplesOf(text, 'chaoslab_operation_latency_seconds_count{kind="write",run="abcdef"}')
  expect(count.map(([, value]) => value)).toEqual(['1', '1', '2', '2', '2'])
  const bucket = samplesOf(text, 'chaoslab_operation_latency_seconds_bucket{le="0.005",kind="write",run="abcdef"}')
  expect(bucket.at(-1)?.[1]).toBe('1')
  expect(text).not.toContain('chaoslab_operation_latency_seconds_count{kind="read"')
})

test('a recording that does not say when the run began cannot be told', async () => {
  await expect(textOf(events([tick(1_000)]))).rejects.toThrow('when the run began')
})

function seriesOf(line: string): string {
  return line.replace(/\} .*$/, '}').replace(/\{.*\}/, (labels) => labels.slice(1, -1).split(',').sort().join())
}

test('a recorded run of several systems has the series of each, with its name', async () => {
  const two = await read(TWO)
  const ledger = createLedger()
  ledger.record({
    seq: 1,
    dueMs: 0,
    sentMs: 0,
    answeredMs: 4,
    node: null,
    lsn: null,
    code: null,
    digest: null,
    outcome: 'ok',
  })
  const of = (n: number) => tick(0, { ok: n, byServer: {} })[1]
  const text = await textOf(play([null, startedWith(two)], ['a', of(3)], ['b', of(4)]), {
    ledgers: new Map([['b', ledger]]),
  })
  expect(faultsOf(text)).toEqual([])
  const counted = (system: string) => {
    const labels = `kind="write",outcome="ok",server="other",run="abcdef",system="${system}"`
    return samplesOf(text, `chaoslab_operations_total{${labels}}`).map(([, value]) => value)
  }
  expect([counted('a'), counted('b')]).toEqual([['3'], ['4']])
  expect(text).toMatch(/chaoslab_operation_latency_seconds_count\{[^}]*system="b"[^}]*\} 1 /)
})
