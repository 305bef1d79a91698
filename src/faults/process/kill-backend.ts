import { FaultError, type FaultKind, noSettings } from '../fault.ts'
import { namesOf } from '../part.ts'
import type { World } from '../world.ts'
import { clientBackends, type Served } from './find-process.ts'
import { killProcess } from './kill-process.ts'
import { processRefusal } from './process-refusal.ts'
import { listProcesses, type Process } from './processes.ts'

export const killBackend: FaultKind = {
  type: 'kill-backend',
  family: 'process',
  schema: noSettings,
  aims: ['node'],
  effects: ['may-take-part-away', 'restarts-postgres', 'over-at-once'],
  about:
    'Kills the backend of one client (SIGKILL): PostgreSQL cannot know what it left in shared memory, ends every session, and recovers.',
  describe: (_params, parts) => `kill a client backend of ${namesOf(parts)}`,
  async refusal(_params, parts, world, signal) {
    return processRefusal(parts, { what: 'client session', find: await finder(world, signal) }, world, signal)
  },
  async inject(_params, parts, { world }, signal) {
    const find = await finder(world, signal)
    const proofs: string[] = []
    for (const part of parts) {
      const found = find(await listProcesses(part.service, world, signal))
      if (found === null) throw new FaultError(`no client has a session on ${part.name} at this moment`)
      await killProcess(part, found, world, signal)
      proofs.push(`process ${found.pid} on ${part.name} (${found.commandLine}) is gone`)
    }
    return { text: 'had a client backend killed', proof: proofs.join('; ') }
  },
}

/** Of sessions from elsewhere, for Patroni's own are local: one through a proxy rather than the lab's, and a busy one. */
async function finder({ parts, containers }: World, signal: AbortSignal) {
  const proxies: string[] = []
  for (const { kind, service } of parts) {
    if (kind === 'proxy') proxies.push(...(await containers.facts(service, signal)).addresses)
  }
  const rank = ({ address, isBusy }: Served) => (proxies.includes(address ?? '') ? 2 : 0) + Number(isBusy)
  return (processes: readonly Process[]): Process | null => {
    const remote = clientBackends(processes).filter(({ address }) => address !== null && !LOCAL.test(address))
    return remote.toSorted((a, b) => rank(b) - rank(a))[0]?.process ?? null
  }
}

const LOCAL = /^(127\.|::1$)/
