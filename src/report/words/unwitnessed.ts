import { formatDuration } from '../../model/units.ts'
import { isInDoubt } from '../../model/unwitnessed.ts'
import type { Summary } from '../summary-schema.ts'

type SplitBrain = Summary['splitBrain']
type Span = SplitBrain['unwitnessed'][number]

/** `For 12.3 s patroni1, last heard as a primary, could not be asked, and patroni2 took writes: …`. */
export function doubtOf({ unwitnessed, unwitnessedMs, unwitnessedCount }: SplitBrain): string {
  const spans = unwitnessed.filter(isInDoubt)
  const longest = spans.toSorted((a, b) => (b.durationMs ?? Infinity) - (a.durationMs ?? Infinity))[0]
  const more = unwitnessedCount > 1 ? `, ${unwitnessedCount} times; the longest of them` : ''
  const total = `For ${formatDuration(unwitnessedMs)}`
  if (longest === undefined) return `${total} nobody could see whether two nodes took writes.`
  const { node, other } = longest
  const told = `${node}${heardAs(longest)} could not be asked, and ${other} took writes`
  if (more === '') return `${total} ${told}: whether both did is not known.`
  const length = longest.durationMs === null ? 'until the end' : `for ${formatDuration(longest.durationMs)}`
  return `${total} nobody could see whether two nodes took writes${more}: ${told}, ${length}.`
}

function heardAs({ lastKnown }: Span): string {
  return lastKnown === 'primary' ? ', which was last heard as a primary,' : ', whose role was not known,'
}

const HOW: Readonly<Record<Exclude<Span['resolution'], 'unknown'>, string>> = {
  ended: 'its container had ended',
  paused: 'its container was paused',
  gone: 'no process of its PostgreSQL was left',
  engine: 'it answered inside its container',
}

/** How a node that could not be asked was known to take no writes, a sentence each; none for what was a standby. */
export function settledHow({ unwitnessed }: SplitBrain): readonly string[] {
  const settled = unwitnessed.filter(({ lastKnown, resolution }) => lastKnown !== 'standby' && resolution !== 'unknown')
  return [...new Set(settled.map(({ node }) => node))].map((node) => {
    const ways = [...new Set(settled.filter((span) => span.node === node).map(({ resolution }) => resolution))]
    const how = ways.map((way) => HOW[way as keyof typeof HOW]).join('; then ')
    return `While ${node} could not be asked as usual, ${how}.`
  })
}
