import type { LabEvent } from '../../model/events.ts'
import { fresh, neverSeen, see } from '../../model/seen.ts'
import { type State as CoreState, keep } from '../../model/state.ts'
import { trackConvergence } from './convergence.ts'
import type { MasterReading } from './events.ts'
import { type LagPoint, noShard, type RegistrationsState, registrationsOf, type ShardSeen, shapeOf } from './known.ts'

const LAG_KEPT = 1_200

/** Takes in one event, given the state before it and what anybody makes of it. */
export function reduceRegistrations(before: CoreState, event: LabEvent, core: CoreState): CoreState {
  const was = registrationsOf(before)
  const seen = apply(was, event)
  const convergence = trackConvergence(was.convergence, {
    atMs: event.atMs,
    isWhole: isWhole(core, seen),
    shards: shapeOf(core.lab).shards.map((name) => (seen.shards[name] ?? noShard).seen),
  })
  if (seen === was && convergence === was.convergence) return core
  return { ...core, system: { ...seen, convergence } satisfies RegistrationsState }
}

function apply(known: RegistrationsState, event: LabEvent): RegistrationsState {
  switch (event.type) {
    case 'registrations.shard': {
      const { shard, reading, atMs } = event
      const was = known.shards[shard] ?? noShard
      const ms = reading.ok ? (reading.value.oldestMs ?? 0) : null
      const lag: readonly LagPoint[] = keep([...known.lag, { atMs, shard, ms }], LAG_KEPT)
      const shards = { ...known.shards, [shard]: { ...was, seen: see(was.seen, reading, atMs) } }
      return { ...known, shards, lag }
    }
    case 'registrations.master': {
      const master = see(known.master, event.reading, event.atMs)
      return event.reading.ok
        ? { ...known, master, shards: compared(known, event.reading.value) }
        : { ...known, master }
    }
    case 'registrations.app': {
      const seen = see(known.apps[event.app] ?? neverSeen, event.reading, event.atMs)
      return { ...known, apps: { ...known.apps, [event.app]: seen } }
    }
    default:
      return known
  }
}

/**
 * What the shards had marked before the master was asked has to be there now. What they were seen to mark since its
 * last answer may have been marked after it was asked: that is held against the next.
 */
function compared({ shards }: RegistrationsState, { rows }: MasterReading): Readonly<Record<string, ShardSeen>> {
  return Object.fromEntries(
    Object.entries(shards).map(([name, shard]) => {
      const { seen, markedBefore } = shard
      const { value } = seen
      const absent = markedBefore === null ? 0 : Math.max(0, markedBefore - (rows[name] ?? 0))
      return [name, { seen, absent, markedBefore: value === null ? null : value.total - value.unsynced }]
    }),
  )
}

function isWhole({ lab, faults }: CoreState, { shards, master, apps }: RegistrationsState): boolean {
  const { shards: names, apps: applications } = shapeOf(lab)
  return (
    faults.length === 0 &&
    fresh(master) !== null &&
    names.every((name) => fresh(shards[name]?.seen) !== null) &&
    applications.every((name) => fresh(apps[name]) !== null)
  )
}
