import { workloads } from '../workloads/workloads.ts'
import { ofWhom } from './figure.ts'

/** What an audit tells of writes, and ought to find none of. */
export const WRONG_OF_WRITES = [
  'lost_writes',
  'unguarded_lost_writes',
  'unexplained_lost_writes',
  'phantom_writes',
  'duplicated_writes',
  'altered_rows',
  'never_attempted_rows',
]

/**
 * What is wrong wherever there is any of it. Expected to be none of every run that does not say otherwise: a run that
 * loses writes must not pass because nobody asked.
 */
export const ALWAYS_EXPECTED = [...WRONG_OF_WRITES, 'replica_differences', 'split_brain']

/** Figures that look closer at what others count in full. */
const CLOSER: Readonly<Record<string, readonly string[]>> = {
  lost_writes_beyond_fault: ['lost_writes', 'unguarded_lost_writes'],
  split_brain_beyond_fault: ['split_brain'],
}

/** A figure, and those that it looks closer at: whoever expects it has spoken of all of them. */
export function withThoseItTells(name: string): readonly string[] {
  const [instance, figure] = ofWhom(name)
  const others = Object.hasOwn(CLOSER, figure) ? (CLOSER[figure] ?? []) : []
  return [name, ...others.map((each) => (instance === null ? each : `${instance}.${each}`))]
}

/** What lost writes take along with them. */
export const PARTS_OF_LOSS = [
  'lost_probe_writes',
  ...workloads.flatMap(({ figures }) => figures.filter(({ isPartOfLoss }) => isPartOfLoss).map(({ name }) => name)),
]

/** What was not seen, by the figure that says how much of it. */
export const NOT_SEEN = ['split_brain_unknown', 'unmeasured_time']
