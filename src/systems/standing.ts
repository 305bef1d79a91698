import { age } from '../draw/format.ts'
import { type Sight, sight } from '../model/sight.ts'
import type { State } from '../model/state.ts'
import { askedOf } from './default-report.ts'
import type { Standing } from './shown.ts'
import { subjectsOf } from './state.ts'
import { systemOf } from './systems.ts'

/** Somebody whom the lab asks, and what can be said of that now. */
export interface Heard {
  readonly name: string
  readonly seen: Sight<unknown>
  readonly isAround: boolean
}

/** Everybody whom the lab asks but the engine, each once: a server by the system's own source, where it has one. */
export function heardOf(state: State, nowMs: number): readonly Heard[] {
  const asked = new Map(askedOf(systemOf(state.lab), state).map((each) => [each.target, each]))
  return [...asked.values()].map(({ target, seen, isAround = false }) => {
    return { name: target, seen: sight(seen, nowMs), isAround }
  })
}

/** How the system under test stands: by its own account, or by its servers and who of them takes the writes. */
export function standingOf(state: State, nowMs: number): Standing {
  if (state.lab?.instances !== undefined) return standingOfSeveral(state, nowMs)
  const system = systemOf(state.lab)
  if (system.standing !== undefined) return system.standing(state, nowMs)
  const servers = (state.lab?.nodes ?? []).map((name) => sight(state.nodes[name]?.postgres, nowMs))
  const names = system.primaries(state)
  const leading = names.map((name) => sight(state.nodes[name]?.postgres, nowMs))
  const isConfirmed = names.length > 0 && leading.every(({ type }) => type === 'fresh')
  return { leader: { title: 'leader', names, isConfirmed }, alarm: alarmOf(names, leading, servers), awaited: null }
}

/** Whether it is known that nobody leads. */
export function isLeaderless(state: State): boolean {
  if (state.lab === null) return false
  const { leader } = standingOf(state, state.atMs)
  return leader !== null && leader.names.length === 0 && leader.isConfirmed
}

/** Who leads each, and what is most urgent of any. */
function standingOfSeveral(state: State, nowMs: number): Standing {
  const each = subjectsOf(state).map(({ name, state: own }) => ({ name, ...standingOf(own, nowMs) }))
  const leading = each.flatMap(({ leader }) => leader ?? [])
  const [alarmed] = each.flatMap(({ name, alarm }) => (alarm === null ? [] : [{ ...alarm, name }]))
  return {
    leader: {
      title: 'leaders',
      names: leading.map(({ names }) => names.join(', ') || 'none'),
      isConfirmed: leading.every(({ isConfirmed }) => isConfirmed),
    },
    alarm: alarmed === undefined ? null : { word: alarmed.word, why: `${alarmed.name}: ${alarmed.why}` },
    awaited: each.find(({ awaited }) => awaited !== null)?.awaited ?? null,
  }
}

function alarmOf(
  names: readonly string[],
  leading: readonly Sight<unknown>[],
  servers: readonly Sight<unknown>[],
): Standing['alarm'] {
  if (names.length > 1) return { word: 'TWO PRIMARIES', why: names.join(', ') }
  const isAllSeen = servers.every(({ type }) => type !== 'never')
  if (names.length === 0) return isAllSeen ? { word: 'NO LEADER', why: 'no server takes writes' } : null
  const [gone] = leading.filter((seen) => seen.type === 'unreachable' || seen.type === 'silent')
  return gone === undefined ? null : { word: 'LEADER GONE?', why: `no answer for ${age(gone.forMs)}` }
}
