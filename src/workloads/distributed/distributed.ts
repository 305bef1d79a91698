import type { OwnWorkload } from '../workload.ts'
import { askAll } from './clients.ts'
import { CHECK, figuresOf, sectionOf } from './findings.ts'
import { type Kind, migrating, transferring } from './kinds.ts'
import { readBackDistributed } from './read-back.ts'
import { beginDistributed } from './run.ts'

export const transfers = distributed(transferring)
export const migrations = distributed(migrating)

/** Writes that are transactions over several databases, and must be in all of them or in none. */
function distributed(kind: Kind): OwnWorkload {
  return {
    type: kind.type,
    about: kind.about,
    begin: (run) => beginDistributed(kind, run),
    rows: {
      table: 'shard_executor_migrations',
      place: 'name',
      altered: 'it is another',
      from: 'all of its databases',
    },
    prepare: async (to, signal) => void (await askAll(to, [kind.tables], signal)),
    readBack: (run, signal) => readBackDistributed(kind, run, signal),
    checks: [CHECK],
    figures: figuresOf(kind),
    section: (told) => sectionOf(kind, told),
  }
}
