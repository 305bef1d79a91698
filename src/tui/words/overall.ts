import { age, lasted } from '../../draw/format.ts'
import type { Style } from '../../draw/line.ts'
import { ability } from '../../model/ability.ts'
import { sight } from '../../model/sight.ts'
import { openSplitBrain } from '../../model/split-brain.ts'
import type { State } from '../../model/state.ts'
import { standingOf } from '../../systems/standing.ts'
import { problemsOf } from '../../systems/state.ts'
import type { Source, Standing } from '../../systems/system.ts'

export interface Overall {
  /** One word or two, the same for the same situation at every size. */
  readonly word: string
  readonly style: Style
  /** Why, in a few words; empty when there is nothing to add. */
  readonly why: string
}

/** The state of the whole in a word: the gravest of what is true. */
export function overall(state: State, nowMs: number): Overall {
  const standing = standingOf(state, nowMs)
  return blind(state, standing, nowMs) ?? grave(state, standing, nowMs) ?? mild(state, standing, nowMs)
}

/** Nothing can be said where nothing is heard. */
function blind({ engine }: State, { parts, others }: Standing, nowMs: number): Overall | null {
  const all = [...parts, ...others].map(({ seen }) => seen)
  const heard = [...all, sight(engine, nowMs)]
  if (heard.every(({ type }) => type === 'never')) return { word: 'WAITING', style: 'dim', why: 'nothing seen yet' }
  if (parts.some(({ seen }) => seen.type === 'fresh')) return null
  const isSilent = heard.some(({ type }) => type === 'silent')
  return { word: 'NO SIGHT', style: 'alarm', why: isSilent ? 'the observers are silent' : 'no server answers' }
}

function grave(state: State, { alarm }: Standing, nowMs: number): Overall | null {
  const split = openSplitBrain(state.splitBrain)
  if (split !== null) {
    const why = `${lasted(split.toMs - split.fromMs)}: ${split.nodes.join(' and ')}`
    return { word: 'SPLIT BRAIN', style: 'alarm', why }
  }
  if (alarm !== null) return { ...alarm, style: 'alarm' }
  if (ability(state, 'write', nowMs).type === 'no')
    return { word: 'OUTAGE', style: 'alarm', why: 'writes are not answered' }
  return null
}

function mild(state: State, { parts, others, awaited }: Standing, nowMs: number): Overall {
  const silent = silentSources([...parts, ...others])
  if (silent !== null) return { word: 'DEGRADED', style: 'caution', why: silent }
  const unseen = parts.filter(({ seen }) => seen.type === 'never').map(({ name }) => name)
  if (awaited !== null || unseen.length > 0)
    return { word: 'WAITING', style: 'dim', why: `for ${unseen.length > 0 ? unseen.join(', ') : awaited}` }
  const [first, ...more] = problemsOf(state)
  if (first !== undefined) return { word: 'DEGRADED', style: 'caution', why: first + andMore(more.length) }
  if (ability(state, 'read', nowMs).type === 'no')
    return { word: 'DEGRADED', style: 'caution', why: 'reads are not answered' }
  return { word: 'HEALTHY', style: 'good', why: '' }
}

function silentSources(sources: readonly Source[]): string | null {
  const [first, ...more] = sources.flatMap(({ name, seen }) => (seen.type === 'silent' ? [{ name, seen }] : []))
  if (first === undefined) return null
  return `nothing heard of ${first.name} for ${age(first.seen.forMs)}${andMore(more.length)}`
}

function andMore(count: number): string {
  return count > 0 ? ` (+${count})` : ''
}
