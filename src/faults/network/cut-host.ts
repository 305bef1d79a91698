import { z } from 'zod'
import { listOf } from '../../model/predicate.ts'
import { sum } from '../../model/sum.ts'
import { FaultError, type FaultKind } from '../fault.ts'
import { ANY_PART } from '../part.ts'
import type { World } from '../world.ts'
import { isQuorumCut } from './cut.ts'
import { readDrops } from './cut-rules.ts'
import { changeHosts, hostRules, hostsOf, type Link, linksOf, refuseHosts } from './host-changes.ts'
import { showTable } from './nft-table.ts'
import { type Direction, deadMan, direction } from './settings.ts'
import { lookInside } from './side.ts'
import { addressesOf, findSpots } from './spot.ts'

const schema = z.strictObject({
  /** Hosts that are cut together, as those of a site, still reach each other unless this is so. */
  apart: z.boolean().default(false),
  direction,
  deadMan,
})
type Params = z.output<typeof schema>

export const cutHost: FaultKind<Params> = {
  type: 'cut-host',
  family: 'network',
  schema,
  aims: ANY_PART,
  effects: ['may-take-part-away', 'cuts-part'],
  about:
    'Cuts a host or a site off from the other hosts of the lab: what its containers say to those elsewhere is dropped (VXLAN, UDP 4789). Clients and the lab still reach it.',
  describe: (_params, parts) => `cut ${listOf(hostsOf(parts))} off from the other hosts`,
  refusal: ({ apart }, parts, world, signal) => refuseHosts(parts, { isApart: apart }, ['nft'], world, signal),
  async inject({ apart, direction, deadMan }, parts, scope, signal) {
    const { world, id } = scope
    const links = await linksOf(parts, { isApart: apart }, world, signal)
    const before = await reachOf(links, world, signal)
    if (!before.includes(true)) {
      throw new FaultError(
        `${listOf(hostsOf(parts))} reached no other host before the cut either, so it cannot be shown to be cut off`,
      )
    }
    const changes = links.map((link) => {
      const make = hostRules(id, { ...link, direction, rules: ['counter drop'] })
      return { ...link, make, show: untilDropped(id, direction) }
    })
    const said = await changeHosts(changes, scope, deadMan, signal)
    const after = await reachOf(links, world, signal)
    const through = links.find((_link, index) => after[index] === true)
    if (through?.from && through.to) {
      throw new FaultError(`${through.from.part.name} still reaches ${through.to.part.name} over the cut`)
    }
    const drops = said.map(readDrops)
    const [from, to] = (['from', 'to'] as const).map((way) => sum(drops.map((each) => each[way])))
    return {
      text: 'was cut off with its host',
      textOfSeveral: 'were cut off with their host',
      proof: `connections to other hosts time out; dropped: ${from} packets in, ${to} out`,
      ...((await isFromEtcd(links, direction, world, signal)) && { effects: ['cuts-from-etcd'] as const }),
    }
  },
}

async function isFromEtcd(links: readonly Link[], direction: Params['direction'], world: World, signal: AbortSignal) {
  const spots = await findSpots(world.parts, world, signal)
  const targets = spots.filter(({ part }) => links.some(({ host }) => host === part.host))
  const blocked = targets.flatMap((target) => {
    const others = links.find(({ host }) => host === target.part.host)?.others ?? []
    return spots
      .filter(({ part }) => others.some(({ name }) => name === part.host))
      .flatMap((other) => [[target, other] as const, [other, target] as const])
  })
  return isQuorumCut({ targets, blocked, outside: null, direction }, spots)
}

/** Whether an answer comes, a refusal too; not known (null) where there is nobody to be asked. */
function reachOf(links: readonly Link[], world: World, signal: AbortSignal): Promise<readonly (boolean | null)[]> {
  return Promise.all(
    links.map(async ({ from, to }) => {
      const [address] = to === null ? [] : addressesOf(to)
      if (from === null || address === undefined) return null
      const attempt = `timeout 1 bash -c 'exec 3<>/dev/tcp/${address}/9' 2>/dev/null; [ $? = 124 ] && echo silent || echo answered`
      return (await lookInside(from.part.service, attempt, world, signal)) === 'answered'
    }),
  )
}

/** Somebody always talks: shows the table once something was dropped each way, or after two seconds. */
function untilDropped(faultId: string, direction: Direction): string {
  const show = showTable(faultId)
  const ways = direction === 'both' ? 2 : 1
  return `for n in {1..20}; do [ "$(${show} | grep -c 'packets [1-9]')" -ge ${ways} ] && break; sleep 0.1; done; ${show}`
}
