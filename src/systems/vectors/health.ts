import { fresh, type Seen } from '../../model/seen.ts'
import type { State as CoreState } from '../../model/state.ts'
import { problemsOfContainers, problemsOfSource } from '../problems.ts'
import type { MemberView, ShardView } from './events.ts'
import { gatewayOf, shardsOf, vectorsOf } from './known.ts'
import { vectorsIn } from './shape.ts'

/** So many positions behind its leader a copy may be while writes go on: they come in batches. */
export const LEVEL_WITHIN = 50

/** Whether every copy is whole, counts, and is level with its leader, by words that are all later than that moment. */
export function isLevel(state: CoreState, afterMs: number): boolean {
  const { gateways, nodes } = vectorsOf(state)
  const heard = [...Object.values(gateways), ...Object.values(nodes)] as readonly Seen<unknown>[]
  const isLater = heard.every(({ seenAtMs }) => seenAtMs !== null && seenAtMs > afterMs)
  return isLater && problemsOf(state).length === 0
}

/** What keeps the store from being whole, one short reason a part; empty when it is healthy. */
export function problemsOf(state: CoreState): string[] {
  if (state.lab === null) return ['nothing has been seen yet']
  return [
    ...problemsOfContainers(state),
    ...problemsOfServers(state),
    ...shardsOf(state).flatMap((shard) => problemsOfShard(state, shard)),
    ...problemsOfMap(state),
  ]
}

function problemsOfServers(state: CoreState): string[] {
  const { gateways, nodes } = vectorsOf(state)
  const shape = vectorsIn(state.lab)
  return [
    ...(shape?.gateways ?? []).flatMap((name) => problemsOfSource(name, gateways[name])),
    ...(shape?.vectorNodes ?? []).flatMap((name) => problemsOfSource(name, nodes[name])),
    ...(state.lab?.nodes ?? []).flatMap((name) => problemsOfSource(name, state.nodes[name]?.postgres)),
  ]
}

function problemsOfShard(state: CoreState, shard: ShardView): string[] {
  const { id, isSettled, isDraining, leader, members } = shard
  if (leader === null || !isSettled) return [`${id}: it has no leader, or its leader is changing`]
  if (isDraining) return [`${id}: its slots move away`]
  return members.flatMap((member) => {
    const trouble = troubleOf(member, lagOf(state, shard, member))
    return trouble === null ? [] : [`${id}: its copy on ${member.node} ${trouble}`]
  })
}

/** Positions that a copy is behind its leader by what both nodes say themselves, or by the gateway's last check. */
export function lagOf(state: CoreState, { id, leader }: ShardView, { node, lag }: MemberView): number | null {
  if (node === leader) return 0
  const copyOn = (name: string) => fresh(vectorsOf(state).nodes[name])?.copies.find((copy) => copy.shard === id) ?? null
  const [head, own] = [copyOn(leader ?? ''), copyOn(node)]
  return head === null || own === null ? lag : Math.max(0, head.position - own.applied)
}

function troubleOf({ isHealthy, isWhole, counts }: MemberView, lag: number | null): string | null {
  if (isHealthy === false) return 'does not answer'
  if (isWhole === false) return 'is being resynced in full'
  if (!counts) return 'is not in use yet'
  return lag !== null && lag > LEVEL_WITHIN ? `is ${lag} positions behind` : null
}

function problemsOfMap(state: CoreState): string[] {
  const view = fresh(gatewayOf(state))
  const shape = vectorsIn(state.lab)
  if (view === null || shape === null) return []
  const { moves, shards } = view
  const [move] = moves
  const short = shards
    .slice(0, shape.shards)
    .filter(({ members }) => members.length < shape.copies)
    .map(({ id, members }) => `${id}: ${members.length} of ${shape.copies} copies are left`)
  const few = shards.length < shape.shards ? [`${shards.length} of ${shape.shards} shards are left`] : []
  const versions = Object.values(vectorsOf(state).gateways).flatMap((seen) => fresh(seen) ?? [])
  const isSplit = new Set(versions.map(({ shards: each }) => each.map(({ id }) => id).join())).size > 1
  return [
    ...(move === undefined
      ? []
      : [`${moves.length} moves are still to be done, the first from ${move.from} to ${move.to}`]),
    ...few,
    ...short,
    ...(isSplit ? ['the gateways have different maps'] : []),
  ]
}
