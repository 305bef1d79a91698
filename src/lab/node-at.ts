import type { LiveState } from '../log/live-state.ts'
import type { LabShape } from '../model/events.ts'
import type { State } from '../model/state.ts'

/**
 * Which node has an address: by Docker's word, as whoever comes through a published port finds another address there,
 * and on several hosts several nodes may have that; else as the nodes themselves have said. The address itself while
 * nobody has. Asked for every operation, so an answer is kept while what it rests on is the same.
 */
export function nodeAt(
  live: Pick<LiveState, 'current'>,
  { nodes, containerOf }: LabShape,
): (address: string) => string {
  const known = new Map<string, string>()
  let seen: Pick<State, 'nodes' | 'containers'> | null = null

  const find = (address: string, { nodes: said, containers }: Pick<State, 'nodes' | 'containers'>): string => {
    const isItsOwn = (name: string) =>
      containers[containerOf[name] ?? '']?.container?.addresses?.includes(address) === true
    const isSaid = (name: string) => said[name]?.postgres.value?.address === address
    return nodes.find(isItsOwn) ?? nodes.find(isSaid) ?? address
  }
  return (address) => {
    const now = live.current()
    if (now.nodes !== seen?.nodes || now.containers !== seen.containers) known.clear()
    seen = now
    const name = known.get(address) ?? find(address, now)
    known.set(address, name)
    return name
  }
}
