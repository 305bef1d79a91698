import type { LabEvent } from '../../model/events.ts'
import { nothing, onReach, type Remark, type Remarks } from '../../model/remark.ts'
import type { State as CoreState } from '../../model/state.ts'
import { formatDuration } from '../../model/units.ts'
import type { GatewayView, ShardView } from './events.ts'
import { vectorsOf } from './known.ts'

/** What an event changed of the store, for people. */
export function describeVectors(before: CoreState, event: LabEvent, after: CoreState): Remarks {
  const [was, is] = [vectorsOf(before), vectorsOf(after)]
  const level = onLevel(before, after)
  switch (event.type) {
    case 'vectors.gateway': {
      const [seen, now] = [was.gateways[event.gateway], is.gateways[event.gateway]]
      const reach = onReach(seen, now, { atMs: after.atMs, source: event.gateway, who: 'the gateway' })
      const isNews = event.reading.ok && seen?.value != null
      return [...reach, ...(isNews ? onMap(seen.value, event.reading.value) : []), ...level]
    }
    case 'vectors.node': {
      const about = { atMs: after.atMs, source: event.node, who: 'the node' }
      return [...onReach(was.nodes[event.node], is.nodes[event.node], about), ...level]
    }
    default:
      return level
  }
}

function onMap(was: GatewayView, is: GatewayView): Remarks {
  const shardOf = (view: GatewayView, id: string) => view.shards.find((shard) => shard.id === id)
  const onShards = [
    ...is.shards.flatMap((shard) => onShard(shardOf(was, shard.id), shard)),
    ...was.shards
      .filter(({ id }) => shardOf(is, id) === undefined)
      .map(({ id }): Remark => ({ level: 'warn', source: id, text: 'is no shard any more' })),
  ]
  return [...named(onShards), ...onMoves(was, is)]
}

/** They share a line, whose source is one: of several shards each remark says whose it is. */
function named(remarks: readonly Remark[]): Remarks {
  if (new Set(remarks.map(({ source }) => source)).size < 2) return remarks
  const alike = Map.groupBy(remarks, ({ level, text }) => `${level} ${text}`).values()
  return [...alike].map((same) => {
    const { level, text } = same[0] as Remark
    return { level, source: 'map', text: `${same.map(({ source }) => source).join(', ')} ${text}` }
  })
}

function onShard(was: ShardView | undefined, is: ShardView): Remarks {
  const { id, leader, epoch, members } = is
  if (was === undefined) return [{ level: 'info', source: id, text: `is a new shard, on ${leader ?? 'no node'}` }]
  const led = leader !== was.leader || epoch !== was.epoch
  const gone = was.members.filter(({ id: each }) => !members.some((member) => member.id === each))
  const added = members.filter(({ id: each }) => !was.members.some((member) => member.id === each))
  const remade = members.filter(
    (member) => member.isWhole === false && was.members.find(({ id: each }) => each === member.id)?.isWhole !== false,
  )
  return [
    ...(led ? [{ level: 'warn', source: id, text: `is led by ${leader ?? 'nobody'} (epoch ${epoch})` } as const] : []),
    ...gone.map(({ node }): Remark => ({ level: 'warn', source: id, text: `has no copy on ${node} any more` })),
    ...added.map(({ node }): Remark => ({ level: 'info', source: id, text: `gets a copy on ${node}` })),
    ...remade.map(
      ({ node }): Remark => ({ level: 'warn', source: id, text: `its copy on ${node} is resynced in full` }),
    ),
  ]
}

function onMoves(was: GatewayView, is: GatewayView): Remarks {
  if (was.moves.length === 0 && is.moves.length > 0)
    return [{ level: 'info', source: 'map', text: `${is.moves.length} moves of slots begin` }]
  if (was.moves.length > 0 && is.moves.length === 0)
    return [{ level: 'good', source: 'map', text: 'all slots are where they are to be' }]
  return nothing
}

function onLevel(before: CoreState, after: CoreState): Remarks {
  const [was, is] = [vectorsOf(before).convergences.at(-1), vectorsOf(after).convergences.at(-1)]
  if (is === undefined || is === was || is.toMs === null || is.isCutShort === true) return nothing
  const text = `all copies are level ${formatDuration(is.toMs - is.fromMs)} after the fault was healed`
  return [{ level: 'good', source: 'map', text }]
}
