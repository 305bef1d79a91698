import { z } from 'zod'
import { hadIts } from '../../model/predicate.ts'
import { FaultError, type FaultKind, type FaultScope } from '../fault.ts'
import type { Part } from '../part.ts'
import { findDisk, setDiskLimit } from './disk-limit.ts'

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
  describe: ({ kibPerSecond }, parts) =>
    `slow the disk of ${parts.map((part) => part.name).join(', ')} down to ${kibPerSecond} KiB/s`,
  async refusal(_params, parts, world, signal) {
    for (const { name, service } of parts) {
      const { state } = await world.containers.facts(service, signal)
      if (state !== 'running') return `${name} is ${state}`
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
