import { age, lasted } from '../../draw/format.ts'
import type { Style } from '../../draw/line.ts'
import { ability } from '../../model/ability.ts'
import { sight } from '../../model/sight.ts'
import { openSplitBrain } from '../../model/split-brain-state.ts'
import type { State } from '../../model/state.ts'
import type { Standing } from '../../systems/shown.ts'
import { type Heard, heardOf, standingOf } from '../../systems/standing.ts'
import { problemsOf, subjectsOf } from '../../systems/state.ts'

interface Overall {
  /** One word or two, the same for the same situation at every size. */
  readonly word: string
  readonly style: Style
  /** Why, in a few words; empty when there is nothing to add. */
  readonly why: string
}

/** The state of the whole in a word: the gravest of what is true, of any system of a lab that has several. */
export function overall(state: State, nowMs: number): Overall {
  const each = subjectsOf(state).map(({ name, state: own }) => {
    const found = overallOf(own, nowMs)
    return name === null || found.why === '' ? found : { ...found, why: `${name}: ${found.why}` }
  })
  const rank = ({ style }: Overall) => GRAVITY.indexOf(style)
  return each.toSorted((a, b) => rank(a) - rank(b))[0] ?? { word: 'WAITING', style: 'dim', why: '' }
}

/** The gravest first. */
const GRAVITY: readonly Style[] = ['alarm', 'caution', 'dim', 'good']

function overallOf(state: State, nowMs: number): Overall {
  const heard = heardOf(state, nowMs)
  const standing = standingOf(state, nowMs)
  return blind(state, heard, nowMs) ?? grave(state, standing, nowMs) ?? mild(state, heard, standing.awaited, nowMs)
}

/** Nothing can be said where nothing is heard. */
function blind({ engine }: State, heard: readonly Heard[], nowMs: number): Overall | null {
  const all = [...heard.map(({ seen }) => seen), sight(engine, nowMs)]
  if (all.every(({ type }) => type === 'never')) return { word: 'WAITING', style: 'dim', why: 'nothing seen yet' }
  if (heard.some(({ seen, isAround }) => seen.type === 'fresh' && !isAround)) return null
  const isSilent = all.some(({ type }) => type === 'silent')
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

function mild(state: State, heard: readonly Heard[], awaited: string | null, nowMs: number): Overall {
  const silent = silentSources(heard)
  if (silent !== null) return { word: 'DEGRADED', style: 'caution', why: silent }
  const unseen = heard.filter(({ seen, isAround }) => seen.type === 'never' && !isAround).map(({ name }) => name)
  if (awaited !== null || unseen.length > 0)
    return { word: 'WAITING', style: 'dim', why: `for ${unseen.length > 0 ? unseen.join(', ') : awaited}` }
  const [first, ...more] = problemsOf(state)
  if (first !== undefined) return { word: 'DEGRADED', style: 'caution', why: first + andMore(more.length) }
  if (ability(state, 'read', nowMs).type === 'no')
    return { word: 'DEGRADED', style: 'caution', why: 'reads are not answered' }
  return { word: 'HEALTHY', style: 'good', why: '' }
}

function silentSources(heard: readonly Heard[]): string | null {
  const [first, ...more] = heard.flatMap(({ name, seen }) => (seen.type === 'silent' ? [{ name, seen }] : []))
  if (first === undefined) return null
  return `nothing heard of ${first.name} for ${age(first.seen.forMs)}${andMore(more.length)}`
}

function andMore(count: number): string {
  return count > 0 ? ` (+${count})` : ''
}
