import type { LabEvent } from '../model/events.ts'
import type { State } from '../model/state.ts'
import { SILENT_AFTER_MS } from '../model/tolerances.ts'
import { serverTimeline } from '../systems/default-report.ts'
import type { LaneLook, LaneWord } from '../systems/reported.ts'
import { systemOf } from '../systems/systems.ts'
import { createTimelineLane, type LaneBuilder, type LaneSpan } from './lane.ts'

/** One row of the time line: a part of the lab, and what was so of it. */
export interface TimelineLane {
  readonly kind: LaneWord['kind']
  readonly label: string
  readonly spans: readonly LaneSpan[]
  /** How each value is drawn. */
  readonly looks: ReadonlyMap<string, LaneLook>
}

/** The rows, and what the drawing of them is called. */
export interface DrawnTimeline {
  readonly title: string
  /** What passes on when another one leads. */
  readonly authority: string
  readonly legend: Partial<Record<LaneLook, string>>
  readonly lanes: readonly TimelineLane[]
}

interface TimelineBuilder {
  add(event: LabEvent, after: State): void
  timeline(untilMs: number): DrawnTimeline
}

/** Follows who was what, who held the write authority, and whom the proxy led to. */
export function createTimeline(): TimelineBuilder {
  const lanes = new Map<string, GrowingLane>()
  let own = serverTimeline
  return {
    add(event, after) {
      own = systemOf(after.lab).timeline ?? serverTimeline
      for (const { kind, label, value, look } of own.at(event, after)) {
        const lane = laneOf(lanes, kind, label)
        lane.looks.set(value, look)
        lane.line.add(event.atMs, value)
      }
    },
    timeline: (untilMs) => ({
      title: own.title,
      authority: own.authority ?? 'lead',
      legend: own.legend ?? {},
      lanes: [...lanes.values()].sort(byPlace).map(({ line, ...about }) => ({ ...about, spans: line.spans(untilMs) })),
    }),
  }
}

interface GrowingLane {
  readonly kind: LaneWord['kind']
  readonly label: string
  readonly line: LaneBuilder<string>
  readonly looks: Map<string, LaneLook>
}

function laneOf(lanes: Map<string, GrowingLane>, kind: LaneWord['kind'], label: string): GrowingLane {
  const name = `${kind} ${label}`
  const line = () => createTimelineLane<string>(kind === 'key' ? {} : { maxSilenceMs: SILENT_AFTER_MS })
  const lane = lanes.get(name) ?? { kind, label, line: line(), looks: new Map() }
  lanes.set(name, lane)
  return lane
}

const PLACES: readonly LaneWord['kind'][] = ['key', 'role', 'proxy']

function byPlace(a: GrowingLane, b: GrowingLane): number {
  return PLACES.indexOf(a.kind) - PLACES.indexOf(b.kind) || (a.label < b.label ? -1 : 1)
}
