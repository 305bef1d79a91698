import { z } from 'zod'
import { NO_MEMORY_LIMIT } from '../../docker/limits.ts'
import { factsIfThere } from '../facts-if-there.ts'
import type { UndoKind } from '../fault.ts'
import { containerName } from './container-name.ts'

const schema = z.strictObject({
  service: containerName,
  /** The container's own. */
  name: containerName,
  /** As in ContainerFacts: 0 is no limit. */
  memoryBytes: z.int().nonnegative(),
  memorySwapBytes: z.int().min(-1),
})

/** Gives a container the memory limit back that it had. The limit is the container's own: it outlives a restart. */
export const restoreMemory: UndoKind<z.output<typeof schema>> = {
  type: 'restore-memory',
  schema,
  async perform({ service, memoryBytes, memorySwapBytes }, world, signal) {
    const facts = await factsIfThere(service, world, signal)
    if (facts === null || facts.memoryBytes === memoryBytes) return
    await world.containers.limitMemory(service, { memoryBytes, memorySwapBytes }, signal)
  },
  async remains({ service, memoryBytes }, world, signal) {
    const facts = await factsIfThere(service, world, signal)
    if (facts === null || facts.memoryBytes === memoryBytes) return null
    return `the memory of ${service} is limited to ${facts.memoryBytes} bytes`
  },
  byHand({ name, memoryBytes, memorySwapBytes }) {
    const none = [NO_MEMORY_LIMIT.memoryBytes, NO_MEMORY_LIMIT.memorySwapBytes] as const
    const own = [memoryBytes, memorySwapBytes === 0 ? 2 * memoryBytes : memorySwapBytes] as const
    const [memory, swap] = memoryBytes === 0 ? none : own
    return `docker update --memory ${memory} --memory-swap ${swap} ${name}`
  },
}
