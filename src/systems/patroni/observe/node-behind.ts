import type { PatroniDefinition } from '../definition.ts'
import type { State } from '../state.ts'
import type { NodeOf } from './haproxy.ts'

/**
 * Which node a server of HAProxy leads to: as the lab definition says, else the node of the same name, else the one that
 * has its address, by Patroni's own word, by PostgreSQL's, or by the definition.
 */
export function nodeBehind(
  nodes: PatroniDefinition['patroni']['nodes'],
  state: () => Pick<State, 'cluster' | 'nodes'>,
): NodeOf {
  return ({ name, address }) => {
    const said = nodes.find(({ server }) => server === name) ?? nodes.find((node) => node.name === name)
    if (said !== undefined || address === null) return said?.name ?? null
    const { cluster, nodes: seen } = state()
    const [host = ''] = splitPort(address)
    const fitting = nodes.filter(({ name: node, postgres }) => {
      const member = cluster.value?.members.find((each) => each.name === node)
      return (
        (member !== undefined && isSame(address, member)) ||
        seen[node]?.postgres.value?.address === host ||
        isSame(address, postgres)
      )
    })
    // Two nodes behind one address (a port forwarder, say) are told apart by nothing.
    return fitting.length === 1 ? (fitting[0]?.name ?? null) : null
  }
}

function isSame(address: string, { host, port }: { readonly host: string; readonly port: number }): boolean {
  const [its, itsPort] = splitPort(address)
  return its === host && itsPort === String(port)
}

/** `10.0.0.1:5432`, `[fd00::1]:5432`. */
function splitPort(address: string): [host: string, port: string] {
  const colon = address.lastIndexOf(':')
  return [address.slice(0, colon).replace(/^\[|\]$/g, ''), address.slice(colon + 1)]
}
