import { describe, expect, it } from 'vitest'
import { hashSlot, newShard, type ShardMap, slotsOf } from '../../../labs/vectors/server/map/map.ts'
import { updateMap } from '../../../labs/vectors/server/map/map-store.ts'
import type { Message } from '../../../labs/vectors/server/shard/messages.ts'
import { idsOf, names, putAll, ready, vector, within } from './ready.ts'
import { member, type World } from './world.ts'

const two = [
  { id: 'shard_0', members: [member('node1')] },
  { id: 'shard_1', members: [member('node2')] },
]

async function addShard(world: World, id: string, node: string): Promise<void> {
  world.start(node)
  const shard = (version: number) => newShard([member(node)], 'majority', version + 1)
  const add = (map: ShardMap) => ({ ...map, shards: { ...map.shards, [id]: shard(map.version) } })
  await updateMap(world.map, add)
}

const drain = (world: World, id: string) =>
  updateMap(world.map, (map) => {
    const shard = map.shards[id]
    return shard ? { ...map, shards: { ...map.shards, [id]: { ...shard, isDraining: true } } } : null
  })

const isBalanced = (map: ShardMap) =>
  map.moves.length === 0 &&
  Object.keys(map.shards).every((id) => Math.abs(slotsOf(map, id).length - 256 / Object.keys(map.shards).length) < 1)

/** Writes, deletes and searches until it is told to stop; returns what has to be there. */
async function traffic(world: World, isOver: () => boolean): Promise<readonly string[]> {
  const there = new Set<string>()
  for (let at = 0; !isOver(); at++) {
    const id = `t${at}`
    const put = await world.gateway().put('put', 'test', [vector(id)], within)
    if (put.type === 'ok') there.add(id)
    if (at % 3 === 0) {
      const gone = `t${Math.floor(at / 2)}`
      const deleted = await world.gateway().delete('test', [gone], within)
      expect(deleted.type).toBe(there.delete(gone) ? 'ok' : 'not-found')
    }
    const known = [...there]
    const query = { vector: [0, 0], k: 1_000, metric: null, filter: null }
    const found = await world.gateway().search('test', query, within)
    if (found.type !== 'ok' || found.isPartial) continue
    const ids = new Set(found.matches.map((match) => match.id))
    expect(known.filter((each) => !ids.has(each))).toEqual([])
  }
  return [...there]
}

describe('shards', () => {
  it('get about the same number of vectors each, by their hash or in turn', async () => {
    for (const strategy of ['hash', 'round_robin'] as const) {
      const { world, gateway } = await ready({ shards: two, strategy })
      await putAll(world, names(100))
      expect(await idsOf(world)).toEqual(names(100).sort())
      const shards = await world.run(Promise.all(names(100).map((id) => gateway.getShardForVector('test', id, 3_000))))
      const first = shards.filter((each) => each.type === 'ok' && each.shard === 'shard_0').length
      expect(first).toBeGreaterThan(strategy === 'hash' ? 30 : 49)
      expect(first).toBeLessThan(strategy === 'hash' ? 70 : 51)
    }
  })

  it.each(['hash', 'round_robin'] as const)(
    'rebalance when one is added and one removed, under writes and deletes: %s',
    async (strategy) => {
      const { world } = await ready({ shards: two, strategy, logKeep: 100 })
      await putAll(world, names(120))
      let isOver = false
      const written = traffic(world, () => isOver)
      await addShard(world, 'shard_2', 'node3')
      const wider = await world.until((map) => Object.keys(map.shards).length === 3 && isBalanced(map))
      expect(wider.totals).toMatchObject({ slots: 85 })
      await drain(world, 'shard_0')
      const after = await world.until((map) => Object.keys(map.shards).length === 2 && isBalanced(map))
      expect(Object.keys(after.shards)).toEqual(['shard_1', 'shard_2'])
      isOver = true
      const there = await world.run(written)
      expect(await idsOf(world)).toEqual([...names(120), ...there].sort())
    },
  )

  it('keep each its part of a batch whole or not at all, whenever its gateway is killed', async () => {
    const parts = new Set<string>()
    for (const afterMs of [0, 1, 2, 3, 4, 5, 6, 8, 10, 15]) {
      const { world, gateway } = await ready({ shards: two, seed: afterMs + 1 })
      const batch = names(40)
      void gateway.put('insert', 'test', batch.map(vector), within)
      await world.sleep(afterMs)
      world.killGateway('gateway')
      world.startGateway('gateway')
      await world.healthy()
      // What was sent arrives, or its time is over.
      await world.sleep(within.withinMs)
      const map = await world.converged()
      const there = new Set(await idsOf(world))
      const key = map.namespaces.test?.key ?? ''
      for (const shard of Object.keys(map.shards)) {
        const own = batch.filter((id) => map.slots[hashSlot(key, id)] === shard)
        const kept = own.filter((id) => there.has(id)).length
        expect([0, own.length]).toContain(kept)
        parts.add(kept === 0 ? 'nothing' : 'all')
      }
    }
    expect([...parts].sort()).toEqual(['all', 'nothing'])
  })

  it('say which of them is missing in an answer', async () => {
    const { world, gateway } = await ready({ shards: two })
    await putAll(world, names(50))
    world.kill('node2')
    const query = { vector: [0, 0], k: 100, metric: null, filter: null }
    const found = await world.run(gateway.search('test', query, { quorum: null, withinMs: 1_000 }))
    expect(found).toMatchObject({ isPartial: true, missingShards: ['shard_1'], missingSlots: '128-255' })
    world.start('node2')
    await world.sleep(2_000)
    expect(await idsOf(world)).toEqual(names(50).sort())
  })

  it('do not make an answer late when one of them is slow', async () => {
    const { world, gateway } = await ready({ shards: two })
    await putAll(world, names(10))
    world.slow.set('node2', 60_000)
    const begun = world.clock.now()
    const query = { vector: [0, 0], k: 100, metric: null, filter: null }
    const found = await world.run(gateway.search('test', query, { quorum: null, withinMs: 400 }))
    expect(world.clock.now() - begun).toBeLessThan(500)
    expect(found).toMatchObject({ isPartial: true, missingShards: ['shard_1'] })
  })

  it('refuse what a gateway with an old map wants of them, and nothing is in two of them', async () => {
    const { world } = await ready({ shards: two, gateways: ['gateway', 'other'] })
    await putAll(world, names(60))
    const other = world.gateway('other')
    await world.run(other.view.refresh())
    const old = other.view.map
    await addShard(world, 'shard_2', 'node3')
    await world.until((map) => Object.keys(map.shards).length === 3 && isBalanced(map))
    // From here on it reads no newer map.
    Object.defineProperty(other.view, 'map', { get: () => old })
    const moved = names(60).find((id) => old.slots.length > 0 && shardNow(world, id) === 'shard_2') ?? 'v0'
    const late = await world.run(other.put('put', 'test', [vector(moved, 7)], { ...within, withinMs: 500 }))
    expect(late.type).toBe('unavailable')
    const query = { vector: [0, 0], k: 1_000, metric: null, filter: null }
    const found = await world.run(other.search('test', query, { ...within, withinMs: 500 }))
    expect(found).toMatchObject({ isPartial: true })
  })
})

