import { age, count, latency, perSecond } from '../../draw/format.ts'
import { fitLine, type Line, line, span } from '../../draw/line.ts'
import type { Panel, PanelContent, Scene } from '../../draw/panel.ts'
import { type Column, table } from '../../draw/table.ts'
import type { OperationKind, TrafficTicked } from '../../model/events.ts'
import { beganMs, openOutage } from '../../model/outage.ts'
import type { SiteState } from '../../model/site-state.ts'
import type { State } from '../../model/state.ts'
import { TRAFFIC_SILENT_AFTER_MS } from '../../model/tolerances.ts'
import { errorsOf, type TrafficTotals } from '../../model/traffic-state.ts'
import { trafficChart } from './traffic-chart.ts'

/** The load, what became of it in the last second, and the last two minutes as a chart. */
export const trafficPanel: Panel = {
  id: 'traffic',
  title: 'Traffic',
  draw,
  inputs: ({ traffic, faultObservations, outages, probes, sites, asleep }) => [
    traffic,
    sites,
    asleep,
    faultObservations,
    outages,
    probes.write.open,
    probes.read.open,
  ],
  everyMs: 500,
  size: ({ scenario }) => ({ least: 7, wanted: scenario === null ? 16 : 12 }),
  column: 'clients',
  row: 1,
  rank: 20,
  grows: [22],
}

function draw(scene: Scene): PanelContent {
  const { state, nowMs, width, height } = scene
  const tick = latestTick(state, nowMs)
  const rows = (['write', 'read'] as const).map((kind) => ({ kind, state, tick }))
  const words = [
    ...table({ columns, rows, width, height: 2 }),
    ...sitesLine(state, nowMs).map((each) => fitLine(each, width)),
    fitLine(servedLine('write', tick), width),
    fitLine(servedLine('read', tick), width),
    fitLine(errorLine(tick), width),
  ]
  const chart = trafficChart({ state, nowMs, width, height: height - words.length })
  return { summary: summary(state, nowMs), lines: [...words, ...chart].slice(0, Math.max(3, height)) }
}

/** The latest second's summary; null when none came lately. */
export function latestTick(state: State, nowMs: number): (TrafficTicked & { readonly atMs: number }) | null {
  const tick = state.traffic.ticks.at(-1)
  return tick === undefined || nowMs - tick.atMs > TRAFFIC_SILENT_AFTER_MS ? null : tick
}

interface KindRow {
  readonly kind: OperationKind
  readonly state: State
  readonly tick: TrafficTicked | null
}

/** What came in the tick's window, as a rate. */
export function aSecond(times: number, tick: TrafficTicked | null): number {
  return tick === null ? 0 : (times * 1_000) / Math.max(1, tick.windowMs)
}

const columns: readonly Column<KindRow>[] = [
  { title: 'a second', width: 8, isGrowing: true, cell: (row) => span(`${row.kind}s`, 'bold') },
  { title: 'target', width: 6, align: 'right', cell: target },
  { title: 'ok', width: 6, align: 'right', cell: (row) => rate(row, 'ok') },
  { title: 'failed', width: 6, align: 'right', cell: (row) => rate(row, 'failed') },
  { title: 'unknown', width: 7, align: 'right', cell: (row) => rate(row, 'unknown') },
  { title: 'dropped', width: 7, align: 'right', leaves: 4, cell: (row) => rate(row, 'dropped') },
  { title: 'p50', width: 7, align: 'right', leaves: 3, cell: (row) => latencyOf(row, 'p50') },
  { title: 'p99', width: 7, align: 'right', cell: (row) => latencyOf(row, 'p99') },
  {
    title: 'in flight',
    width: 9,
    align: 'right',
    leaves: 5,
    cell: (row) => (row.tick ? count(row.tick[row.kind].inFlight) : ''),
  },
  { title: 'Σ ok', width: 10, align: 'right', leaves: 6, cell: (row) => count(row.state.traffic.totals[row.kind].ok) },
  ...(['failed', 'unknown', 'dropped'] as const).map((what, index): Column<KindRow> => {
    const cell = (row: KindRow) => count(row.state.traffic.totals[row.kind][what])
    return { title: `Σ ${what}`, width: 9, align: 'right', leaves: 7 + index, cell }
  }),
]

