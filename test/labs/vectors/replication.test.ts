import { describe, expect, it } from 'vitest'
import { idsOf, names, putAll, ready, vector, within } from './ready.ts'
import { member, NODES, type World } from './world.ts'

const primaryOf = async (world: World, shard = 'shard_0') => (await world.map.read())?.shards[shard]?.primary as string

describe('a replicated shard', () => {
  it('keeps what was acknowledged on every member', async () => {
    const { world } = await ready()
    await putAll(world, names(30))
    const map = await world.converged()
    expect(map.shards.shard_0).toMatchObject({ epoch: expect.any(Number), isSettled: true, previous: null })
    expect(await idsOf(world)).toEqual(names(30).sort())
  })

  it.each([1, 2, 3])('shows all of it though %i databases crash and nobody writes any more', async (count) => {
    const { world, gateway } = await ready()
    await putAll(world, names(15))
    await world.converged()
    const before = await Promise.all(NODES.map((each) => world.disksOf(each)))
    await putAll(world, names(20))
    await world.converged()
    for (const [at, each] of NODES.slice(0, count).entries()) await world.crash(each, before[at] ?? new Map())
    const asked = { vector: vector('v0').values, k: 100, metric: null, filter: null }
    // What a copy that lags answers is marked; what is not has all of it.
    await world.until(async () => {
      const found = await gateway.search('test', asked, within)
      if (found.type !== 'ok' || found.isPartial || found.isStale) return false
      expect(found.matches).toHaveLength(20)
      return (await world.map.read())?.shards.shard_0?.isSettled === true
    })
    await world.converged()
    expect(await idsOf(world)).toEqual(names(20).sort())
  })

  it.each(['append', 'apply'] as const)('is led by another while the disk of its leader is full: %s', async (what) => {
    const { world } = await ready()
    await putAll(world, names(5))
    const before = await primaryOf(world)
    world.full.set(before, what)
    await world.run(world.gateway().put('put', 'test', [vector('first')], within))
    await world.until((map) => map.shards.shard_0?.primary !== before && map.shards.shard_0?.isSettled === true)
    await putAll(world, names(10, 'w'))
    world.full.clear()
    await world.converged()
    expect(await idsOf(world)).toEqual(expect.arrayContaining([...names(5), ...names(10, 'w')]))
  })

  it('inserts an id once, and says so when it is there', async () => {
    const { world, gateway } = await ready()
    const twice = [
      gateway.put('insert', 'test', [vector('a')], within),
      gateway.put('insert', 'test', [vector('a', 1)], within),
    ]
    const answers = await world.run(Promise.all(twice))
    expect(answers.map(({ type }) => type).sort()).toEqual(['exists', 'ok'])
    expect(await world.run(gateway.delete('test', ['none'], within))).toMatchObject({ type: 'not-found' })
  })

  it('goes on with another leader after its own was killed, and has lost nothing', async () => {
    const { world } = await ready()
    await putAll(world, names(20))
    const before = await primaryOf(world)
    world.kill(before)
    await world.until((map) => map.shards.shard_0?.primary !== before && map.shards.shard_0?.isSettled === true)
    await putAll(world, names(10, 'w'))
    world.start(before)
    await world.converged()
    expect(await idsOf(world)).toEqual([...names(20), ...names(10, 'w')].sort())
  })

  it('lets no leader that was cut off acknowledge anything', async () => {
    const { world, gateway } = await ready({ gateways: ['gateway', 'other'] })
    await putAll(world, names(5))
    const before = await primaryOf(world)
    // The other gateway still reaches the old leader, and nobody else does.
    for (const each of [...NODES, 'gateway']) if (each !== before) world.cut(before, each)
    for (const each of NODES) if (each !== before) world.cut('other', each)
    const lost = await world.run(
      world.gateway('other').put('put', 'test', [vector('lost')], { ...within, withinMs: 1_000 }),
    )
    expect(lost.type).not.toBe('ok')
    await world.until((map) => map.shards.shard_0?.primary !== before && map.shards.shard_0?.isSettled === true)
    await world.run(gateway.view.refresh())
    expect(await world.run(gateway.put('put', 'test', [vector('kept')], within))).toMatchObject({ type: 'ok' })
    world.heal()
    await world.converged()
    expect(await idsOf(world)).toEqual([...names(5), 'kept'].sort())
  })

  it('does not promote anybody while its quorum is one member, and its leader is gone', async () => {
    const { world } = await ready({ writeQuorum: 1 })
    await putAll(world, names(5))
    const before = await primaryOf(world)
    world.kill(before)
    await world.sleep(10_000)
    expect(await primaryOf(world)).toBe(before)
    world.start(before)
    await world.converged()
    expect(await idsOf(world)).toEqual(names(5).sort())
  })

  it('refuses a write at once when too few members answer, and says that nothing was done', async () => {
    const { world, gateway } = await ready()
    await putAll(world, ['first'])
    const primary = await primaryOf(world)
    for (const each of NODES) if (each !== primary) world.kill(each)
    await world.sleep(1_000)
    expect(await world.run(gateway.put('put', 'test', [vector('a')], within))).toMatchObject({
      type: 'no-quorum',
      reachable: 1,
      needed: 2,
    })
    expect(await world.run(gateway.put('put', 'test', [vector('b')], { ...within, quorum: 1 }))).toMatchObject({
      type: 'ok',
      acknowledgedBy: 1,
      isCommitted: false,
    })
  })

  it('catches a member up by its log after it was away', async () => {
    const { world } = await ready()
    const away = NODES.find((each) => each !== world.options.shards[0]?.members[0]?.id) as string
    world.kill(away)
    await putAll(world, names(40))
    world.start(away)
    await world.converged()
    const { peers = [] } = (await statusOfLeader(world)).leads ?? {}
    expect(peers.map(({ resyncs }) => resyncs)).toEqual([0, 0])
  })

  it('copies everything to a member whose log is too old, while writes and deletes go on', async () => {
    const { world, gateway } = await ready({ logKeep: 10 })
    await putAll(world, names(60))
    const away = NODES.find((each) => each !== 'node1') as string
    world.kill(away)
    await putAll(world, names(60, 'w'))
    world.start(away)
    const writes = async () => {
      for (const id of names(30, 'x')) await gateway.put('put', 'test', [vector(id)], within)
      for (const id of names(30)) await gateway.delete('test', [id], within)
    }
    await world.run(writes())
    await world.converged()
    const { peers = [] } = (await statusOfLeader(world)).leads ?? {}
    expect(Math.max(...peers.map(({ resyncs }) => resyncs))).toBeGreaterThan(0)
    expect(await idsOf(world)).toEqual([...names(60).slice(30), ...names(60, 'w'), ...names(30, 'x')].sort())
  })

  it('counts a member that has lost its store only after it has everything again', async () => {
    const { world } = await ready({ isDurable: false })
    await putAll(world, names(10))
    const primary = await primaryOf(world)
    const [second, third] = NODES.filter((each) => each !== primary) as [string, string]
    world.kill(second)
    world.start(second)
    world.isolate(second)
    world.kill(third)
    world.start(third)
    world.isolate(third)
    world.kill(primary)
    await world.sleep(500)
    world.heal()
    // Two empty stores answer, and a quorum of two would lead with nothing.
    await world.sleep(5_000)
    expect(await primaryOf(world)).toBe(primary)
  })

  it('adds a member under writes, and counts it from a new epoch on', async () => {
    const { world, gateway } = await ready({ shards: [{ id: 'shard_0', members: [member('node1')] }], logKeep: 5 })
    await putAll(world, names(30))
    world.start('node2')
    const add = (map: NonNullable<Awaited<ReturnType<typeof world.map.read>>>) => {
      const shard = map.shards.shard_0 as NonNullable<(typeof map.shards)[string]>
      const members = [...shard.members, { ...member('node2'), incarnation: null }]
      return { ...map, version: map.version + 1, shards: { shard_0: { ...shard, members } } }
    }
    const before = await world.healthy()
    await world.map.swap(add(before))
    const writes = async () => {
      for (const id of names(30, 'w')) await gateway.put('put', 'test', [vector(id)], within)
    }
    await world.run(writes())
    const after = await world.healthy()
    expect(after.shards.shard_0?.epoch).toBeGreaterThan(before.shards.shard_0?.epoch ?? 0)
    await world.converged()
    expect(await idsOf(world)).toEqual([...names(30), ...names(30, 'w')].sort())
  })
})

