import { z } from 'zod'
import { FaultError, type FaultKind } from '../fault.ts'
import type { Part } from '../part.ts'
import { candidateSchema, findCandidate } from './candidate.ts'
import { handOverTimeoutMs, proveHandOver, refusalToLead, refusalUnlessLeader } from './hand-over.ts'

const schema = z.strictObject({
  /** Who takes over; left out, Patroni chooses. */
  candidate: candidateSchema.optional(),
})

export const switchover: FaultKind<z.output<typeof schema>> = {
  type: 'switchover',
  family: 'patroni',
  schema,
  aims: ['node'],
  about:
    'Asks Patroni to hand leadership over in good order, as one does before maintenance: a second or two, no loss.',
  describe: ({ candidate }, parts) =>
    `switch over from ${parts.map((part) => part.name).join(', ')}${candidate === undefined ? '' : ` to ${candidate}`}`,
  async refusal({ candidate }, parts, world, signal) {
    const refusal = await refusalUnlessLeader(parts, world, signal)
    if (refusal !== null) return refusal
    const to = candidate === undefined ? null : findCandidate(candidate, world)
    return refusalToLead(to, (parts[0] as Part).name, world, signal)
  },
  async inject({ candidate }, parts, { world }, signal) {
    const leader = (parts[0] as Part).name
    const to = candidate === undefined ? {} : { candidate: findCandidate(candidate, world) }
    const options = { body: { leader, ...to }, timeoutMs: handOverTimeoutMs(world) }
    // Patroni goes on with it when the lab stops waiting: there is nothing that could be taken back.
    const { status, text } = await world.patroni.ask(leader, 'POST', '/switchover', options, signal)
    if (status !== 200) throw new FaultError(`Patroni refuses the switchover: ${text}`)
    const now = await proveHandOver(leader, world, signal)
    return {
      text: `handed over to ${now}`,
      proof: `Patroni says: ${text}; etcd: ${now} holds the leader key`,
      isMomentary: true,
    }
  },
}
