import type { Seen } from '../../model/seen.ts'
import { isCurrent } from '../../model/sight.ts'
import type { State } from '../../model/state.ts'
import { registrationsOf, shapeOf } from './known.ts'

/** What would remain if these services were gone now, a sentence a line. */
export function whatRemains(state: State, services: readonly string[]): readonly string[] {
  const { master, shards, apps } = shapeOf(state.lab)
  const own = registrationsOf(state)
  const isGone = (part: string) => services.includes(state.lab?.containerOf[part] ?? '')
  const gone = shards.filter(isGone)
  const isNaive = Object.values(own.apps).some(({ value }) => value?.way === 'fdw')
  const isNobodyLeft = apps.length > 0 && apps.every(isGone)
  const seen: Readonly<Record<string, Seen<unknown> | undefined>> = {
    ...own.apps,
    ...Object.fromEntries(shards.map((name) => [name, own.shards[name]?.seen])),
    [master]: own.master,
  }
  // Of those that stay, whoever is silent may be gone as well.
  const silent = [...apps, ...shards, master].filter((part) => !isGone(part) && !isCurrent(seen[part], state.atMs))
  const isAnyGone = [...apps, ...shards, master].some(isGone)
  return [
    ...(isNobodyLeft ? ['Nobody registers: no application is left.'] : []),
    ...gone.map((name) => `Students of ${name} cannot register; those of the other shards can.`),
    ...(isNaive && gone.length > 0 && !isGone(master) ? ['No shard is brought to the master: all or none are.'] : []),
    ...(isGone(master) ? ['Every shard goes on registering; what it registers waits for the master.'] : []),
    ...(isNaive && isGone(master) ? ['What a shard has marked for a sync that is under way is lost.'] : []),
    ...(isAnyGone && silent.length > 0
      ? [`${silent.join(', ')} ${silent.length === 1 ? 'does' : 'do'} not answer now, and may be gone as well.`]
      : []),
  ]
}
