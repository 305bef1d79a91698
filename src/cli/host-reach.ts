import { listContainers } from '../docker/containers.ts'
import { execIn } from '../docker/exec.ts'
import { hasOverlay, type OpenedHost } from '../docker/swarm.ts'
import type { LabDefinition } from '../lab/definition.ts'
import { openMachines } from './host-machines.ts'

/** What to do where hosts are in one network, all run, and nothing of one reaches the other. */
export const UNREACHED_ADVICE =
  'open TCP and UDP 7946 and UDP 4789 between the hosts; if they are, restart Docker on each host: their engines may hold keys of an earlier swarm, as after a down and an up right after it'

/**
 * Which host's containers do not reach those of which other over the network of all, a line each: engines answer all the
 * same. A container of one asks for a port of the other that nobody has: a refusal is an answer. Of what cannot be asked
 * nothing is told.
 */
export async function findUnreached(
  { docker, compose }: Pick<LabDefinition, 'docker' | 'compose'>,
  machines: readonly OpenedHost[],
): Promise<string[]> {
  const overlay = compose?.overlay
  if (docker === undefined || overlay === undefined) return []
  const found = await Promise.all(
    machines.map(async (one) => {
      if (!(await hasOverlay(one, overlay).catch(() => false))) return undefined
      const listed = await listContainers(one.engine, docker).catch(() => [])
      return listed.flatMap(({ container: { id, state, addresses = [] } }) => {
        return state === 'running' ? addresses.map((address) => ({ ...one, id, address })) : []
      })[0]
    }),
  )
  const ends = found.filter((each) => each !== undefined)
  const pairs = ends.flatMap((from) => ends.filter((to) => to !== from).map((to) => ({ from, to })))
  const lines = await Promise.all(
    pairs.map(async ({ from, to }) => {
      const command = ['timeout', '2', 'bash', '-c', `exec 3<> /dev/tcp/${to.address}/9`]
      const said = await execIn(from.engine, from, command, {}).catch(() => null)
      return said?.code === TIMED_OUT
        ? [`what runs on ${from.host.name} does not reach what runs on ${to.host.name}`]
        : []
    }),
  )
  return lines.flat()
}

/** Of `timeout`, which is sooner than that nobody on the way knows the address. */
const TIMED_OUT = 124

/** The same with the hosts yet to be opened. */
export async function tellUnreached(definition: LabDefinition): Promise<string> {
  const machines = await openMachines(definition)
  try {
    const lines = await findUnreached(definition, machines.answering)
    return lines.length === 0 ? '' : `; ${lines.join('; ')}: ${UNREACHED_ADVICE}`
  } finally {
    machines.close()
  }
}
