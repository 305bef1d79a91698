import { z } from 'zod'
import { FaultError, type FaultKind } from '../fault.ts'
import type { Part } from '../part.ts'
import { candidateSchema, findCandidate } from './candidate.ts'
import { handOverTimeoutMs, proveHandOver, refusalToLead, refusalUnlessLeader } from './hand-over.ts'

const schema = z.strictObject({
  /** Who takes over; unlike a switchover's it may be asynchronous in synchronous mode, and acknowledged writes be lost. */
  candidate: candidateSchema.default('next-candidate'),
})

export const failover: FaultKind<z.output<typeof schema>> = {
  type: 'failover',
  family: 'patroni',
  schema,
  aims: ['node'],
  about:
    "Orders Patroni to make a certain node the leader, even one that a switchover would not take: an operator's mistake.",
  describe: ({ candidate }, parts) => `fail over from ${parts.map((part) => part.name).join(', ')} to ${candidate}`,
  async refusal({ candidate }, parts, world, signal) {
    const refusal = await refusalUnlessLeader(parts, world, signal)
    if (refusal !== null) return refusal
    return refusalToLead(findCandidate(candidate, world), (parts[0] as Part).name, world, signal)
  },
  async inject(params, parts, { world }, signal) {
    const leader = (parts[0] as Part).name
    const candidate = findCandidate(params.candidate, world)
    const options = { body: { candidate }, timeoutMs: handOverTimeoutMs(world) }
    // Patroni goes on with it when the lab stops waiting: there is nothing that could be taken back.
    const { status, text } = await world.patroni.ask(candidate, 'POST', '/failover', options, signal)
    if (status !== 200) throw new FaultError(`Patroni refuses the failover: ${text}`)
    const now = await proveHandOver(leader, world, signal)
    return {
      text: `was made to give way to ${now}`,
      proof: `Patroni says: ${text}; etcd: ${now} holds the leader key`,
      isMomentary: true,
    }
  },
}
