import type { RegistrationsClients } from '../../workloads/registrations/clients.ts'
import { nameIsTaken } from '../definition-parts.ts'
import { containersOf, type Place, type Sections } from '../place.ts'
import type { RegistrationsSections } from './definition.ts'
import type { RegistrationsShape } from './events.ts'
import { observeApps } from './observe/apps.ts'
import { observeServers } from './observe/servers.ts'

/** The servers and applications that these sections describe. */
export function locate({ name, sections, wrong }: Sections<RegistrationsSections>): Place {
  const { master, shards, apps } = sections.registrations
  const servers = [master, ...shards]
  const names = [...servers, ...apps].map((each) => each.name)
  for (const [index, each] of names.entries())
    if (names.indexOf(each) < index) wrong(['registrations'], nameIsTaken(each))
  const shape = shapeOf(name, sections)
  const clients: RegistrationsClients = {
    apps: apps.map((app) => ({ name: app.name, url: app.url })),
    master: master.name,
    shards: shape.shards,
  }
  return {
    servers: servers.map((server) => ({ name: server.name, address: server.postgres })),
    doors: apps.map((app) => ({ part: app.name, url: app.url })),
    shape,
    look: async () => shape,
    missing: () => [],
    // Clients go to the applications, and to no server.
    routes: () => null,
    entrances: () => apps.map((app) => `${app.name} on ${app.url}, its interface at ${app.url}/docs`),
    observe: ({ log, clock, credentials }, signal) => [
      observeServers({ log, clock, credentials, master, shards }, signal),
      observeApps({ log, clock, apps }, signal),
    ],
    control: null,
    clients,
  }
}

function shapeOf(name: string, { registrations }: RegistrationsSections): RegistrationsShape {
  const { master, shards, apps } = registrations
  const nodes = [master, ...shards].map((each) => each.name)
  return {
    name,
    system: 'registrations',
    nodes,
    containerOf: containersOf([master, ...shards, ...apps]),
    // Each takes writes of its own: that there are several is no split brain.
    groupOf: Object.fromEntries(nodes.map((each) => [each, each])),
    master: master.name,
    shards: shards.map((each) => each.name),
    apps: apps.map((each) => each.name),
  }
}