function shardNow(world: World, id: string): string | undefined {
  const { map } = world.gateway().view
  const namespace = map.namespaces.test?.key ?? ''
  return map.slots[hashSlot(namespace, id)]
}

describe('a move', () => {
  const steps: readonly Message['type'][] = ['import', 'export', 'changes', 'control']

  it.each(steps)('goes on with another gateway when the one that drove it dies at %s', async (step) => {
    const { world } = await ready({ shards: two, gateways: ['gateway', 'other'] })
    await putAll(world, names(80))
    let count = 0
    world.forge = async (_, message, real) => {
      if (message.type === step && ++count === 2) {
        const map = await world.map.read()
        const driver = map?.moves[0]?.driver
        if (driver === 'gateway') world.killGateway('gateway')
        if (driver === 'other') world.killGateway('other')
      }
      return real()
    }
    await addShard(world, 'shard_2', 'node3')
    await world.until((map) => Object.keys(map.shards).length === 3 && isBalanced(map), 120_000)
    const left = [...world.gateways.keys()]
    expect(left).toHaveLength(1)
    expect(await idsOf(world, world.gateway(left[0]))).toEqual(names(80).sort())
  })

  it('is refused to a driver that has slept through its end', async () => {
    const { world, gateway } = await ready({ shards: two, gateways: ['gateway', 'other'] })
    await putAll(world, names(80))
    let held: string | null = null
    let late: Promise<unknown> | null = null
    world.forge = async (_, message, real) => {
      if (message.type !== 'import' || held !== null || message.changes.length === 0) return real()
      held = (await world.map.read())?.moves[0]?.driver ?? null
      // Its page arrives long after another has taken the move over and finished it.
      late = world.clock.sleep(60_000).then(real)
      return late
    }
    await addShard(world, 'shard_2', 'node3')
    await world.until((map) => Object.keys(map.shards).length === 3 && isBalanced(map), 50_000)
    const deleted = names(80)
    for (const id of deleted) await world.run(gateway.delete('test', [id], within))
    expect(await world.run(late ?? Promise.resolve())).toMatchObject({ type: 'refused' })
    expect(await idsOf(world)).toEqual([])
  })

  it('to a shard that never answers ends when the shard is removed, and the shard can be added again', async () => {
    const { world } = await ready({ shards: two })
    await putAll(world, names(80))
    await addShard(world, 'shard_2', 'node3')
    let imports = 0
    world.forge = async (to, message, real) => {
      if (to === 'node3' && message.type === 'import' && ++imports === 2) world.kill('node3')
      return real()
    }
    await world.until(() => imports >= 2, 60_000)
    await world.sleep(20_000)
    await drain(world, 'shard_2')
    await world.until((map) => map.shards.shard_2 === undefined && map.moves.length === 0, 60_000)
    expect(await idsOf(world)).toEqual(names(80).sort())
    const deleted = names(40)
    for (const id of deleted) await world.run(world.gateway().delete('test', [id], within))
    await addShard(world, 'shard_2', 'node3')
    await world.until((map) => Object.keys(map.shards).length === 3 && isBalanced(map), 120_000)
    expect(await idsOf(world)).toEqual(names(80).slice(40).sort())
  })

  it('that loses a delete is seen', async () => {
    const { world, gateway } = await ready({ shards: two })
    await putAll(world, names(80))
    world.forge = async (_, __, real) => {
      const reply = await real()
      const found = reply as { type: string; changes: readonly { type: string }[] }
      return found.type === 'changes'
        ? { ...found, changes: found.changes.filter(({ type }) => type !== 'delete') }
        : reply
    }
    const deleting = (async () => {
      for (const id of names(80)) await gateway.delete('test', [id], within)
    })()
    await addShard(world, 'shard_2', 'node3')
    await world.until((map) => Object.keys(map.shards).length === 3 && isBalanced(map))
    await world.run(deleting)
    expect(await idsOf(world)).not.toEqual([])
  })
})