describe('a violation is seen', () => {
  it('when a member acknowledges what it does not keep', async () => {
    const { world } = await ready()
    const liars = NODES.filter((each) => each !== 'node1')
    world.forge = async (to, message, real) => {
      if (message.type !== 'append' || !liars.includes(to as never) || message.entries.length === 0) return real()
      const status = (await world.servers.get(to)?.node.member('c.shard_0'))?.status
      const match = message.prev.position + message.entries.length
      return { type: 'appended', incarnation: status?.incarnation, match }
    }
    await putAll(world, names(10))
    world.kill('node1')
    world.forge = (_, __, real) => real()
    await world.until((map) => map.shards.shard_0?.primary !== 'node1' && map.shards.shard_0?.isSettled === true)
    expect(await idsOf(world)).not.toEqual(names(10).sort())
  })

  it('when a member leads that was not chosen by what it holds', async () => {
    const { world } = await ready()
    world.isolate('node3')
    await putAll(world, names(10))
    world.kill('node1')
    world.kill('node2')
    world.heal()
    await world.run(world.controller().newEpoch('shard_0', 'planted', (members) => members, true))
    expect(
      await world.run(
        idsOf(world)
          .then(({ length }) => length)
          .catch(() => -1),
      ),
    ).not.toBe(10)
  })
})

async function statusOfLeader(world: World) {
  const primary = await primaryOf(world)
  const { node } = world.servers.get(primary) ?? {}
  const found = node && (await world.run(node.handle('c.shard_0', { type: 'status' })))
  if (found?.type !== 'status') throw new Error('no status')
  return found
}
