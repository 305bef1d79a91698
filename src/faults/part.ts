/** What a fault can be aimed at: one part of the lab, with a container behind it. */
export interface Part {
  /** As the lab definition names it: `patroni1`, `etcd2`, `haproxy`. */
  readonly name: string
  readonly kind: PartKind
  /** Its container, by the name that the container has within the lab's scope. */
  readonly service: string
}

export type PartKind = 'node' | 'etcd' | 'proxy'
