import type { ContainerFacts } from '../../docker/container-facts.ts'
import { stateWords } from '../../model/words.ts'
import { factsIfThere } from '../facts-if-there.ts'
import type { Part } from '../part.ts'
import type { World } from '../world.ts'

/** A part with what Docker says of its container; null when there is none. */
export interface Spot {
  readonly part: Part
  readonly facts: ContainerFacts | null
}

/** @throws {EngineError} Docker does not answer */
export function findSpots(parts: readonly Part[], world: World, signal: AbortSignal): Promise<Spot[]> {
  return Promise.all(parts.map(async (part) => ({ part, facts: await factsIfThere(part.service, world, signal) })))
}

/** Whether there is a network to change: a paused container has one, a stopped one has not. */
export function hasNetwork(state: string | undefined): boolean {
  return state === 'running' || state === 'paused'
}

/** Its IPv4 addresses; fixed ones also while it does not run, for it may be started again. */
export function addressesOf({ facts }: Spot): readonly string[] {
  return (facts?.networks ?? []).flatMap(({ address }) => (address === null ? [] : [address]))
}

/** Why a network fault cannot be aimed at one of these; null when it can. */
export function refuseStopped(targets: readonly Spot[]): string | null {
  const stopped = targets.find(({ facts }) => !hasNetwork(facts?.state))
  if (stopped === undefined) return null
  const state = stopped.facts === null ? 'has no container' : stateWords(stopped.facts.state)
  return `${stopped.part.name} ${state}: it has no network that could be changed`
}
