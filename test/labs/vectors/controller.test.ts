import { describe, expect, it } from 'vitest'
import { ready } from './ready.ts'

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
})