function target({ kind, state }: KindRow) {
  const { settings } = state.traffic
  if (settings === null) return span('–', 'dim')
  const wanted = kind === 'write' ? settings.writesPerSecond : settings.readsPerSecond
  return settings.isOn ? span(count(wanted)) : span('off', 'dim')
}

function rate({ tick, state, kind }: KindRow, what: Exclude<keyof TrafficTotals, 'asleep'>) {
  if (tick === null) return span('–', 'dim')
  const value = aSecond(tick[kind][what], tick)
  if (what !== 'ok') return span(perSecond(value), value > 0 ? (what === 'dropped' ? 'warn' : 'bad') : 'dim')
  const { settings } = state.traffic
  const wanted = kind === 'write' ? settings?.writesPerSecond : settings?.readsPerSecond
  const isMissing = settings?.isOn === true && (wanted ?? 0) > 0 && value === 0
  return span(perSecond(value), isMissing ? 'bad' : 'good')
}

function latencyOf({ tick, kind }: KindRow, what: 'p50' | 'p99') {
  const summary = tick?.[kind].latencyMs
  if (!summary) return span('–', 'dim')
  return span(latency(summary[what]), summary[what] >= SLOW_MS ? 'warn' : 'plain')
}

const SLOW_MS = 500
const LABEL = 13

function servedLine(kind: OperationKind, tick: TrafficTicked | null): Line {
  const servers = Object.entries(tick?.[kind].byServer ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  const names = servers.map(([name, ops]) => `${name} ${perSecond(aSecond(ops, tick))}`).join(', ')
  const nobody = tick === null ? '–' : 'nobody'
  return line(span(`  ${kind}s by`.padEnd(LABEL), 'dim'), names === '' ? span(nobody, 'dim') : names)
}

/** What the clients at sites have, who are no part of the figures above; none where there are none. */
function sitesLine({ sites }: State, nowMs: number): Line[] {
  const told = Object.entries(sites).flatMap(([name, site], index) => [
    ...(index === 0 ? [] : [span(', ')]),
    span(`${name} `, 'bold'),
    siteSpan(site, nowMs),
  ])
  return told.length === 0 ? [] : [line(span('  clients at'.padEnd(LABEL), 'dim'), ...told)]
}

function siteSpan({ write, read, heardAtMs }: SiteState, nowMs: number) {
  if (nowMs - heardAtMs > UNHEARD_MS) return span(`not heard for ${age(nowMs - heardAtMs)}`, 'warn')
  const out = (
    [
      ['WRITE', write],
      ['READ', read],
    ] as const
  ).flatMap(([verb, track]) => {
    const open = openOutage(track, nowMs)
    return open === null ? [] : [`cannot ${verb} for ${age(nowMs - beganMs(open))}`]
  })
  if (out.length > 0) return span(`✗ ${out.join(' and ')}`, 'bad')
  const isServed = write.lastAckMs !== null || read.lastAckMs !== null
  return isServed ? span('✓ served', 'good') : span('not served yet', 'dim')
}

/** They are heard every five seconds. */
const UNHEARD_MS = 15_000

function errorLine(tick: TrafficTicked | null): Line {
  const errors = tick === null ? [] : errorsOf(tick)
  const text = errors.map(([code, times]) => `${code} ${perSecond(aSecond(times, tick))}`).join(', ')
  return line(
    span('  errors'.padEnd(LABEL), 'dim'),
    text === '' ? span(tick === null ? '–' : 'none', 'dim') : span(text, 'bad'),
  )
}

function summary(state: State, nowMs: number): Line {
  const { settings, ticks } = state.traffic
  if (settings === null) return line(span('not started', 'dim'))
  if (!settings.isOn) return line(span('OFF', 'warn'))
  const last = ticks.at(-1)
  const quietMs = last === undefined ? 0 : nowMs - last.atMs
  const deep = settings.pipeline === undefined ? '' : `, ${settings.pipeline} deep`
  const quiet = quietMs > TRAFFIC_SILENT_AFTER_MS ? [span(` no news for ${age(quietMs)}`, 'warn')] : []
  return line(
    span('ON', 'good'),
    ` ${count(settings.writesPerSecond)} writes/s, ${count(settings.readsPerSecond)} reads/s wanted${deep}`,
    ...quiet,
  )
}
