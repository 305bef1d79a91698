import type { Neighbour } from '../../../docker/neighbours.ts'
import type { Address } from '../../../model/address.ts'
import { discoverEtcd, type FoundEtcd } from './discover-etcd.ts'
import { discoverHaproxy, type FoundHaproxy } from './discover-haproxy.ts'
import { discoverMembers, type FoundMember } from './discover-members.ts'

/** What could be learned of a cluster from the address of one of its nodes; null where nothing was found. */
export interface Discovered {
  readonly scope: string
  readonly members: readonly FoundMember[]
  readonly etcd: FoundEtcd | null
  readonly haproxy: FoundHaproxy | null
}

/**
 * Looks for all that a lab definition has to say: Patroni's members by its REST API, their containers by their addresses,
 * etcd and HAProxy among the containers beside them and on the ports that they usually have. Asks and connects, and
 * changes nothing.
 * @throws {Error} what answers at `from` is not Patroni
 */
export async function discover(
  from: Address,
  neighbours: readonly Neighbour[],
  signal: AbortSignal,
): Promise<Discovered> {
  const { scope, members } = await discoverMembers(from, neighbours, signal)
  const taken = members.flatMap(({ container }) => (container === null ? [] : [container.name]))
  const networks = new Set(members.flatMap(({ container }) => container?.networks ?? []))
  const beside = neighbours.filter(
    ({ name, networks: its }) => !taken.includes(name) && its.some((each) => networks.has(each)),
  )
  const hosts = [...new Set([from.host, ...members.map(({ host }) => host)])]
  const [etcd, haproxy] = await Promise.all([
    discoverEtcd({ scope, hosts, neighbours: beside }, signal),
    discoverHaproxy({ members, hosts, neighbours: beside }, signal),
  ])
  return { scope, members, etcd, haproxy }
}
