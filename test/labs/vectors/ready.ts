import { expect } from 'vitest'
import type { Gateway, Vector } from '../../../labs/vectors/server/gateway/gateway.ts'
import { World, type WorldOptions } from './world.ts'

export const vector = (id: string, v = 0): Vector => ({ id, values: [1, v + 1], metadata: { v } })
export const within = { quorum: null, withinMs: 3_000 }
export const names = (count: number, prefix = 'v') => Array.from({ length: count }, (_, at) => `${prefix}${at}`)

/** A world in which all are well, with a namespace `test` of two dimensions. */
export async function ready(options: WorldOptions = {}): Promise<{ world: World; gateway: Gateway }> {
  const world = new World(options)
  await world.healthy()
  const gateway = world.gateway()
  const shape = { dimension: 2, metric: 'euclidean', readQuorum: null, writeQuorum: null } as const
  expect(await world.run(gateway.createNamespace('test', shape))).toMatchObject({ type: 'ok' })
  return { world, gateway }
}

export async function putAll(world: World, ids: readonly string[], gateway = world.gateway()): Promise<void> {
  for (const id of ids) {
    expect(await world.run(gateway.put('put', 'test', [vector(id)], within))).toMatchObject({ type: 'ok' })
  }
}

/** All ids that a search which leaves nothing out finds. */
export async function idsOf(world: World, gateway = world.gateway()): Promise<readonly string[]> {
  const query = { vector: [0, 0], k: 1_000, metric: null, filter: null }
  const found = await world.run(gateway.search('test', query, within))
  if (found.type !== 'ok') throw new Error(found.type)
  expect(found).toMatchObject({ isPartial: false })
  return found.matches.map(({ id }) => id).sort()
}
