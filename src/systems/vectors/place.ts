import type { VectorsClients } from '../../workloads/vectors/clients.ts'
import { nameIsTaken } from '../definition-parts.ts'
import type { Place, Sections } from '../place.ts'
import type { VectorsSections } from './definition.ts'
import { observeServers } from './observe/observe.ts'
import { shapeOf } from './shape.ts'

/** The vector store that these sections describe. */
export function locate({ name, sections, wrong, secret }: Sections<VectorsSections>): Place {
  const { gateways, nodes, etcd, secret: from } = sections.vectors
  const stores = nodes.flatMap(({ store }) => store ?? [])
  const names = [...gateways, ...nodes, ...stores, ...etcd].map((part) => part.name)
  for (const [index, each] of names.entries()) if (names.indexOf(each) < index) wrong(['vectors'], nameIsTaken(each))
  const shape = shapeOf(name, sections)
  const clients: VectorsClients = { gateways, nodes, secret: secret(['vectors', 'secret'], from) }
  return {
    servers: stores.map((store) => ({ name: store.name, address: store.address })),
    doors: gateways.map((gateway) => ({ part: gateway.name, url: `${gateway.url}/health` })),
    shape,
    look: async () => shape,
    missing: () => [],
    // Its clients speak HTTP, and have ways of their own.
    routes: () => null,
    entrances: () => gateways.map((gateway) => `${gateway.name}: ${gateway.url}, described at ${gateway.url}/docs`),
    observe: ({ log, clock }, signal) => observeServers(sections, { log, clock }, signal),
    control: clients,
    clients,
  }
}
