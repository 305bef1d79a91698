import type { FaultContainers, World } from '../faults/world.ts'
import type { Clock } from '../log/clock.ts'
import type { LiveState } from '../log/live-state.ts'
import type { LabShape } from '../model/events.ts'
import { undoKinds } from '../systems/fault-kinds.ts'
import { partsOf } from '../systems/parts.ts'
import { worldOfOne } from '../systems/several.ts'
import type { LabDefinition } from './definition.ts'
import { labMark } from './journal-folder.ts'

/** What faults can see and touch of a lab. */
export function faultWorld(
  definition: LabDefinition,
  shape: LabShape,
  containers: FaultContainers,
  { live, clock }: { readonly live: Pick<LiveState, 'current' | 'until'>; readonly clock: Clock },
): World {
  const { system, place, instances, hosts } = definition
  const base = {
    parts: partsOf(shape),
    missing: place.missing(shape),
    hosts,
    clock,
    state: () => live.current(),
    until: (predicate, signal) => live.until(predicate, signal),
    containers,
    toolsImage: definition.docker?.tools ?? definition.compose?.image?.tag ?? null,
    mark: labMark(definition),
    system,
    undoKinds,
    control: place.control,
  } satisfies Omit<World, 'of' | 'within'>
  const own = new Map(
    instances.flatMap((one) =>
      one.name === null ? [] : [[one.name, worldOfOne(base, one.name, one.system, one.place)]],
    ),
  )
  const world: World = {
    ...base,
    of: (name) => own.get(name) ?? world,
    within(parts) {
      const names = Object.entries(shape.instances ?? {}).filter(([name, { containerOf }]) =>
        parts.some((part) => part === name || part in containerOf),
      )
      return names.length === 1 ? world.of(names[0]?.[0] ?? '') : world
    },
  }
  return world
}
