import { columns } from '../../draw/format.ts'
import { fresh } from '../../model/seen.ts'
import type { State } from '../../model/state.ts'
import type { SystemStatus } from '../operated.ts'
import { lagOf } from './health.ts'
import { gatewayOf, shardsOf, vectorsOf } from './known.ts'
import { vectorsIn } from './shape.ts'

/** How a vector store stands: its gateways, and every copy of every shard. */
export function statusOf(state: State): SystemStatus {
  const { gateways } = vectorsOf(state)
  const named = (vectorsIn(state.lab)?.gateways ?? []).map((name) => {
    const seen = gateways[name]
    const view = fresh(seen)
    return { name, mapVersion: view?.mapVersion ?? null, error: view === null ? (seen?.error ?? 'no answer') : null }
  })
  const copies = shardsOf(state).flatMap((shard) =>
    shard.members.map((member) => ({
      shard: shard.id,
      slots: shard.slots,
      node: member.node,
      role: member.node === shard.leader ? 'leader' : 'replica',
      position: member.position,
      lag: lagOf(state, shard, member),
      isHealthy: member.isHealthy,
      isWhole: member.isWhole,
    })),
  )
  const moves = gatewayOf(state).value?.moves ?? []
  return {
    json: { gateways: named, copies, moves },
    lines: [
      ...named.map(({ name, mapVersion, error }) =>
        error === null ? `${name}: ${mapVersion === null ? 'answers' : `map ${mapVersion}`}` : `${name}: ${error}`,
      ),
      ...columns([
        ['shard', 'slots', 'node', 'role', 'position', 'lag'],
        ...copies.map(({ shard, slots, node, role, position, lag, isHealthy }) => [
          shard,
          String(slots),
          node,
          isHealthy === false ? `${role}, no answer` : role,
          String(position ?? '–'),
          String(lag ?? '–'),
        ]),
      ]),
      ...(moves.length === 0 ? [] : [`moves to be done: ${moves.length}`]),
    ],
  }
}
