import type { Part } from '../faults/part.ts'
import type { FaultContainers, World } from '../faults/world.ts'
import type { Clock } from '../log/clock.ts'
import type { LiveState } from '../log/live-state.ts'
import { undoKinds } from '../systems/fault-kinds.ts'
import { etcdControl } from '../systems/patroni/control/etcd-control.ts'
import { patroniControl } from '../systems/patroni/control/patroni-control.ts'
import type { PatroniShape } from '../systems/patroni/events.ts'
import { systemOf } from '../systems/systems.ts'
import type { LabDefinition } from './definition.ts'
import { labMark } from './journal-folder.ts'

/** What faults can see and touch of a lab. */
export function faultWorld(
  definition: LabDefinition,
  shape: PatroniShape,
  containers: FaultContainers,
  { live, clock }: { readonly live: Pick<LiveState, 'current' | 'until'>; readonly clock: Clock },
): World {
  return {
    parts: partsOf(shape),
    clock,
    state: () => live.current(),
    until: (predicate, signal) => live.until(predicate, signal),
    containers,
    toolsImage: definition.docker?.tools ?? definition.compose?.image?.tag ?? null,
    mark: labMark(definition),
    system: systemOf(shape),
    undoKinds,
    patroni: patroniControl(definition.patroni),
    etcd: etcdControl(definition.etcd, definition.patroni.scope),
  }
}

/** The parts that have a container: only those can be aimed at. */
export function partsOf({ nodes, etcdMembers, containerOf }: PatroniShape): readonly Part[] {
  return Object.entries(containerOf).map(([name, service]) => ({
    name,
    service,
    kind: nodes.includes(name) ? 'node' : etcdMembers.includes(name) ? 'etcd' : 'proxy',
  }))
}
