import type { State } from '../model/state.ts'

/** What a fault can be aimed at: one part of the lab, with a container behind it. */
export interface Part {
  /** As the lab definition names it: `patroni1`, `etcd2`, `haproxy`. */
  readonly name: string
  readonly kind: PartKind
  /** Its container, by the name that the container has within the lab's scope. */
  readonly service: string
  /** The host that it is on, in a lab on several. */
  readonly host?: string
}

/** `patroni1, patroni2`. */
export function namesOf(parts: readonly Pick<Part, 'name'>[]): string {
  return parts.map(({ name }) => name).join(', ')
}

/** `app`: an application of the lab; `other`: a container within its scope that no part stands on, as that of Prometheus. */
export type PartKind = 'node' | 'etcd' | 'proxy' | 'app' | 'other'

/** Every part of a lab. */
export const ANY_PART = ['node', 'etcd', 'proxy', 'app'] as const satisfies readonly PartKind[]
/** Whatever has a container. */
export const ANY_CONTAINER = [...ANY_PART, 'other'] as const

/** What parts of one kind can be at a moment: `leader`, `replicas`. A role of several stands for all of them. */
export interface Role {
  readonly name: string
  readonly kind: PartKind
}

/** A part that the lab definition names and that is not there, with what brings it. */
export interface MissingPart extends Part {
  readonly how: string
  /** The compose profile that it is part of. */
  readonly profile?: string
}

/** Everything that has a container, the parts of the lab first. */
export function partsAndOthers(parts: readonly Part[], { containers }: State): readonly Part[] {
  const services = Object.keys(containers).filter((name) => !parts.some(({ service }) => service === name))
  return [...parts, ...services.sort().map((name): Part => ({ name, kind: 'other', service: name }))]
}
