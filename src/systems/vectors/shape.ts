import type { LabShape } from '../../model/events.ts'
import { containersOf } from '../place.ts'
import type { VectorsSections } from './definition.ts'

/** The names of a vector store's parts, and what makes it whole. */
interface VectorsShape extends LabShape {
  readonly gateways: readonly string[]
  readonly vectorNodes: readonly string[]
  readonly etcd: readonly string[]
  readonly shards: number
  readonly copies: number
}

export function shapeOf(name: string, { vectors }: VectorsSections): VectorsShape {
  const { gateways, nodes, etcd, shards, copies } = vectors
  const stores = nodes.flatMap(({ store }) => store ?? [])
  return {
    name,
    system: 'vectors',
    nodes: stores.map((store) => store.name),
    // What one of them takes is no other's business.
    groupOf: Object.fromEntries(stores.map((store) => [store.name, store.name])),
    containerOf: containersOf([...gateways, ...nodes, ...stores, ...etcd]),
    gateways: gateways.map((each) => each.name),
    vectorNodes: nodes.map((each) => each.name),
    etcd: etcd.map((each) => each.name),
    shards,
    copies,
  }
}

/** Of a lab that is a vector store. */
export function vectorsIn(lab: LabShape | null): VectorsShape | null {
  return lab?.system === 'vectors' ? (lab as VectorsShape) : null
}
