import type { Way } from './config.ts'
import type { Database } from './database.ts'
import { findSections, findStudents, type Shard, shardOf } from './directory.ts'
import type { Journal } from './journal.ts'
import { listRegistrations } from './listing.ts'
import { registerAtOnce, registerByLooking } from './register.ts'
import type { RegisterOutcome, Registrations, Request, SyncOutcome } from './registrations.ts'
import { readState } from './state.ts'
import { resync, syncByFdw } from './sync.ts'
import { ServerTrouble } from './trouble.ts'

export interface Parts {
  readonly way: Way
  readonly master: Database
  readonly shards: readonly Shard[]
  readonly journal: Journal
  readonly now: () => Date
}

/** Students, sections and registrations over the servers, by one of the two ways. */
export function createService({ way, master, shards, journal, now }: Parts): Registrations {
  const isNaive = way === 'fdw'
  const sync = async (): Promise<SyncOutcome> => {
    const started = performance.now()
    const outcome = await (isNaive ? syncByFdw(master, shards) : resync(master, shards))
    const tookMs = Math.round(performance.now() - started)
    journal.add({ type: 'sync', tookMs, ...told(outcome) })
    return outcome
  }
  return {
    way,
    findStudents: (query) => findStudents(shards, query),
    sections: (student) =>
      findSections(student === null ? shards : shards.filter((s) => s === shardOf(shards, student))),
    async register(request) {
      const outcome = await tried(isNaive ? registerByLooking : registerAtOnce, shards, request)
      // The seed's application asks for the sync itself, after each registration.
      return isNaive && outcome.type === 'registered' ? { ...outcome, sync: await sync() } : outcome
    },
    list: (filter) => listRegistrations(master, shards, filter),
    sync,
    state: async () => ({ ...(await readState(way, master, shards, now)), events: journal.entries }),
  }
}

async function tried(
  register: typeof registerAtOnce,
  shards: readonly Shard[],
  request: Request,
): Promise<RegisterOutcome> {
  try {
    return await register(shards, request)
  } catch (error) {
    if (error instanceof ServerTrouble) return { type: 'trouble', trouble: error.trouble }
    throw error
  }
}

function told(outcome: SyncOutcome): { readonly result: string; readonly brought: number } {
  switch (outcome.type) {
    case 'brought':
      return { result: 'brought', brought: outcome.brought }
    case 'failed':
      return { result: outcome.cause.type, brought: 0 }
    case 'compared': {
      const brought = outcome.mended.reduce((sum, { missing }) => sum + missing, 0)
      return { result: outcome.failed[0]?.cause.type ?? 'compared', brought }
    }
  }
}
