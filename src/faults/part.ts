import type { State } from '../model/state.ts'

/** What a fault can be aimed at: one part of the lab, with a container behind it. */
export interface Part {
  /** As the lab definition names it: `patroni1`, `etcd2`, `haproxy`. */
  readonly name: string
  readonly kind: PartKind
  /** Its container, by the name that the container has within the lab's scope. */
  readonly service: string
}

/** `other`: a container within the lab's scope that no part stands on, as that of Prometheus. */
export type PartKind = 'node' | 'etcd' | 'proxy' | 'other'

/** Everything that has a container, the parts of the lab first. */
export function partsAndOthers(parts: readonly Part[], { containers }: State): readonly Part[] {
  const services = Object.keys(containers).filter((name) => !parts.some(({ service }) => service === name))
  return [...parts, ...services.sort().map((name): Part => ({ name, kind: 'other', service: name }))]
}
