import type { ContainerState } from '../model/state.ts'
import { observePartLogs } from '../observe/part-logs.ts'
import { observePostgres } from '../observe/postgres.ts'
import { observePostgresInside } from '../observe/postgres-inside.ts'
import { onEngine } from './hosts.ts'
import type { InstanceOptions, LabContainers } from './live-instance.ts'

/** A container that goes on for longer has not heeded it, or has a long way to go: its server is asked as any other is. */
const STOPPING_MS = 10_000

/** Starts what watches a system beside its clients: its own sources, its servers, and its containers where there are any. */
export function startObservers(options: InstanceOptions, signal: AbortSignal): readonly Promise<void>[] {
  const { definition, shape, containers, log, live, clock } = options
  const { postgres, system, place } = definition
  const to = { log, clock }
  return [
    ...place.observe({ ...to, shape, live, credentials: postgres }, signal),
    observePostgres({ ...to, nodes: place.servers, credentials: postgres }, signal),
    ...(containers
      ? [
          observeInside(containers, options, signal),
          ...containers.engines.map((engine) => {
            const names = onEngine(system.logged(shape), shape, engine)
            const parts = inContainers(names, shape).map(({ name, service }) => ({ part: name, service }))
            return observePartLogs(
              { ...to, live, containers: engine.containers, parts, isTelling: system.isTelling },
              signal,
            )
          }),
        ]
      : []),
  ]
}

function observeInside(
  containers: LabContainers,
  { shape, log, live, clock }: InstanceOptions,
  signal: AbortSignal,
): Promise<void> {
  const nodes = inContainers(shape.nodes, shape)
  const isCutOff = (node: string) => {
    const { nodes, containers } = live.current()
    return nodes[node]?.postgres.unreachableSinceMs != null && runs(containers[shape.containerOf[node] ?? ''])
  }
  const isStopping = (node: string) => {
    const state = live.current().containers[shape.containerOf[node] ?? '']
    return runs(state) && state?.toldToStopAtMs !== undefined && clock.nowMs() - state.toldToStopAtMs < STOPPING_MS
  }
  return observePostgresInside({ log, clock, containers, nodes, isCutOff, isStopping }, signal)
}

function inContainers(names: readonly string[], { containerOf }: Pick<InstanceOptions['shape'], 'containerOf'>) {
  return names.flatMap((name) => {
    const service = containerOf[name]
    return service === undefined ? [] : [{ name, service }]
  })
}

function runs(state: ContainerState | undefined): boolean {
  return state?.container?.state === 'running'
}
