import type { Part, Role } from '../faults/part.ts'
import { HOSTS } from '../faults/resolve-target.ts'
import type { SystemParts } from '../faults/world.ts'
import type { LabShape } from '../model/events.ts'

const LEADER_ROLE = /(^|\.)(leader|primary)$/

/**
 * A system with what can be aimed at where its parts are on several hosts: `host(NAME)`, `site(NAME)`, `hosts`, and the
 * host and the site of whoever leads (`leader-host`, `leader-site`): each stands for every part that is there.
 */
export function onHosts<S extends Pick<SystemParts, 'roles' | 'inRole'>>(
  system: S,
  hostOf: NonNullable<LabShape['hostOf']>,
  siteOf: LabShape['siteOf'] = {},
): S {
  const hosts = [...new Set(Object.values(hostOf))].sort()
  const sites = [...new Set(Object.values(siteOf))].sort()
  const leading = system.roles.filter(({ name }) => LEADER_ROLE.test(name))
  const named = new Map<string, readonly string[]>([
    ...hosts.map((host) => [`host(${host})`, [host]] as const),
    ...sites.map((site) => [`site(${site})`, hosts.filter((host) => siteOf[host] === site)] as const),
    [HOSTS, hosts],
  ])
  const siteAround = (host: string) =>
    hosts.filter((other) => other === host || siteOf[other] === (siteOf[host] ?? null))
  const near = new Map<string, Near>(
    leading.flatMap(({ name: leader }): [string, Near][] => [
      [`${leader}-host`, { leader, around: (host) => [host] }],
      ...(sites.length > 0 ? [[`${leader}-site`, { leader, around: siteAround }] satisfies [string, Near]] : []),
    ]),
  )
  const role = (name: string): Role => ({ name, kind: 'node' })
  return {
    ...system,
    roles: [...system.roles, ...[...near.keys(), ...named.keys()].map(role)],
    inRole(name, parts, state) {
      const of = near.get(name)
      const leaders = of === undefined ? [] : hostsOf(system.inRole(of.leader, parts, state), parts)
      const found = of === undefined ? named.get(name) : leaders.flatMap(of.around)
      if (found === undefined) return system.inRole(name, parts, state)
      return parts.filter(({ host }) => host !== undefined && found.includes(host)).map((part) => part.name)
    },
  }
}

/** The hosts around that of whoever is in a role. */
interface Near {
  readonly leader: string
  readonly around: (host: string) => readonly string[]
}

function hostsOf(names: readonly string[], parts: readonly Part[]): readonly string[] {
  return parts.flatMap(({ name, host }) => (names.includes(name) && host !== undefined ? [host] : []))
}
