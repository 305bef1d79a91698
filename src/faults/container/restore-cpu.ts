import { z } from 'zod'
import { factsIfThere } from '../facts-if-there.ts'
import type { UndoKind } from '../fault.ts'
import { containerName } from './container-name.ts'

const schema = z.strictObject({
  service: containerName,
  /** The container's own. */
  name: containerName,
  /** As in ContainerFacts: 0 is no limit. */
  nanoCpus: z.int().nonnegative(),
  cpuQuotaMicros: z.int().nonnegative(),
})

/** Gives a container the CPU limit back that it had. The limit is the container's own: it outlives a restart. */
export const restoreCpu: UndoKind<z.output<typeof schema>> = {
  type: 'restore-cpu',
  schema,
  async perform({ service, nanoCpus, cpuQuotaMicros }, world, signal) {
    const facts = await factsIfThere(service, world, signal)
    if (facts === null || (facts.nanoCpus === nanoCpus && facts.cpuQuotaMicros === cpuQuotaMicros)) return
    const limit =
      nanoCpus > 0 ? { type: 'cores' as const, nanoCpus } : { type: 'quota' as const, quotaMicros: cpuQuotaMicros }
    await world.containers.limitCpu(service, limit, signal)
  },
  async remains({ service, nanoCpus, cpuQuotaMicros }, world, signal) {
    const facts = await factsIfThere(service, world, signal)
    if (facts === null || (facts.nanoCpus === nanoCpus && facts.cpuQuotaMicros === cpuQuotaMicros)) return null
    return `the CPU of ${service} is still limited`
  },
  byHand({ name, nanoCpus, cpuQuotaMicros }) {
    if (nanoCpus > 0) return `docker update --cpus ${nanoCpus / 1e9} ${name}`
    return `docker update --cpu-quota ${cpuQuotaMicros === 0 ? -1 : cpuQuotaMicros} ${name}`
  },
}
