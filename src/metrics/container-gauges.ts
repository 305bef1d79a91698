import type { Registry } from 'prom-client'
import type { ContainerState, State } from '../model/state.ts'
import { firstNames, OTHER } from './bounded.ts'
import { instrumentsIn } from './instruments.ts'

/** More services than any lab has; what comes beyond is not shown. */
const SERVICES_KEPT = 32

/** What each container of the lab uses, by Docker's own account; absent while the engine does not answer. */
export function containerGauges(registry: Registry): (state: State) => void {
  const instruments = instrumentsIn(registry)
  const gauge = (name: string, help: string) => instruments.gauge(`container_${name}`, help, ['service'])
  const running = gauge('running', 'Whether the container of a service runs: 1 or 0; a paused one does not')
  const cpu = gauge('cpu_cores', 'CPU that a container used in the latest second, in cores; absent while it is down')
  const memory = gauge(
    'memory_bytes',
    'Memory that a container holds, without the file cache that can be dropped, in bytes; absent while it is down',
  )
  const serviceOf = firstNames(SERVICES_KEPT)
  return ({ engine, containers }) => {
    const isHeard = engine.unreachableSinceMs === null
    const known = Object.entries(isHeard ? containers : {}).filter(([service]) => serviceOf(service) !== OTHER)
    const of = (value: (container: ContainerState) => number | null) =>
      known.map(([service, container]) => [{ service }, value(container)] as const)
    running.show(of(({ container }) => Number(container?.state === 'running')))
    cpu.show(of(({ cpuCores }) => cpuCores))
    memory.show(of(({ memoryBytes }) => memoryBytes))
  }
}
