import { stateWords } from '../../model/words.ts'
import type { Part } from '../part.ts'
import type { World } from '../world.ts'

/**
 * Why a container fault cannot be injected: a container is in none of these states, or nobody knows. What another
 * fault has stopped already must not be taken for this one's doing, or healing this one would take back that one.
 */
export async function refuseUnless(
  states: readonly string[],
  parts: readonly Part[],
  { containers }: World,
  signal: AbortSignal,
  whyNot: (part: Part) => Promise<string | null> = async () => null,
): Promise<string | null> {
  for (const { name, service } of parts) {
    try {
      const { state } = await containers.facts(service, signal)
      if (!states.includes(state))
        return `the container of ${name} ${stateWords(state)}, and has to be ${states.join(' or ')}`
    } catch (error) {
      signal.throwIfAborted()
      return `the container of ${name} cannot be looked at: ${(error as Error).message}`
    }
  }
  for (const part of parts) {
    const why = await whyNot(part)
    if (why !== null) return why
  }
  return null
}
