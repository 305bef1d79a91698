import { z } from 'zod'
import type { Acted } from './act.ts'
import { type Engine, inspectContainer } from './engine.ts'
import type { Outcome } from './output.ts'
import { runSide, type SideOptions } from './start-side.ts'

export interface DiskOptions extends Omit<SideOptions, 'name' | 'vanishes'> {
  /** The target's own control group of block devices is at `/limits`, and nobody else's; it must run. Default false. */
  readonly hasLimits?: boolean
}

/**
 * Runs a command in a container of its own, without a network, that has the volumes of this container at the same
 * places. That one need not run, and needs no tools.
 * @throws {EngineError} there is no such image, the engine's host keeps control groups elsewhere, …
 */
export async function runOnDisk(
  engine: Engine,
  { id }: Acted,
  { hasLimits = false, ...options }: DiskOptions,
  signal?: AbortSignal,
): Promise<Outcome> {
  // As a mount, not as a bind: the engine would make a folder that is not there, and there that is a control group.
  const limits = hasLimits
    ? { Mounts: [{ Type: 'bind' as const, Source: await limitsFolder(engine, id, signal), Target: '/limits' }] }
    : {}
  return runSide(engine, 'none', options, signal, { VolumesFrom: [id], ...limits })
}

const infoSchema = z.object({ CgroupDriver: z.string().default('cgroupfs'), CgroupVersion: z.string().default('1') })
const parentSchema = z.object({ HostConfig: z.object({ CgroupParent: z.string().default('') }) })

/** Where the engine's host keeps the control group of a container (moby, daemon/oci_linux.go, WithCgroups). */
async function limitsFolder(engine: Engine, id: string, signal: AbortSignal | undefined): Promise<string> {
  const info = infoSchema.parse(await engine.call((docker) => docker.info(), { signal }))
  const parent = parentSchema.parse(await inspectContainer(engine, id, { signal })).HostConfig.CgroupParent
  const root = info.CgroupVersion === '2' ? '/sys/fs/cgroup' : '/sys/fs/cgroup/blkio'
  if (info.CgroupDriver === 'systemd') return `${root}/${parent || 'system.slice'}/docker-${id}.scope`
  return `${root}/${parent.replace(/^\//, '') || 'docker'}/${id}`
}
