import { hadIts } from '../../model/predicate.ts'
import { FaultError, type FaultKind, noSettings } from '../fault.ts'
import { namesOf } from '../part.ts'
import { findPostmaster } from './find-process.ts'
import { killProcess } from './kill-process.ts'
import { processRefusal } from './process-refusal.ts'
import { listProcesses } from './processes.ts'

const postmaster = { what: 'postmaster', find: findPostmaster }

export const killPostmaster: FaultKind = {
  type: 'kill-postmaster',
  family: 'process',
  schema: noSettings,
  aims: ['node'],
  effects: ['may-take-part-away', 'restarts-postgres', 'over-at-once'],
  about:
    'Kills the postmaster and nothing else (SIGKILL): its children end by themselves, and Patroni starts PostgreSQL again where it was.',
  describe: (_params, parts) => `kill the postmaster of ${namesOf(parts)}`,
  refusal: (_params, parts, world, signal) => processRefusal(parts, postmaster, world, signal),
  async inject(_params, parts, { world }, signal) {
    const proofs: string[] = []
    for (const part of parts) {
      const found = findPostmaster(await listProcesses(part.service, world, signal))
      if (found === null) throw new FaultError(`there is no postmaster on ${part.name} at this moment`)
      await killProcess(part, found, world, signal)
      proofs.push(`process ${found.pid} on ${part.name} is gone`)
    }
    return { ...hadIts('postmaster killed'), proof: proofs.join('; ') }
  },
}
