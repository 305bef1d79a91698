import { fresh } from '../model/seen.ts'
import { isCurrent } from '../model/sight.ts'
import type { State } from '../model/state.ts'
import type { Gauge, Source, Timeline } from './reported.ts'
import type { System } from './system.ts'

/* What is told of a system that does not say it itself. */

export function gaugesOf(system: System): readonly Gauge[] {
  return system.gauges ?? [leaderGauge(system)]
}

function leaderGauge(system: System): Gauge {
  return {
    name: 'leader',
    help: 'Whether a server takes the writes, by the word of the system under test: 1 or 0; absent while none answers',
    labels: ['member'],
    series(state) {
      const nodes = state.lab?.nodes ?? []
      const isHeard = nodes.some((node) => isCurrent(state.nodes[node]?.postgres, state.atMs))
      const primaries = system.primaries(state)
      return nodes.map((member) => [{ member }, isHeard ? Number(primaries.includes(member)) : null])
    },
  }
}

/** Everybody whom the lab asks: the servers, what the system has besides, and the engine. */
export function sourcesOf(system: System, state: State): readonly Source[] {
  const engines = Object.entries(state.engines)
  const asked = engines.length > 0 ? engines : [['engine', state.engine] as const]
  return [...askedOf(system, state), ...asked.map(([target, seen]): Source => ({ source: 'docker', target, seen }))]
}

/** The same without the engine, which not every lab has. */
export function askedOf(system: System, state: State): readonly Source[] {
  const servers = (state.lab?.nodes ?? []).map((target): Source => {
    return { source: 'postgres', target, seen: state.nodes[target]?.postgres }
  })
  return [...servers, ...(system.sources?.(state) ?? [])]
}

/** What each server was, as it said itself past every proxy. */
export const serverTimeline: Timeline = {
  title: 'Faults and roles',
  at(event, after) {
    if (event.type !== 'postgres.node') return []
    const postgres = fresh(after.nodes[event.node]?.postgres)
    const said = postgres === null ? UNREACHABLE : postgres.isInRecovery ? STANDBY : PRIMARY
    return [{ kind: 'role', label: event.node, ...said }]
  },
}

const PRIMARY = { value: 'primary', look: 'primary' } as const
const STANDBY = { value: 'standby', look: 'replica' } as const
const UNREACHABLE = { value: 'unreachable', look: 'unreachable' } as const

/** What a part is now: of one that leads, `leader`; null when that is not known. */
export function roleOfPart(system: System, part: string, state: State): string | null {
  if (system.roleOfPart !== undefined) return system.roleOfPart(part, state)
  const primaries = system.primaries(state)
  if (!state.lab?.nodes.includes(part) || primaries.length === 0) return null
  return primaries.includes(part) ? 'leader' : 'replica'
}
