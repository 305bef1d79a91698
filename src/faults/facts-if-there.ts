import type { ContainerFacts } from '../docker/container-facts.ts'
import type { World } from './world.ts'

/** What is known of a service's container; null when it has been removed. */
export async function factsIfThere(
  service: string,
  { containers }: World,
  signal: AbortSignal,
): Promise<ContainerFacts | null> {
  try {
    return await containers.facts(service, signal)
  } catch (error) {
    if ((error as { code?: unknown }).code === 'outside-scope') return null
    throw error
  }
}
