import { z } from 'zod'
import type { ContainerFacts } from '../../docker/container-facts.ts'
import type { CpuLimit } from '../../docker/limits.ts'
import { was } from '../../model/predicate.ts'
import { factsIfThere } from '../facts-if-there.ts'
import { FaultError, type FaultKind, type UndoKind } from '../fault.ts'
import { ANY_PART, namesOf } from '../part.ts'
import { containerName } from './container-name.ts'
import { readCgroup } from './read-cgroup.ts'
import { refuseUnless } from './refuse-unless.ts'

const schema = z.strictObject({
  /** How much of the cores the container may use; 1 is one whole core. */
  cores: z.number().min(0.01).max(64).default(0.05),
})

export const cpu: FaultKind<z.output<typeof schema>> = {
  type: 'cpu',
  family: 'container',
  schema,
  aims: ANY_PART,
  effects: ['may-take-part-away', 'slows-part'],
  about: 'Lets the container use a small share of a core only: an overloaded machine that still answers, but late.',
  describe: ({ cores }, parts) => `limit ${namesOf(parts)} to ${cores} cores`,
  refusal: ({ cores }, parts, world, signal) =>
    refuseUnless(['running'], parts, world, signal, async ({ name, service }) => {
      const had = coresOf(await world.containers.facts(service, signal))
      return had !== null && had <= cores ? `${name} is limited to ${had} cores already: ask for less than that` : null
    }),
  async inject({ cores }, parts, { world, defer }, signal) {
    const { containers } = world
    for (const { service } of parts) {
      const facts = await containers.facts(service, signal)
      const { name, nanoCpus, cpuQuotaMicros } = facts
      await defer({ type: 'restore-cpu', params: { service, name, nanoCpus, cpuQuotaMicros } })
      await containers.limitCpu(service, limitFor(cores, facts), signal)
    }
    const proofs: string[] = []
    for (const { name, service } of parts) {
      const now = coresOf(await containers.facts(service, signal))
      if (now === null || Math.abs(now - cores) > 0.001)
        throw new FaultError(`Docker has ${name} at ${now ?? 'all'} cores`)
      const kernel = await readCgroup(service, world, signal)
      const seen = kernel?.cpuQuotaMicros == null ? '' : `, the kernel a quota of ${kernel.cpuQuotaMicros} µs a period`
      const held = kernel?.throttled ? ` (held back in ${kernel.throttled} so far)` : ''
      proofs.push(`Docker has ${name} at ${now} cores${seen}${held}`)
    }
    return { ...was(`limited to ${cores} cores`), proof: proofs.join('; ') }
  },
}

const DEFAULT_PERIOD_MICROS = 100_000

/** What a container is limited to; null when to nothing. */
function coresOf({ nanoCpus, cpuQuotaMicros, cpuPeriodMicros }: ContainerFacts): number | null {
  if (nanoCpus > 0) return nanoCpus / 1e9
  return cpuQuotaMicros > 0 ? cpuQuotaMicros / (cpuPeriodMicros || DEFAULT_PERIOD_MICROS) : null
}

/** A quota can be taken back, a number of cores cannot: that one only where the container has it already. */
function limitFor(cores: number, { nanoCpus, cpuPeriodMicros }: ContainerFacts): CpuLimit {
  if (nanoCpus > 0) return { type: 'cores', nanoCpus: Math.round(cores * 1e9) }
  return { type: 'quota', quotaMicros: Math.round(cores * (cpuPeriodMicros || DEFAULT_PERIOD_MICROS)) }
}

const cpuBefore = z.strictObject({
  service: containerName,
  /** The container's own. */
  name: containerName,
  /** As in ContainerFacts: 0 is no limit. */
  nanoCpus: z.int().nonnegative(),
  cpuQuotaMicros: z.int().nonnegative(),
})

/** Gives a container the CPU limit back that it had. The limit is the container's own: it outlives a restart. */
export const restoreCpu: UndoKind<z.output<typeof cpuBefore>> = {
  type: 'restore-cpu',
  schema: cpuBefore,
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
