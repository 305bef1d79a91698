import type { State } from '../model/state.ts'
import type { World } from './world.ts'

interface Endeavour {
  readonly world: Pick<World, 'clock' | 'state' | 'until' | 'system'>
  /** What is worked on, by the names of the parts; asked again before each wait. */
  parts(): readonly string[]
  /** Whether nothing is left to do. Must not reject. */
  attempt(): Promise<boolean>
}

const FIRST_WAIT_MS = 2_000
const LONGEST_WAIT_MS = 30_000
/** What has just come back is given a moment before it is asked for something. */
const SETTLE_MS = 500

/**
 * Tries again what has failed, as soon as its means look different (the engine is heard again, the container is another
 * or in another state, somebody leads), and otherwise after a time that doubles up to half a minute; ends once it has
 * worked, or with the signal. Never rejects.
 */
export async function keepTrying({ world, parts, attempt }: Endeavour, signal: AbortSignal): Promise<void> {
  let waitMs = FIRST_WAIT_MS
  for (;;) {
    const hasChanged = await otherMeans(world, parts(), waitMs, signal)
    if (signal.aborted || (await attempt())) return
    waitMs = hasChanged ? FIRST_WAIT_MS : Math.min(2 * waitMs, LONGEST_WAIT_MS)
  }
}

/** Whether the means were seen to change within the time. */
async function otherMeans(
  world: Endeavour['world'],
  parts: readonly string[],
  withinMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const { clock } = world
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  const before = meansOf(world, world.state(), parts)
  const change = world.until((state) => meansOf(world, state, parts) !== before, either).then(() => true)
  const time = clock.sleep(withinMs, either).then(() => false)
  const hasChanged = await Promise.race([change, time].map((each) => each.catch(() => false)))
  over.abort()
  if (hasChanged) await clock.sleep(SETTLE_MS, signal).catch(() => {})
  return hasChanged
}

/** What putting something back needs, in one value that is another when any of it is another. */
function meansOf({ system }: Pick<World, 'system'>, state: State, parts: readonly string[]): string {
  const { engine, lab, containers } = state
  return JSON.stringify([
    engine.unreachableSinceMs === null,
    system.inRole('leader', [], state),
    ...parts.map((part) => {
      const { id, state: is, startedAt } = containers[lab?.containerOf[part] ?? part]?.container ?? {}
      return [id, is, startedAt, system.meansOf(part, state)]
    }),
  ])
}
