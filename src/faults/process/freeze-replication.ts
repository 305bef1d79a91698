import { z } from 'zod'
import { hadIts } from '../../model/predicate.ts'
import type { FaultKind } from '../fault.ts'
import { namesOf, type Part } from '../part.ts'
import type { World } from '../world.ts'
import { findWalReceiver, walSenders } from './find-process.ts'
import { type Frozen, freeze } from './freeze.ts'
import { processRefusal } from './process-refusal.ts'

const schema = z.strictObject({
  /** On a leader: the walsender that streams to this node; left out, the first. On a replica it says nothing. */
  to: z.string().min(1).optional(),
})
type Params = z.output<typeof schema>

export const freezeReplication: FaultKind<Params> = {
  type: 'freeze-replication',
  family: 'process',
  schema,
  aims: ['node'],
  effects: ['may-take-part-away', 'can-lose-writes'],
  about:
    'Stops the process that sends WAL to one replica (on a leader) or receives it (on a replica): the replica falls behind while its connection stays up, until wal_receiver_timeout or wal_sender_timeout.',
  describe: ({ to }, parts) => `freeze the replication of ${namesOf(parts)}${to === undefined ? '' : ` to ${to}`}`,
  async refusal({ to }, parts, world, signal) {
    if (to !== undefined && !world.parts.some((part) => part.name === to && part.kind === 'node')) {
      return `${JSON.stringify(to)} is no node of this lab`
    }
    return processRefusal(parts, await frozenIn(to, world, signal), world, signal)
  },
  async inject({ to }, parts, scope, signal) {
    const proof = await freeze(parts, await frozenIn(to, scope.world, signal), scope, signal)
    return { ...hadIts(`replication${to === undefined ? '' : ` to ${to}`} frozen`), proof }
  },
}

async function frozenIn(to: string | undefined, world: World, signal: AbortSignal): Promise<Frozen> {
  const addresses = to === undefined ? null : await addressesOf(to, world, signal)
  return {
    what: to === undefined ? 'walsender or walreceiver' : `walsender for ${to}`,
    find(processes) {
      const receiver = to === undefined ? findWalReceiver(processes) : null
      if (receiver !== null) return receiver
      const senders = walSenders(processes)
      return senders.find(({ address }) => addresses === null || addresses.includes(address ?? ''))?.process ?? null
    },
  }
}

async function addressesOf(
  name: string,
  { parts, containers }: World,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const part = parts.find((each: Part) => each.name === name)
  return part === undefined ? [] : (await containers.facts(part.service, signal)).addresses
}
