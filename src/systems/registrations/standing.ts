import { age } from '../../draw/format.ts'
import { sight } from '../../model/sight.ts'
import type { State } from '../../model/state.ts'
import type { Standing } from '../shown.ts'
import { isLate } from './convergence.ts'
import { registrationsOf, shapeOf } from './known.ts'

/** Nobody leads: what cannot wait is what was lost, who does not answer, and how late the master is. */
export function standing(state: State, nowMs: number): Standing {
  const { shards, master } = registrationsOf(state)
  const isAwaited = master.checkedAtMs === null ? 'the master' : null
  return { leader: null, alarm: alarmOf(state, nowMs), awaited: isAwaited ?? awaitedShard(state, shards) }
}

function awaitedShard({ lab }: State, shards: ReturnType<typeof registrationsOf>['shards']): string | null {
  return shapeOf(lab).shards.find((name) => shards[name] === undefined) ?? null
}

/** The gravest of what is true. */
function alarmOf(state: State, nowMs: number): Standing['alarm'] {
  const own = registrationsOf(state)
  const { shards, master } = shapeOf(state.lab)
  const lost = shards.filter((name) => (own.shards[name]?.absent ?? 0) > 0)
  if (lost.length > 0) {
    const told = lost.map((name) => `${own.shards[name]?.absent} of ${name}`).join(', ')
    return { word: 'LOST', why: `marked, and not at the master: ${told}` }
  }
  const away = [
    { name: master, seen: sight(own.master, nowMs) },
    ...shards.map((name) => ({ name, seen: sight(own.shards[name]?.seen, nowMs) })),
  ].find(({ seen }) => seen.type === 'unreachable' || seen.type === 'silent')
  if (away !== undefined && (away.seen.type === 'unreachable' || away.seen.type === 'silent'))
    return {
      word: away.name === master ? 'NO MASTER' : 'SHARD GONE',
      why: `${away.name}: no answer for ${age(away.seen.forMs)}`,
    }
  const late = shards.find((name) => own.shards[name] !== undefined && isLate(own.shards[name].seen.value))
  if (late === undefined) return null
  return { word: 'LATE', why: `${late}: the oldest waits for ${age(own.shards[late]?.seen.value?.oldestMs ?? 0)}` }
}
