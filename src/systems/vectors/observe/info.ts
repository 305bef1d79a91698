import { z } from 'zod'
import { SourceError } from '../../../observe/poll.ts'
import { shaped } from '../../../observe/poll-server.ts'
import { shardOf } from '../../../workloads/vectors/clients.ts'
import type { GatewayView, NodeView } from '../events.ts'

/** How long it had no processor though it was ready to run; servers of earlier labs do not say. */
const processor = { at_ms: z.number().optional(), waited_ms: z.number().nullish() }

const member = z.object({
  replica_id: z.string(),
  url: z.string(),
  is_healthy: z.boolean().nullable(),
  counts: z.boolean(),
  whole: z.boolean().nullable(),
  position: z.number().nullable(),
  lag: z.number().nullable(),
  resynced_rows: z.number().nullable(),
})
const gateway = z.object({
  ...processor,
  replication: z.object({
    map_version: z.number().nullable(),
    health_check_interval: z.number().optional(),
    shards: z.array(
      z.object({
        shard_id: z.string(),
        epoch: z.number(),
        primary_replica_id: z.string(),
        settled: z.boolean(),
        commit_quorum: z.number().optional(),
        replicas: z.array(member),
      }),
    ),
  }),
  sharding: z.object({
    sharding_strategy: z.string(),
    shards: z.array(z.object({ shard_id: z.string(), draining: z.boolean(), slot_count: z.number() })),
    moves: z.array(
      z.object({ id: z.number(), from: z.string(), to: z.string(), state: z.string(), attempt: z.number() }),
    ),
    moved: z.object({ moves: z.number(), slots: z.number(), vectors: z.number() }),
  }),
})
const node = z.object({
  ...processor,
  members: z.array(
    z.object({
      key: z.string(),
      epoch: z.number(),
      last: z.object({ position: z.number() }),
      applied: z.number(),
      isWhole: z.boolean(),
      leads: z.unknown().nullish(),
      rows: z.number().nullish(),
      failure: z.string().nullish(),
    }),
  ),
})

/** `GET /info` of a gateway. @throws {SourceError} it is none, or has not seen its map yet */
export function parseGateway(body: unknown, nodeAt: (url: string) => string): GatewayView {
  const parsed = gateway.safeParse(body)
  if (!parsed.success) throw new SourceError('no map yet')
  const { replication, sharding } = parsed.data
  const { health_check_interval: checkedEverySeconds } = replication
  return {
    mapVersion: replication.map_version,
    strategy: sharding.sharding_strategy,
    ...(checkedEverySeconds !== undefined && { checkedEveryMs: checkedEverySeconds * 1_000 }),
    shards: replication.shards.map(({ shard_id: id, primary_replica_id: primary, replicas, ...shard }) => {
      const { epoch, settled, commit_quorum: quorum } = shard
      const placed = sharding.shards.find((each) => each.shard_id === id)
      const leader = replicas.find((each) => each.replica_id === primary)
      return {
        id,
        epoch,
        isSettled: settled,
        isDraining: placed?.draining ?? false,
        slots: placed?.slot_count ?? 0,
        ...(quorum !== undefined && { quorum }),
        leader: leader === undefined ? null : nodeAt(leader.url),
        members: replicas.map((each) => ({
          id: each.replica_id,
          node: nodeAt(each.url),
          isHealthy: each.is_healthy,
          counts: each.counts,
          isWhole: each.whole,
          position: each.position,
          lag: each.lag,
          resyncedRows: each.resynced_rows,
        })),
      }
    }),
    moves: sharding.moves,
    moved: sharding.moved,
    ...waitedOf(parsed.data),
  }
}

/** `GET /info` of a node. @throws {SourceError} it is none */
export function parseNode(body: unknown): NodeView {
  const { members, ...waited } = shaped(node, body)
  return {
    copies: latest(members).map(({ key, epoch, last, applied, isWhole, leads, rows, failure }) => ({
      shard: shardOf(key),
      epoch,
      position: last.position,
      applied,
      isWhole,
      isLeader: leads != null,
      rows: rows ?? null,
      failure: failure ?? null,
    })),
    ...waitedOf(waited),
  }
}

function waitedOf({
  at_ms: atMs,
  waited_ms: waitedMs,
}: {
  at_ms?: number | undefined
  waited_ms?: number | null | undefined
}) {
  return atMs === undefined || waitedMs == null ? {} : { waited: { atMs, waitedMs } }
}

/** What is left of an earlier shard of the same name is no copy of this one. */
function latest<T extends { readonly key: string }>(members: readonly T[]): readonly T[] {
  const generation = (key: string) => Number(/~(\d+)$/.exec(key)?.[1] ?? 0)
  const isLatest = ({ key }: T) =>
    members.every((each) => shardOf(each.key) !== shardOf(key) || generation(each.key) <= generation(key))
  return members.filter(isLatest)
}
