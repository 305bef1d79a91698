import { z } from 'zod'
import type { World } from '../../faults/world.ts'
import { type ConfigPatch, configPatchSchema, readConfig } from './faults/patroni/dynamic-config.ts'
import { readServers } from './faults/proxy/runtime-api.ts'

const limitsSchema = z.strictObject({ memoryBytes: z.number(), memorySwapBytes: z.number(), nanoCpus: z.number() })

/** How the lab is set up while no fault is in force; what a fault has left shows as a difference. Plain JSON. */
export const baselineSchema = z.strictObject({
  /** Patroni's dynamic configuration, the pause flag in it. */
  config: configPatchSchema,
  /** Of the containers that exist, by part. */
  limits: z.record(z.string(), limitsSchema),
  /** Servers by part, as `leader/patroni1`, with what an operator has set: ready, drain, maint. Of proxies that could be asked. */
  proxies: z.record(z.string(), z.record(z.string(), z.string())),
})
export type Baseline = z.output<typeof baselineSchema>

/** @throws etcd has no quorum, the engine does not answer, or a proxy that runs does not */
export async function readBaseline(world: World, signal: AbortSignal): Promise<Baseline> {
  const [config, limits, proxies] = await Promise.all([
    readConfig(world, signal),
    readLimits(world, signal),
    readProxies(world, signal),
  ])
  return { config, limits, proxies }
}

/** What differs now, one line each, as `patroni: ttl was 20, is 30`; empty when nothing does. @throws as {@link readBaseline} */
export async function compareBaseline(before: Baseline, world: World, signal: AbortSignal): Promise<string[]> {
  const now = await readBaseline(world, signal)
  return [
    ...differences('patroni', flatten(before.config), flatten(now.config)),
    // A container or a proxy that is not there now is told of by others, and one that is new has no past.
    ...both(before.limits, now.limits).flatMap(([name, was, is]) => differences(name, flatten(was), flatten(is))),
    ...both(before.proxies, now.proxies).flatMap(([name, was, is]) => differences(name, flatten(was), flatten(is))),
  ]
}

async function readLimits(world: World, signal: AbortSignal): Promise<Baseline['limits']> {
  const read = world.parts.map(async ({ name, service }) => {
    try {
      const { memoryBytes, memorySwapBytes, nanoCpus } = await world.containers.facts(service, signal)
      return [[name, { memoryBytes, memorySwapBytes, nanoCpus }] as const]
    } catch (error) {
      if ((error as { code?: unknown }).code === 'outside-scope') return []
      throw error
    }
  })
  return Object.fromEntries((await Promise.all(read)).flat())
}

async function readProxies(world: World, signal: AbortSignal): Promise<Baseline['proxies']> {
  const proxies = world.parts.filter((part) => part.kind === 'proxy')
  const read = proxies.map(async ({ name, service }) => {
    const state = await world.containers.facts(service, signal).then(
      (facts) => facts.state,
      () => null,
    )
    const servers = state === 'running' && world.toolsImage !== null ? await readServers(service, world, signal) : null
    if (servers === null) return []
    return [[name, Object.fromEntries(servers.map((each) => [`${each.backend}/${each.server}`, each.admin]))] as const]
  })
  return Object.fromEntries((await Promise.all(read)).flat())
}

/** `{ a: { b: 1 } }` as `a.b` with its value as text. */
function flatten(map: ConfigPatch, path = ''): Map<string, string> {
  return new Map(
    Object.entries(map).flatMap(([key, value]): (readonly [string, string])[] => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        return [[`${path}${key}`, typeof value === 'string' ? value : JSON.stringify(value)]]
      }
      return [...flatten(value as ConfigPatch, `${path}${key}.`)]
    }),
  )
}

function differences(name: string, was: ReadonlyMap<string, string>, is: ReadonlyMap<string, string>): string[] {
  const keys = [...new Set([...was.keys(), ...is.keys()])].sort()
  return keys
    .filter((key) => was.get(key) !== is.get(key))
    .map((key) => `${name}: ${key} was ${was.get(key) ?? 'not set'}, is ${is.get(key) ?? 'not set'}`)
}

function both<T>(a: Readonly<Record<string, T>>, b: Readonly<Record<string, T>>): [string, T, T][] {
  return Object.entries(a).flatMap(([name, was]): [string, T, T][] => {
    const is = Object.hasOwn(b, name) ? b[name] : undefined
    return is === undefined ? [] : [[name, was, is]]
  })
}
