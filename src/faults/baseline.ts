import { z } from 'zod'
import type { SetUp, World } from './world.ts'

const setUpSchema = z.record(z.string(), z.record(z.string(), z.string()))

/** How the lab is set up while no fault is in force; what a fault has left shows as a difference. Plain JSON. */
export const baselineSchema = z.strictObject({ limits: setUpSchema, own: setUpSchema })
export type Baseline = z.output<typeof baselineSchema>

/** The limits of the containers that exist, by part, and what the system adds. @throws as whoever is asked */
export async function readBaseline(world: World, signal: AbortSignal): Promise<Baseline> {
  const [limits, own] = await Promise.all([readLimits(world, signal), world.system.setUp?.(world, signal) ?? {}])
  return { limits, own }
}

/** What differs now, one line each, as `patroni: ttl was 20, is 30`; empty when nothing does. @throws as {@link readBaseline} */
export async function compareBaseline(before: Baseline, world: World, signal: AbortSignal): Promise<string[]> {
  const now = await readBaseline(world, signal)
  return [...changes(before.own, now.own), ...changes(before.limits, now.limits)]
}

/** What is not there now is told of by others, and what is new has no past. */
function changes(before: SetUp, now: SetUp): string[] {
  return Object.entries(before).flatMap(([name, was]) => {
    const is = Object.hasOwn(now, name) ? now[name] : undefined
    return is === undefined ? [] : differences(name, was, is)
  })
}

async function readLimits(world: World, signal: AbortSignal): Promise<Baseline['limits']> {
  const read = world.parts.map(async ({ name, service }) => {
    try {
      const { memoryBytes, memorySwapBytes, nanoCpus } = await world.containers.facts(service, signal)
      const limits = { memoryBytes, memorySwapBytes, nanoCpus }
      return [[name, Object.fromEntries(Object.entries(limits).map(([key, value]) => [key, String(value)]))] as const]
    } catch (error) {
      if ((error as { code?: unknown }).code === 'outside-scope') return []
      throw error
    }
  })
  return Object.fromEntries((await Promise.all(read)).flat())
}

function differences(name: string, was: SetUp[string], is: SetUp[string]): string[] {
  return [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .sort()
    .filter((key) => was[key] !== is[key])
    .map((key) => `${name}: ${key} was ${was[key] ?? 'not set'}, is ${is[key] ?? 'not set'}`)
}
