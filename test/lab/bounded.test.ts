import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readLabDefinition } from '../../src/lab/definition.ts'
import type { PatroniPlace } from '../../src/systems/patroni/place.ts'

describe('the lab with bounded disks', () => {
  it('is the lab itself, but for its volumes and what is said of it', async () => {
    const [usual, bounded] = await Promise.all([
      readLabDefinition('hw3/lab.yaml', {}),
      readLabDefinition('hw3/lab-bounded.yaml', {}),
    ])
    const { compose, place, instances: _, ...rest } = bounded
    const { compose: usualCompose, place: usualPlace, instances: __, ...usualRest } = usual
    expect((place as PatroniPlace).definition).toEqual((usualPlace as PatroniPlace).definition)
    expect({ ...rest, description: usual.description }).toEqual(usualRest)
    expect(compose?.environment).toEqual({ ...usualCompose?.environment, CHAOSLAB_VOLUMES: 'bounded-' })
    expect(compose?.optional.map(({ profile }) => profile)).toContain('bounded')
    expect({ ...compose, environment: {}, optional: [] }).toEqual({ ...usualCompose, environment: {}, optional: [] })
  })

  it('has a bounded twin of every volume of a node or an etcd member, held while they are stopped', async () => {
    const { services, volumes } = parse(await readFile('hw3/docker-compose.yml', 'utf8'), { merge: true })
    const held = services.keeper.volumes.map((volume: string) => volume.split(':')[0])
    for (const part of ['etcd1', 'etcd2', 'etcd3', 'patroni1', 'patroni2', 'patroni3']) {
      expect(services[part].volumes[0]).toMatch(`\${CHAOSLAB_VOLUMES:-}${part}:`)
      expect(volumes[`bounded-${part}`].driver_opts.o).toContain('size=')
      expect(held).toContain(`bounded-${part}`)
    }
  })
})
