import type { Progress } from '../docker/progress.ts'
import type { ActiveFault, Stuck } from '../faults/held.ts'
import type { Lab } from '../lab/lab.ts'

/** For how long an engine that is away is waited for, with a fault in force that only it can lift. */
const ENGINE_WITHIN_MS = 60_000

type HealedLab = Pick<Lab, 'faults' | 'live'>

/** Heals what is in force, saying so; what is stuck is said loudly, with the command that a person can run. */
export async function healAll({ faults }: HealedLab, progress: Progress): Promise<readonly Stuck[]> {
  if (faults === null || faults.active().length === 0) return []
  const stuck = await progress.step(
    titleOf(faults.active()),
    () => faults.healAll(),
    (left) => left.length === 0,
  )
  for (const line of tellStuck(stuck)) progress.say(line)
  return stuck
}

/**
 * The last that is done about faults before a command ends: what is stuck while the engine is away waits for it, up to
 * a minute, and whatever is still in force then is tried once more.
 * @returns what is left behind
 */
export async function healAtLast(lab: HealedLab, progress: Progress): Promise<readonly Stuck[]> {
  const { faults, live } = lab
  if (faults === null || faults.active().length === 0) return []
  if (live.current().engine.unreachableSinceMs !== null) {
    const limit = AbortSignal.timeout(ENGINE_WITHIN_MS)
    await progress.step(
      `the Docker engine is away; waiting for it; ${titleOf(faults.active())}`,
      // It is tried again by itself as soon as the engine is heard.
      () => live.until(() => faults.active().length === 0, limit).catch(() => null),
      () => faults.active().length === 0,
    )
  }
  return healAll(lab, progress)
}

/** Loud, and with what a person can do about each. */
export function tellStuck(stuck: readonly Stuck[]): string[] {
  return stuck.flatMap(({ fault, parts, error, byHand }) => [
    `STUCK: ${fault} of ${parts.join(', ')} could not be healed: ${error}`,
    `  by hand: ${byHand}`,
  ])
}

function titleOf(active: readonly ActiveFault[]): string {
  return `healing: ${active.map(({ text }) => text).join('; ')}`
}
