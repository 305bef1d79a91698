import { z } from 'zod'
import type { UndoKind } from '../fault.ts'
import { toolsImage } from '../network/side.ts'
import type { World } from '../world.ts'
import { readDiskLimit, setDiskLimit } from './disk-limit.ts'

const schema = z.strictObject({ service: z.string(), device: z.string().regex(/^\d+:\d+$/) })

/** Takes the limit of a disk away. The limit ends with the container: one that does not run has none. */
export const quickenDisk: UndoKind<z.output<typeof schema>> = {
  type: 'quicken-disk',
  schema,
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
