import type { SetUp, World } from '../../faults/world.ts'
import { type ConfigPatch, readConfig } from './faults/patroni/dynamic-config.ts'
import { readProxyServers } from './faults/proxy/runtime-api.ts'

/**
 * Patroni's dynamic configuration, the pause flag in it, and of each proxy that could be asked its servers, as
 * `leader/patroni1`, with what an operator has set: ready, drain, maint.
 * @throws etcd has no quorum, the engine does not answer, or a proxy that runs does not
 */
export async function setUp(world: World, signal: AbortSignal): Promise<SetUp> {
  const [config, proxies] = await Promise.all([readConfig(world, signal), readProxies(world, signal)])
  return { patroni: flatten(config), ...proxies }
}

async function readProxies(world: World, signal: AbortSignal): Promise<SetUp> {
  const proxies = world.parts.filter((part) => part.kind === 'proxy')
  const read = proxies.map(async ({ name, service }) => {
    const state = await world.containers.facts(service, signal).then(
      (facts) => facts.state,
      () => null,
    )
    const servers =
      state === 'running' && world.toolsImage !== null ? await readProxyServers(service, world, signal) : null
    if (servers === null) return []
    return [[name, Object.fromEntries(servers.map((each) => [`${each.backend}/${each.server}`, each.admin]))] as const]
  })
  return Object.fromEntries((await Promise.all(read)).flat())
}

/** `{ a: { b: 1 } }` as `a.b` with its value as text. */
function flatten(map: ConfigPatch, path = ''): Record<string, string> {
  return Object.assign(
    {},
    ...Object.entries(map).map(([key, value]) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        return { [`${path}${key}`]: typeof value === 'string' ? value : JSON.stringify(value) }
      }
      return flatten(value as ConfigPatch, `${path}${key}.`)
    }),
  )
}
