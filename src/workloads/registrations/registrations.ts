import type { OwnWorkload } from '../workload.ts'
import { clientsOf } from './clients.ts'
import { REGISTRATIONS, sectionOf, TYPE } from './findings.ts'
import { FIGURES } from './judge.ts'
import { readBack } from './read-back.ts'
import { asking } from './read-servers.ts'
import { beginRegistrations } from './run.ts'

/** Students register for sections through the applications, and what became of each is read from shards and master. */
export const registrations: OwnWorkload = {
  type: TYPE,
  about: 'registers students for sections over HTTP, some twice at once, and looks registrations up',
  begin: beginRegistrations,
  rows: {
    table: 'registrations',
    place: 'registrations.request_id',
    from: 'all shards',
    altered: 'the registration is another',
  },
  async prepare(to, signal) {
    const { shards } = clientsOf(to)
    for (const shard of shards) await asking(to, shard, signal, (ask) => ask('SELECT FROM registrations LIMIT 0', []))
  },
  readBack,
  checks: [REGISTRATIONS],
  figures: FIGURES,
  section: sectionOf,
}
