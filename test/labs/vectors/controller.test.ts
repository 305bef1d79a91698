import { describe, expect, it } from 'vitest'
import { idsOf, names, putAll, ready } from './ready.ts'
import { NODES } from './world.ts'

describe('an operator who has a member removed', () => {
  it.each([0, 10, 20, 40, 80])(
    'gets a new epoch, though his gateway looks after the shard %i ms later, while disks are slow to promise it',
    async (apart) => {
      const { world } = await ready()
      const controller = world.controller()
      world.forge = async (_, { type }, real) => {
        const reply = await real()
        if (type === 'fence') await world.clock.sleep(100)
        return reply
      }
      const look = async () => {
        await world.clock.sleep(apart)
        await controller.tick()
      }
      const removal = controller.newEpoch('shard_0', 'removed', (members) => members.filter(({ id }) => id !== 'node3'))
      const [isDone] = await world.run(Promise.all([removal, look()]))
      expect(isDone).toBe(true)
      const { shards } = await world.healthy()
      expect(shards.shard_0?.members.map(({ id }) => id)).toEqual(['node1', 'node2'])
    },
  )

  it('gets none that only a member with a shorter log than the removed one’s could lead', async () => {
    const { world } = await ready()
    await putAll(world, names(3))
    const leader = (await world.map.read())?.shards.shard_0?.primary as string
    const [behind, ahead] = NODES.filter((id) => id !== leader) as [string, string]
    world.cut(leader, behind)
    await putAll(world, names(5, 'w'))
    world.kill(leader)
    world.cuts.clear()
    const removal = world.controller().newEpoch('shard_0', 'removed', (members) => {
      return members.filter(({ id }) => id !== ahead)
    })
    expect(await world.run(removal)).toBe(false)
    await world.until((map) => map.shards.shard_0?.primary === ahead && map.shards.shard_0?.isSettled === true)
    world.start(leader)
    await world.converged()
    expect(await idsOf(world)).toEqual([...names(3), ...names(5, 'w')].sort())
  })
})
