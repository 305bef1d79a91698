import type { PartKind } from '../faults/part.ts'
import type { LabShape } from '../model/events.ts'
import { listOf } from '../model/predicate.ts'
import { majorityOf } from './fault-costs.ts'
import { partsOf } from './parts.ts'

/** Something that the loss of one host, or of one site, would take away. */
export interface Loss {
  readonly place: 'host' | 'site'
  readonly name: string
  readonly takes: 'etcd-quorum' | 'all-nodes' | 'all-proxies'
  /** What is there of it, and of how many. */
  readonly parts: readonly string[]
  readonly of: number
}

/**
 * What each host and each site would take along, told from where the parts are alone, whatever runs just now: with etcd
 * its majority, with servers of one write authority or proxies the last of them. Empty: any one of them can be lost.
 */
export function lossesOf(shape: LabShape): readonly Loss[] {
  if (shape.instances !== undefined) {
    return Object.values(shape.instances).flatMap((each) =>
      lossesOf({ ...each, ...(shape.siteOf && { siteOf: shape.siteOf }) }),
    )
  }
  const { hostOf = {}, siteOf = {} } = shape
  const hosts = placesOf(Object.values(hostOf)).map((name) => ({ place: 'host' as const, name, hosts: [name] }))
  const sites = placesOf(Object.values(siteOf)).map((name) => {
    return { place: 'site' as const, name, hosts: Object.keys(siteOf).filter((host) => siteOf[host] === name) }
  })
  return [...hosts, ...sites].flatMap(({ place, name, hosts }) =>
    groupsOf(shape).flatMap(({ takes, all }): Loss[] => {
      const parts = all.filter((part) => hosts.includes(hostOf[part] ?? ''))
      const remaining = all.length - parts.length
      const isLost = takes === 'etcd-quorum' ? remaining < majorityOf(all.length) : remaining === 0
      return isLost && parts.length > 0 ? [{ place, name, takes, parts, of: all.length }] : []
    }),
  )
}

function placesOf(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort()
}

/** What has to be there together: the servers by write authority, the etcd members, the proxies. */
function groupsOf(shape: LabShape): readonly { readonly takes: Loss['takes']; readonly all: readonly string[] }[] {
  const parts = partsOf(shape)
  const of = (kind: PartKind) => parts.filter((part) => part.kind === kind).map(({ name }) => name)
  const nodes = Map.groupBy(of('node'), (node) => shape.groupOf?.[node] ?? '')
  return [
    { takes: 'etcd-quorum', all: of('etcd') },
    ...[...nodes.values()].map((all) => ({ takes: 'all-nodes' as const, all })),
    { takes: 'all-proxies', all: of('proxy') },
  ]
}

/** In a line: `without the site east etcd has no quorum: etcd1 and etcd2 of 3 would be gone`. */
export function tellLoss({ place, name, takes, parts, of }: Loss): string {
  const gone = `without the ${place} ${name}`
  const which = `${listOf(parts)}${parts.length < of ? ` of ${of}` : ''}`
  if (takes === 'etcd-quorum') return `${gone} etcd has no quorum: ${which} would be gone`
  if (takes === 'all-nodes') return `${gone} no server is left: ${which} would be gone`
  return `${gone} clients have no way in: ${which} would be gone`
}

/** What would let it be lost. */
export function adviseOn({ place, takes }: Pick<Loss, 'place' | 'takes'>): string {
  if (place === 'host') return 'put them on hosts of their own'
  // Of two sites one has the majority, however they are shared out.
  return takes === 'etcd-quorum' ? 'it takes a third site, with a member of its own' : 'put one of them in another site'
}
