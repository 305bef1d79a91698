import { describe, expect, it } from 'vitest'
import { newShard } from '../../../labs/vectors/server/map/map.ts'
import { updateMap } from '../../../labs/vectors/server/map/map-store.ts'
import { ready, vector } from './ready.ts'
import { member, NODES, type World } from './world.ts'

/** What an id may be: the version last acknowledged (0 for none), or one of those that nobody knows of. */
interface Known {
  acknowledged: number
  unknown: number[]
}

const IDS = Array.from({ length: 12 }, (_, at) => `id${at}`)
const majority = { quorum: 'majority', withinMs: 1_500 } as const

/** One client writes, deletes and reads its own ids one after the other: whatever it reads has to be explained. */
async function client(world: World, ids: readonly string[], known: Map<string, Known>, isOver: () => boolean) {
  const wrong: string[] = []
  for (let version = 1; !isOver(); version++) {
    const id = ids[Math.floor(world.random() * ids.length)] as string
    const of = known.get(id) as Known
    const gateways = [...world.gateways.values()]
    const gateway = gateways[Math.floor(world.random() * gateways.length)]?.gateway
    if (!gateway?.view.isKnown) await world.clock.sleep(50)
    else {
      const isChange = world.random() < 0.6
      const work = isChange ? change(gateway, id, version, of, world.random() < 0.3) : look(gateway, id, of)
      // A gateway that was killed never answers: what it was asked for stays unknown.
      wrong.push(...(await Promise.race([work, world.clock.sleep(4_000).then(() => [])])))
    }
    await world.clock.sleep(world.random() * 20)
  }
  return wrong
}

type Gateway = ReturnType<World['gateway']>

async function change(
  gateway: Gateway,
  id: string,
  version: number,
  of: Known,
  isDelete: boolean,
): Promise<readonly string[]> {
  const target = isDelete ? 0 : version
  of.unknown.push(target)
  const answer = isDelete
    ? await gateway.delete('test', [id], majority)
    : await gateway.put('put', 'test', [vector(id, version)], majority)
  if (answer.type === 'ok' || answer.type === 'not-found') Object.assign(of, { acknowledged: target, unknown: [] })
  else if (answer.type !== 'unknown-outcome') of.unknown.pop()
  return []
}

async function look(gateway: Gateway, id: string, of: Known): Promise<readonly string[]> {
  const read = await gateway.get('test', [id], majority)
  if (read.type !== 'ok') return []
  const seen = Number(read.vectors[0]?.metadata.v ?? 0)
  if (seen === of.acknowledged || of.unknown.includes(seen)) return []
  return [`${id} is ${seen}, should be ${of.acknowledged} or one of ${of.unknown}`]
}

/** Breaks something, waits, and puts it back; again and again. */
async function chaos(world: World, isOver: () => boolean): Promise<void> {
  const pick = <T>(all: readonly T[]) => all[Math.floor(world.random() * all.length)] as T
  while (!isOver()) {
    const node = pick([...world.servers.keys()])
    switch (pick(['kill', 'cut', 'halves', 'network', 'slow', 'gateway', 'crash', 'full'])) {
      case 'kill':
        world.kill(node)
        break
      case 'cut':
        world.isolate(node)
        break
      case 'halves':
        world.cut(node, pick([...NODES].filter((each) => each !== node)))
        break
      case 'network':
        world.trouble = { drop: 0.05, late: 0.02, twice: 0.2 }
        break
      case 'slow':
        world.slow.set(node, 300)
        break
      case 'gateway':
        world.killGateway('gateway')
        break
      case 'crash': {
        const before = await world.disksOf(node)
        await world.clock.sleep(world.random() * 200)
        await world.crash(node, before)
        break
      }
      case 'full':
        world.full.set(node, pick(['append', 'apply']))
    }
    await world.clock.sleep(500 + world.random() * 4_000)
    world.heal()
    for (const [name, { isUp }] of world.servers) if (!isUp) world.start(name)
    if (!world.gateways.has('gateway')) world.startGateway('gateway')
    await world.clock.sleep(world.random() * 2_000)
  }
}

async function run(
  seed: number,
  plant: (world: World) => void = () => {},
  convergeMs = 200_000,
): Promise<readonly string[]> {
  const members = NODES.map(member)
  const shards = ['shard_0', 'shard_1'].map((id) => ({ id, members }))
  const strategy = seed % 2 === 0 ? 'hash' : 'round_robin'
  const { world } = await ready({
    seed,
    shards,
    strategy,
    gateways: ['gateway', 'other'],
    logKeep: seed % 3 === 0 ? 5 : 100,
  })
  plant(world)
  const known = new Map(IDS.map((id) => [id, { acknowledged: 0, unknown: [] as number[] }]))
  let isOver = false
  const clients = [0, 1, 2].map((at) =>
    client(
      world,
      IDS.filter((_, i) => i % 3 === at),
      known,
      () => isOver,
    ),
  )
  const breaking = chaos(world, () => isOver)
  await world.sleep(8_000)
  const add = newShard(NODES.map(member), 'majority')
  await updateMap(world.map, (map) => ({ ...map, shards: { ...map.shards, shard_2: add } }))
  await world.sleep(20_000)
  isOver = true
  const wrong = (await world.run(Promise.all([...clients, breaking.then(() => [])]))).flat()
  world.heal()
  await world.healthy().catch(() => wrong.push('not every shard is led by members that count'))
  await world.converged(convergeMs).catch(() => wrong.push('the copies do not agree'))
  await world.sleep(1_000)
  for (const [id, of] of known) {
    const read = await world.run(world.gateway('other').get('test', [id], majority))
    const seen = read.type === 'ok' ? Number(read.vectors[0]?.metadata.v ?? 0) : read.type
    const may = [of.acknowledged, ...of.unknown] as unknown[]
    if (!may.includes(seen)) wrong.push(`in the end ${id} is ${seen}, should be one of ${may}`)
  }
  return wrong
}

describe('whatever breaks', () => {
  it.each(Array.from({ length: Number(process.env.VECTORS_SEEDS ?? 4) }, (_, at) => at + 1))(
    'nothing acknowledged is lost, nothing deleted comes back, and the copies agree: seed %i',
    async (seed) => {
      expect(await run(seed)).toEqual([])
    },
    120_000,
  )

  it('a member that acknowledges what it does not keep is found out', async () => {
    const lies = (world: World) => {
      world.forge = async (to, message, real) => {
        if (message.type !== 'append' || to === 'node1') return real()
        const key = [...(world.servers.get(to)?.disks.keys() ?? [])][0] ?? ''
        const status = await world.servers.get(to)?.node.handle(key, { type: 'status' })
        if (status?.type !== 'status') return real()
        const match = message.prev.position + message.entries.length
        return { type: 'appended', incarnation: status.incarnation, match }
      }
    }
    expect(await run(2, lies, 5_000)).not.toEqual([])
  })
})
