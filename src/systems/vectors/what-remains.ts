import { isCurrent } from '../../model/sight.ts'
import type { State } from '../../model/state.ts'
import { shardsOf, vectorsOf } from './known.ts'
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
  const own = vectorsOf(state)
  const isHeard = (node: string) => isCurrent(own.nodes[node], state.atMs)
  // Nobody asks them, but a container that has ended or is paused is none that is left.
  const isRunning = (part: string) =>
    (state.containers[lab?.containerOf[part] ?? '']?.container?.state ?? 'running') === 'running'
  const left = etcd.filter((member) => !isGone(member) && isRunning(member)).length
  const open = gateways.filter((name) => !isGone(name) && isCurrent(own.gateways[name], state.atMs))
  return [
    ...(gateways.some(isGone) && open.length === 0
      ? [`No gateway would be left${gateways.every(isGone) ? '' : ' that answers'}: no client gets through.`]
      : []),
    ...shardsOf(state).flatMap(({ id, members }) => {
      if (!members.some(({ node }) => gone.includes(node))) return []
      const alive = members.filter(
        ({ node, isHealthy }) => isHealthy !== false && !gone.includes(node) && isHeard(node),
      ).length
      return [`${id} would have ${alive} of ${members.length} copies that answer.`]
    }),
    ...(etcd.some(isGone) ? [`${left} of ${etcd.length} members of etcd would be left, which keeps the map.`] : []),
  ]
}
