import { z } from 'zod'
import { FaultError, type FaultKind, type FaultScope } from '../fault.ts'
import { ANY_PART, type Part } from '../part.ts'
import type { World } from '../world.ts'
import { whyNot } from './abilities.ts'
import { changeNetworks } from './change-networks.ts'
import { matches, nobody, type Others } from './cut-rules.ts'
import { findPartner, sendDatagrams } from './datagrams.ts'
import { namesOf, partsNamed, told } from './groups.ts'
import { addTable, type Chains, chainIn, showTable } from './nft-table.ts'
import { type Direction, deadMan, direction, oneOrMore, word } from './settings.ts'
import { lookInside } from './side.ts'
import { addressesOf, findSpots, hasNetwork, refuseStopped, type Spot } from './spot.ts'

const schema = z.strictObject({
  /** Of the packets, each by chance. */
  percent: z.number().min(1).max(100).default(20),
  /** Exchanged with whom: all, etcd, nodes, proxies, apps, or names of parts. */
  with: oneOrMore(word).default(['all']),
  direction,
  deadMan,
})
type Params = z.output<typeof schema>

export const loss: FaultKind<Params> = {
  type: 'loss',
  family: 'network',
  schema,
  aims: ANY_PART,
  effects: ['may-take-part-away', 'slows-part'],
  about: 'Loses a share of the packets by chance: connections hold, and everything takes longer.',
  describe: (params, parts) => `lose ${lost(params, namesOf(parts), parts.length > 1)}`,
  async refusal(params, parts, world, signal) {
    const { targets, others } = await plan(params, parts, world, signal)
    if (others !== null && !others.some(({ facts }) => hasNetwork(facts?.state))) {
      return `${told(params.with)}: none of it runs beside ${namesOf(parts)}`
    }
    return refuseStopped(targets) ?? whyNot('nft-chance', world, signal)
  },
  async inject(params, parts, scope, signal) {
    const { targets, others } = await plan(params, parts, scope.world, signal)
    const addresses = others?.flatMap(addressesOf) ?? []
    const whom: Others = others === null ? { ...nobody, isEverybody: true } : { ...nobody, addresses }
    const make = lossRules(scope.id, whom, params)
    const changes = targets.map((at) => ({ at, isTarget: true, make }))
    await changeNetworks(changes, scope, { deadManMs: params.deadMan }, signal)
    const proofs = await Promise.all(targets.map((target) => prove(target, params, scope, signal)))
    return {
      text: `loses ${lost(params, 'it', false)}`,
      textOfSeveral: `lose ${lost(params, 'they', true)}`,
      proof: proofs.join('; '),
    }
  },
}

function lost({ percent, with: whom, direction }: Params, who: string, areSeveral: boolean): string {
  const what = {
    both: `that ${who} ${areSeveral ? 'exchange' : 'exchanges'} with`,
    in: `that ${who} ${areSeveral ? 'are' : 'is'} sent by`,
    out: `that ${who} ${areSeveral ? 'send' : 'sends'} to`,
  }[direction]
  return `${percent} % of the packets ${what} ${told(whom)}`
}

async function plan(
  { with: whom }: Params,
  parts: readonly Part[],
  world: World,
  signal: AbortSignal,
): Promise<{ readonly targets: readonly Spot[]; readonly others: readonly Spot[] | null }> {
  const targets = await findSpots(parts, world, signal)
  if (whom.includes('all')) return { targets, others: null }
  return { targets, others: await findSpots(partsNamed(whom, world.parts, parts), world, signal) }
}

/** Every packet is counted before chance has its say, so that the share can be told. */
function lossRules(faultId: string, whom: Others, { percent, direction }: Params): string {
  const chance = `numgen random mod 10000 < ${Math.round(percent * 100)}`
  const lose = (match: string) => [`${match} counter`, `${match} ${chance} counter drop`]
  return addTable(faultId, {
    from: direction === 'out' ? [] : matches(whom, 'saddr', 'iifname').flatMap(lose),
    to: direction === 'in' ? [] : matches(whom, 'daddr', 'oifname').flatMap(lose),
  })
}

/** So many that none lost is not plausible: sixty are expected to be. */
export function enoughFor(percent: number): number {
  return Math.max(300, Math.ceil(6_000 / percent))
}

/** Datagrams are sent both ways until some must have been lost, if any are. */
async function prove(target: Spot, params: Params, { world, id }: FaultScope, signal: AbortSignal): Promise<string> {
  const { partner, address, own } = await findPartner(target, params.with, world, signal)
  const count = enoughFor(params.percent)
  const show = showTable(id)
  const { service } = target.part
  if (params.direction !== 'out') {
    await lookInside(partner.part.service, sendDatagrams(own, count, 32), world, signal)
  }
  const send = params.direction === 'in' ? '' : `${sendDatagrams(address, count, 32)}; `
  const counts = readShares(await lookInside(service, `${send}${show}`, world, signal))
  const ways: readonly Exclude<Direction, 'both'>[] = params.direction === 'both' ? ['in', 'out'] : [params.direction]
  return ways
    .map((way) => {
      const { all, dropped } = counts[way]
      if (!isPlausible(all, dropped, params.percent / 100)) {
        throw new FaultError(`${target.part.name} loses ${dropped} of ${all} packets ${way}, not ${params.percent} %`)
      }
      return `${dropped} of ${all} packets ${way} dropped`
    })
    .join(', ')
}

/** What `nft list table` prints: in each chain a rule that counts all, then one that counts and drops. */
export function readShares(text: string): Record<'in' | 'out', { readonly all: number; readonly dropped: number }> {
  const of = (chain: keyof Chains) => {
    const counts = [...chainIn(text, chain).matchAll(/counter packets (\d+) bytes \d+( drop)?/g)]
    const sum = (isDrop: boolean) =>
      counts
        .filter(([, , drop]) => (drop !== undefined) === isDrop)
        .reduce((all, [, packets]) => all + Number(packets), 0)
    return { all: sum(false), dropped: sum(true) }
  }
  return { in: of('from'), out: of('to') }
}

/** Within six standard deviations of what is expected: chance alone is further off once in 500 million times. */
export function isPlausible(all: number, dropped: number, share: number): boolean {
  return all > 0 && Math.abs(dropped - all * share) <= 6 * Math.sqrt(all * share * (1 - share))
}
