import type { State } from '../../model/state.ts'
import { shardsOf } from './known.ts'
import { vectorsIn } from './shape.ts'

/** What would remain if these services were gone now, a sentence a line. */
export function whatRemains(state: State, services: readonly string[]): readonly string[] {
  const { lab } = state
  const shape = vectorsIn(lab)
  const isGone = (part: string) => services.includes(lab?.containerOf[part] ?? '')
  const gateways = shape?.gateways ?? []
  const stores = shape?.nodes ?? []
  const gone = (shape?.vectorNodes ?? []).filter((node, at) => isGone(node) || isGone(stores[at] ?? ''))
  const etcd = shape?.etcd ?? []
  const left = etcd.filter((member) => !isGone(member)).length
  return [
    ...(gateways.length > 0 && gateways.every(isGone) ? ['No gateway would be left: no client gets through.'] : []),
    ...shardsOf(state).flatMap(({ id, members }) => {
      if (!members.some(({ node }) => gone.includes(node))) return []
      const alive = members.filter(({ node, isHealthy }) => isHealthy !== false && !gone.includes(node)).length
      return [`${id} would have ${alive} of ${members.length} copies.`]
    }),
    ...(etcd.some(isGone) ? [`${left} of ${etcd.length} members of etcd would be left, which keeps the map.`] : []),
  ]
}
