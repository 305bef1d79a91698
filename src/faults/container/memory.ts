import { z } from 'zod'
import { NO_MEMORY_LIMIT } from '../../docker/limits.ts'
import { was } from '../../model/predicate.ts'
import { factsIfThere } from '../facts-if-there.ts'
import { FaultError, type FaultKind, type UndoKind } from '../fault.ts'
import { ANY_PART, namesOf, type Part } from '../part.ts'
import type { World } from '../world.ts'
import { containerName } from './container-name.ts'
import { readCgroup } from './read-cgroup.ts'
import { refuseUnless } from './refuse-unless.ts'

const MIB = 2 ** 20

const schema = z.strictObject({
  /**
   * The limit. Where the kernel cannot take back what is in use above it (cgroup v1), it is set as little above that
   * as the kernel allows. Default: the least that Docker takes, so that the container has nothing to spare.
   */
  mib: z
    .int()
    .min(6)
    .max(1024 * 1024)
    .default(6),
})

export const memory: FaultKind<z.output<typeof schema>> = {
  type: 'memory',
  family: 'container',
  schema,
  aims: ANY_PART,
  effects: ['may-take-part-away', 'slows-part', 'over-when-running'],
  about:
    'Limits the memory of the container to what it uses now or less, so that the OOM killer ends what asks for more.',
  describe: ({ mib }, parts) => `limit the memory of ${namesOf(parts)} to ${mib} MiB`,
  refusal: ({ mib }, parts, world, signal) =>
    refuseUnless(['running'], parts, world, signal, async ({ name, service }) => {
      const { memoryBytes } = await world.containers.facts(service, signal)
      const isLess = memoryBytes > 0 && memoryBytes <= mib * MIB
      return isLess ? `${name} is limited to ${toMib(memoryBytes)} already: ask for less than that` : null
    }),
  async inject({ mib }, parts, { world, defer }, signal) {
    const squeezed: Squeezed[] = []
    for (const part of parts) {
      const { service } = part
      const { name, memoryBytes, memorySwapBytes } = await world.containers.facts(service, signal)
      await defer({ type: 'start-again', params: { service } })
      await defer({ type: 'restore-memory', params: { service, name, memoryBytes, memorySwapBytes } })
      squeezed.push(await squeeze(part, mib * MIB, world, signal))
    }
    const untilMs = world.clock.nowMs() + STRIKES_WITHIN_MS
    const told: Told[] = []
    for (const each of squeezed) told.push(await untilStruck(each, untilMs, world, signal))
    const limits = [...new Set(squeezed.map(({ limitBytes }) => toMib(limitBytes)))].join(', ')
    const struck = told.some(({ hasStruck }) => hasStruck) ? ', and the OOM killer struck' : ''
    return {
      ...was(`limited to ${limits} of memory${struck}`),
      proof: told.map(({ proof }) => proof).join('; '),
      isSeenByDocker: told.every(({ hasEnded }) => hasEnded),
    }
  },
}

/** Time for something in it to ask for more; the limit is in force whether or not it does. */
const STRIKES_WITHIN_MS = 5_000
const ENDS_WITHIN_MS = 1_000
const POLL_MS = 250
const PAGE_BYTES = 4_096
const STEP = 1.03
const STEPS = 12

interface Squeezed {
  readonly part: Part
  readonly limitBytes: number
  readonly oomKillsBefore: number | null
}

/** Sets the limit, or the least above it that the kernel takes: v1 refuses one that it cannot reclaim down to. */
async function squeeze(part: Part, bytes: number, world: World, signal: AbortSignal): Promise<Squeezed> {
  const { containers } = world
  const before = await readCgroup(part.service, world, signal)
  const set = async (memoryBytes: number): Promise<Squeezed | null> => {
    const limitBytes = Math.ceil(memoryBytes / PAGE_BYTES) * PAGE_BYTES
    try {
      await containers.limitMemory(part.service, { memoryBytes: limitBytes, memorySwapBytes: limitBytes }, signal)
      return { part, limitBytes, oomKillsBefore: before?.oomKills ?? null }
    } catch (error) {
      if ((error as { statusCode?: unknown }).statusCode !== 500) throw error
      return null
    }
  }
  const asked = await set(bytes)
  if (asked !== null) return asked
  for (let step = 0; step < STEPS; step++) {
    const held = (await readCgroup(part.service, world, signal))?.heldBytes ?? null
    if (held === null) throw new FaultError(`${part.name} uses more than ${toMib(bytes)}, and how much cannot be read`)
    const done = await set(Math.max(bytes, held) * STEP ** step)
    if (done !== null) return done
  }
  throw new FaultError(
    `the kernel could not take back enough memory of ${part.name} for any limit near ${toMib(bytes)}`,
  )
}

interface Told {
  readonly proof: string
  readonly hasStruck: boolean
  readonly hasEnded: boolean
}

async function untilStruck(
  { part, limitBytes, oomKillsBefore }: Squeezed,
  untilMs: number,
  world: World,
  signal: AbortSignal,
): Promise<Told> {
  const { name, service } = part
  let struckMs: number | null = null
  for (;;) {
    const { state, memoryBytes, wasOomKilled } = await world.containers.facts(service, signal)
    if (memoryBytes !== limitBytes) throw new FaultError(`the limit of ${name} is not in force`)
    if (state !== 'running') {
      if (!wasOomKilled) throw new FaultError(`${name} has ended (${state}), and not by the OOM killer`)
      return { proof: `Docker says ${state}, OOMKilled`, hasStruck: true, hasEnded: true }
    }
    const now = await readCgroup(service, world, signal)
    const kills = (now?.oomKills ?? 0) - (oomKillsBefore ?? 0)
    if (kills > 0) struckMs ??= world.clock.nowMs()
    // The container may go with the process that was ended.
    if (struckMs !== null && world.clock.nowMs() >= struckMs + ENDS_WITHIN_MS) {
      const proof = `the kernel counts ${kills} ended for want of memory in ${name}, at a limit of ${toMib(limitBytes)}`
      return { proof, hasStruck: true, hasEnded: false }
    }
    if (struckMs === null && world.clock.nowMs() >= untilMs) {
      const held = now?.heldBytes == null ? '' : `, ${toMib(now.heldBytes)} of it in use`
      const limit = now?.memoryLimitBytes ?? memoryBytes
      if (limit !== limitBytes) throw new FaultError(`the kernel has ${name} at ${toMib(limit)}`)
      return { proof: `the limit of ${name} is ${toMib(limit)}${held}`, hasStruck: false, hasEnded: false }
    }
    await world.clock.sleep(POLL_MS, signal)
  }
}

function toMib(bytes: number): string {
  return `${Math.round((bytes / MIB) * 10) / 10} MiB`
}

const memoryBefore = z.strictObject({
  service: containerName,
  /** The container's own. */
  name: containerName,
  /** As in ContainerFacts: 0 is no limit. */
  memoryBytes: z.int().nonnegative(),
  memorySwapBytes: z.int().min(-1),
})

/** Gives a container the memory limit back that it had. The limit is the container's own: it outlives a restart. */
export const restoreMemory: UndoKind<z.output<typeof memoryBefore>> = {
  type: 'restore-memory',
  schema: memoryBefore,
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
