import { z } from 'zod'
import type { FaultKind } from '../../../../faults/fault.ts'
import { namesOf, type Part } from '../../../../faults/part.ts'
import { candidateSchema, findCandidate } from './candidate.ts'
import { handOver, refusalToLead, refusalUnlessLeader } from './hand-over.ts'

const schema = z.strictObject({
  /** Who takes over; left out, Patroni chooses. */
  candidate: candidateSchema.optional(),
})

export const switchover: FaultKind<z.output<typeof schema>> = {
  type: 'switchover',
  family: 'patroni',
  schema,
  aims: ['node'],
  effects: ['hands-over', 'over-at-once'],
  about:
    'Asks Patroni to hand leadership over in good order, as one does before maintenance: a second or two, no loss.',
  describe: ({ candidate }, parts) =>
    `switch over from ${namesOf(parts)}${candidate === undefined ? '' : ` to ${candidate}`}`,
  async refusal({ candidate }, parts, world, signal) {
    const refusal = await refusalUnlessLeader(parts, world, signal)
    if (refusal !== null) return refusal
    const to = candidate === undefined ? null : findCandidate(candidate, world)
    return refusalToLead(to, (parts[0] as Part).name, world, signal)
  },
  async inject({ candidate }, parts, { world }, signal) {
    const leader = (parts[0] as Part).name
    const to = candidate === undefined ? {} : { candidate: findCandidate(candidate, world) }
    const order = { node: leader, path: '/switchover', body: { leader, ...to } } as const
    const done = await handOver(order, leader, world, signal)
    return { text: `handed over to ${done.to}`, proof: done.proof }
  },
}
