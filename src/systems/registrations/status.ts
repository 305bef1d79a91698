import { columns, latency } from '../../draw/format.ts'
import { fresh } from '../../model/seen.ts'
import type { State } from '../../model/state.ts'
import type { SystemStatus } from '../operated.ts'
import { registrationsOf, shapeOf } from './known.ts'

/** How the registrations stand: each shard, what the master has of it, and each application. */
export function statusOf(state: State): SystemStatus {
  const { master, apps } = registrationsOf(state)
  const { shards: names, apps: applications } = shapeOf(state.lab)
  const shards = names.map((name) => toShard(state, name))
  const told = applications.map((name) => {
    const seen = apps[name]
    return { name, way: fresh(seen)?.way ?? null, troubles: fresh(seen)?.troubles ?? null, error: seen?.error ?? null }
  })
  return {
    json: { master: { rows: fresh(master)?.rows ?? null, error: master.error }, shards, apps: told },
    lines: [
      fresh(master) === null ? `master: unreachable (${master.error ?? 'no answer'})` : 'master: answers',
      ...told.map(({ name, way, troubles, error }) =>
        way === null
          ? `${name}: unreachable (${error ?? 'no answer'})`
          : `${name}: by the way ${way}${tellTroubles(troubles ?? {})}`,
      ),
      ...columns([
        ['shard', 'rows', 'unsynced', 'oldest', 'p99', 'at master', 'slot'],
        ...shards.map(({ name, total, unsynced, oldestMs, lagMs, atMaster, slot, error }) => [
          name,
          total === null ? `unreachable (${error ?? 'no answer'})` : String(total),
          String(unsynced ?? '–'),
          oldestMs === null ? '–' : latency(oldestMs),
          lagMs === null ? '–' : latency(lagMs.p99),
          String(atMaster ?? '–'),
          slot === null ? '' : slot.isActive ? 'active' : 'not listened to',
        ]),
      ]),
    ],
  }
}

function tellTroubles(troubles: Readonly<Record<string, string>>): string {
  const each = Object.entries(troubles).map(([server, trouble]) => `${server} ${trouble}`)
  return each.length === 0 ? '' : `, ${each.join(', ')}`
}

function toShard(state: State, name: string) {
  const { shards, master } = registrationsOf(state)
  const seen = shards[name]?.seen
  const reading = fresh(seen)
  return {
    name,
    total: reading?.total ?? null,
    unsynced: reading?.unsynced ?? null,
    oldestMs: reading?.oldestMs ?? null,
    lagMs: reading?.lagMs ?? null,
    slot: reading?.slot ?? null,
    atMaster: fresh(master) === null ? null : (fresh(master)?.rows[name] ?? 0),
    error: seen?.error ?? null,
  }
}
