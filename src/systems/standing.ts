import { age } from '../draw/format.ts'
import { sight } from '../model/sight.ts'
import type { State } from '../model/state.ts'
import type { Source, Standing } from './system.ts'
import { systemOf } from './systems.ts'

/** How the system under test stands: by its own account, or by its servers and who of them takes the writes. */
export function standingOf(state: State, nowMs: number): Standing {
  const system = systemOf(state.lab)
  if (system.standing !== undefined) return system.standing(state, nowMs)
  const parts = (state.lab?.nodes ?? []).map((name) => ({ name, seen: sight(state.nodes[name]?.postgres, nowMs) }))
  const names = system.primaries(state)
  const leading = parts.filter(({ name }) => names.includes(name))
  return {
    parts,
    others: [],
    leader: {
      title: 'leader',
      names,
      isConfirmed: leading.length === names.length && leading.every(({ seen }) => seen.type === 'fresh'),
    },
    alarm: alarmOf(parts, names, leading),
    awaited: null,
  }
}

function alarmOf(parts: readonly Source[], names: readonly string[], leading: readonly Source[]): Standing['alarm'] {
  if (names.length > 1) return { word: 'TWO PRIMARIES', why: names.join(', ') }
  const isAllSeen = parts.every(({ seen }) => seen.type !== 'never')
  if (names.length === 0) return isAllSeen ? { word: 'NO LEADER', why: 'no server takes writes' } : null
  const [gone] = leading.flatMap(({ seen }) => (seen.type === 'unreachable' || seen.type === 'silent' ? [seen] : []))
  return gone === undefined ? null : { word: 'LEADER GONE?', why: `no answer for ${age(gone.forMs)}` }
}
