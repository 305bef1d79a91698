import { z } from 'zod'
import { hadIts } from '../../model/predicate.ts'
import { stateWords } from '../../model/words.ts'
import { FaultError, type FaultKind, type FaultScope, type UndoKind } from '../fault.ts'
import { toolsImage } from '../network/side.ts'
import { namesOf, type Part } from '../part.ts'
import type { World } from '../world.ts'
import { findDisk, readDiskLimit, setDiskLimit } from './disk-limit.ts'

const schema = z.strictObject({
  /** Reading and writing, each. What PostgreSQL finds in the page cache is as fast as ever. */
  kibPerSecond: z.int().min(16).max(1_048_576).default(256),
})

export const slowDisk: FaultKind<z.output<typeof schema>> = {
  type: 'slow-disk',
  family: 'disk',
  schema,
  aims: ['node'],
  effects: ['may-take-part-away', 'slows-part'],
  about: 'Slows the disk of one container down: every commit waits for its fsync, and nothing looks broken.',
  describe: ({ kibPerSecond }, parts) => `slow the disk of ${namesOf(parts)} down to ${kibPerSecond} KiB/s`,
  async refusal(_params, parts, world, signal) {
    for (const { name, service } of parts) {
      const { state } = await world.containers.facts(service, signal)
      if (state !== 'running') return `${name} ${stateWords(state)}`
      try {
        const { limit } = await findDisk(service, world, signal)
        if (limit !== '') return `the disk of ${name} is limited already (${limit})`
      } catch (error) {
        signal.throwIfAborted()
        return `the disk of ${name} cannot be slowed down: ${(error as Error).message}`
      }
    }
    return null
  },
  async inject({ kibPerSecond }, parts, scope, signal) {
    const proofs = await Promise.all(parts.map((part) => slow(part, kibPerSecond * 1024, scope, signal)))
    return { ...hadIts(`disk slowed down to ${kibPerSecond} KiB/s`), proof: proofs.join('; ') }
  },
}

async function slow(
  { name, service }: Part,
  bytesPerSecond: number,
  { world, defer }: FaultScope,
  signal: AbortSignal,
): Promise<string> {
  const { device } = await findDisk(service, world, signal)
  await defer({ type: 'quicken-disk', params: { service, device } })
  const limit = await setDiskLimit(service, device, bytesPerSecond, world, signal)
  if (!limit.includes(String(bytesPerSecond))) throw new FaultError(`the kernel took no limit for ${name}: ${limit}`)
  return `the kernel limits ${name} to ${limit} bytes/s`
}

const limitedDisk = z.strictObject({ service: z.string(), device: z.string().regex(/^\d+:\d+$/) })

/** Takes the limit of a disk away. The limit ends with the container: one that does not run has none. */
export const quickenDisk: UndoKind<z.output<typeof limitedDisk>> = {
  type: 'quicken-disk',
  schema: limitedDisk,
  async perform({ service, device }, world, signal) {
    if (await isAlive(service, world, signal)) await setDiskLimit(service, device, null, world, signal)
  },
  async remains({ service, device }, world, signal) {
    if (!(await isAlive(service, world, signal))) return null
    const limit = await readDiskLimit(service, device, world, signal)
    return limit === '' ? null : `the disk of ${service} is still limited (${limit})`
  },
  byHand({ service, device }, world) {
    const name = world.containers.commandFor('stop', service).split(' ').at(-1)
    const folder = `/sys/fs/cgroup/blkio/docker/$(docker inspect -f '{{.Id}}' ${name})`
    return `docker run --rm --user root -v ${folder}:/limits ${toolsImage(world)} bash -c 'for way in read write; do echo ${device} 0 > /limits/blkio.throttle.\${way}_bps_device; done'`
  },
}

async function isAlive(service: string, { containers }: World, signal: AbortSignal): Promise<boolean> {
  const { state } = await containers.facts(service, signal)
  return state === 'running' || state === 'paused'
}
