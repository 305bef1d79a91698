import type { LabEvent, LatencySummary, OperationKind } from '../model/events.ts'
import type { State } from '../model/state.ts'
import { systemOf } from '../systems/systems.ts'
import { createLine, type LineBuilder, type Point } from './line.ts'
import { createRates, type Rate } from './rates.ts'
import { createTimeline, type DrawnTimeline } from './timeline.ts'

/** What the plots are drawn from; bounded, however long the run was. */
export interface Series {
  readonly untilMs: number
  readonly timeline: DrawnTimeline
  readonly rates: Readonly<Record<OperationKind, readonly Rate[]>>
  /** Milliseconds from the moment an operation was due to its acknowledgement. */
  readonly latency: Readonly<Record<OperationKind, LatencyLines>>
  /** How many milliseconds behind the reads on replicas were. */
  readonly staleness: LatencyLines
  /** Rows in the workload's table on each node, by name. */
  readonly rows: readonly { readonly node: string; readonly points: readonly Point[] }[]
  /** What the system under test has drawn besides, by the id of the plot. */
  readonly curves: Readonly<Record<string, readonly NamedLine[]>>
}

interface NamedLine {
  readonly name: string
  readonly points: readonly Point[]
}

export type LatencyLines = Readonly<Record<keyof LatencySummary, readonly Point[]>>

interface SeriesBuilder {
  add(event: LabEvent, after: State): void
  series(untilMs: number): Series
}

export function createSeries(): SeriesBuilder {
  const timeline = createTimeline()
  const rates = { write: createRates(), read: createRates() }
  const latency = { write: createLatency(), read: createLatency() }
  const staleness = createLatency()
  const rows = new Map<string, LineBuilder>()
  const curves = createCurves()
  return {
    add(event, after) {
      timeline.add(event, after)
      curves.add(event, after)
      if (event.type === 'traffic.tick') {
        for (const kind of ['write', 'read'] as const) {
          rates[kind].add(event[kind], event.windowMs, event.atMs)
          latency[kind].add(event.atMs, event[kind].latencyMs)
        }
        if (event.replicaReads !== undefined) staleness.add(event.atMs, event.replicaReads.staleMs)
      }
      if (event.type === 'postgres.rows') {
        const line = rows.get(event.node) ?? createLine()
        rows.set(event.node, line)
        line.add(event.atMs, event.reading.ok ? event.reading.value.rows : null)
      }
    },
    series: (untilMs) => ({
      untilMs,
      timeline: timeline.timeline(untilMs),
      rates: { write: rates.write.rates(), read: rates.read.rates() },
      latency: { write: latency.write.lines(), read: latency.read.lines() },
      staleness: staleness.lines(),
      rows: [...rows].sort(byName).map(([node, line]) => ({ node, points: line.points() })),
      curves: curves.lines(),
    }),
  }
}

function createCurves() {
  const plots = new Map<string, Map<string, LineBuilder>>()
  return {
    add(event: LabEvent, after: State) {
      const { lab } = after
      for (const { id, at } of lab === null ? [] : (systemOf(lab).curves ?? [])) {
        const lines = plots.get(id) ?? new Map<string, LineBuilder>()
        plots.set(id, lines)
        for (const { line: name, value } of at(event, after)) {
          const line = lines.get(name) ?? createLine()
          lines.set(name, line)
          line.add(event.atMs, value)
        }
      }
    },
    lines: (): Series['curves'] =>
      Object.fromEntries(
        [...plots].map(([id, lines]) => [
          id,
          [...lines].sort(byName).map(([name, line]) => ({ name, points: line.points() })),
        ]),
      ),
  }
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}

function createLatency() {
  const lines = { p50: createLine(), p99: createLine(), max: createLine() }
  return {
    add(atMs: number, latency: LatencySummary | null) {
      for (const name of ['p50', 'p99', 'max'] as const) lines[name].add(atMs, latency?.[name] ?? null)
    },
    lines: (): LatencyLines => ({ p50: lines.p50.points(), p99: lines.p99.points(), max: lines.max.points() }),
  }
}
