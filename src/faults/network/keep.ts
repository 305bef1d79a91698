import type { FaultScope } from '../fault.ts'
import { type ChangeOptions, makeAll, type NetworkChange, type RunningSide, startAll } from './side.ts'
import { addressesOf, hasNetwork } from './spot.ts'

const SIGN_OF_LIFE_MS = 10_000
const REST_MS = 100

/**
 * For as long as the fault is in force: gives the side containers their sign of life, and sees to it that nobody takes
 * it to be in force when it is not. The network of a container goes when it ends, and the change with it: a target that
 * ends is out of the fault's reach, which is said; at another part, the change is made again once that runs again.
 */
export function watchSides(
  changes: readonly NetworkChange[],
  sides: readonly RunningSide[],
  scope: FaultScope,
  options: ChangeOptions,
): void {
  const { world } = scope
  const current = new Map(sides.map((each) => [each.part.service, each.side]))
  const startedAt = new Map(changes.map(({ at }) => [at.part.service, at.facts?.startedAt ?? null]))

  scope.repeat(Math.min(SIGN_OF_LIFE_MS, options.deadManMs / 4), async (stop) => {
    for (const { part } of sides) {
      const side = current.get(part.service)
      const isThere = side === undefined || (await world.containers.sides.signal(side, 'SIGUSR1', stop))
      if (!isThere) scope.ended(`the container beside ${part.name} has ended`)
    }
  })

  scope.repeat(REST_MS, async (stop) => {
    const isNews = ({ at, isTarget }: NetworkChange) => {
      const was = startedAt.get(at.part.service) ?? null
      return isTarget ? hasEnded(at.part.service, was, scope) : isAnew(at.part.service, was, scope)
    }
    await world.until(() => changes.some(isNews), stop)
    const change = changes.find(isNews)
    if (change === undefined) return
    const { part } = change.at
    if (change.isTarget) {
      scope.ended(`${part.name} has ended or was started again, and its network is not the one that was changed`)
      await world.until(() => false, stop)
    }
    // Out of the way of the sign of life while it is replaced.
    const old = current.get(part.service)
    current.delete(part.service)
    try {
      if (old !== undefined) await world.containers.sides.end(old, stop)
      const facts = await world.containers.facts(part.service, stop)
      const at = { part, facts }
      if (addressesOf(at).join() !== addressesOf(change.at).join()) throw new Error('it has another address now')
      startedAt.set(part.service, facts.startedAt)
      const side = await recreate({ ...change, at, tries: [] }, scope, options, stop)
      if (side !== null) current.set(part.service, side)
    } catch (error) {
      if (stop.aborted) return
      scope.ended(`it could not be made again at ${part.name}, which was started again: ${(error as Error).message}`)
      await world.until(() => false, stop)
    }
  })
}

/** Null when the fault is healed meanwhile: then nothing is left of it here. */
async function recreate(
  change: NetworkChange,
  scope: FaultScope,
  options: ChangeOptions,
  stop: AbortSignal,
): Promise<string | null> {
  const [made] = await startAll([change], scope, options)
  if (made === undefined) return null
  if (stop.aborted) {
    await scope.world.containers.sides.end(made.side)
    return null
  }
  await makeAll([made], scope.world, stop)
  return made.side
}

function hasEnded(service: string, startedAt: string | null, { world }: FaultScope): boolean {
  const seen = world.state().containers[service]
  if (seen === undefined) return false
  return !hasNetwork(seen.container?.state) || isAnew(service, startedAt, { world })
}

/** It runs, and not since then; when it was started cannot always be told. */
function isAnew(service: string, startedAt: string | null, { world }: Pick<FaultScope, 'world'>): boolean {
  const container = world.state().containers[service]?.container
  if (!hasNetwork(container?.state) || !container?.startedAt || startedAt === null) return false
  return container.startedAt !== startedAt
}
