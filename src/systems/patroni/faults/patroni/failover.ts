import { z } from 'zod'
import type { FaultKind } from '../../../../faults/fault.ts'
import { namesOf, type Part } from '../../../../faults/part.ts'
import { was } from '../../../../model/predicate.ts'
import { candidateSchema, findCandidate } from './candidate.ts'
import { handOver, refusalToLead, refusalUnlessLeader } from './hand-over.ts'

const schema = z.strictObject({
  /** Who takes over; unlike a switchover's it may be asynchronous in synchronous mode, and acknowledged writes be lost. */
  candidate: candidateSchema.default('next-candidate'),
})

export const failover: FaultKind<z.output<typeof schema>> = {
  type: 'failover',
  family: 'patroni',
  schema,
  aims: ['node'],
  effects: ['hands-over', 'can-lose-writes', 'over-at-once'],
  about:
    "Orders Patroni to make a certain node the leader, even one that a switchover would not take: an operator's mistake.",
  describe: ({ candidate }, parts) => `fail over from ${namesOf(parts)} to ${candidate}`,
  async refusal({ candidate }, parts, world, signal) {
    const refusal = await refusalUnlessLeader(parts, world, signal)
    if (refusal !== null) return refusal
    return refusalToLead(findCandidate(candidate, world), (parts[0] as Part).name, world, signal)
  },
  async inject(params, parts, { world }, signal) {
    const leader = (parts[0] as Part).name
    const candidate = findCandidate(params.candidate, world)
    const order = { node: candidate, path: '/failover', body: { candidate } } as const
    const done = await handOver(order, leader, world, signal)
    return { ...was(`made to give way to ${done.to}`), proof: done.proof }
  },
}
