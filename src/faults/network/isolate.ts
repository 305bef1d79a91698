import { z } from 'zod'
import type { FaultKind } from '../fault.ts'
import { ANY_PART, type Part } from '../part.ts'
import type { World } from '../world.ts'
import { whyNot } from './abilities.ts'
import { type Cut, isQuorumCut, makeCut } from './cut.ts'
import { fitting, namesOf, partsNamed, told } from './groups.ts'
import { type Direction, deadMan, direction, oneOrMore, word } from './settings.ts'
import { findSpots, hasNetwork, refuseStopped, type Spot } from './spot.ts'

const schema = z.strictObject({
  /** From whom: etcd, nodes, proxies, apps, clients, all, or names of parts. Clients are whoever uses the published ports; all is everybody. */
  from: oneOrMore(word).default(['etcd', 'patroni']),
  direction,
  deadMan,
})
type Params = z.output<typeof schema>

/** What is aimed at stays together: two nodes that are isolated at once still reach each other, except from `all`. */
export const isolate: FaultKind<Params> = {
  type: 'isolate',
  family: 'network',
  schema,
  aims: ANY_PART,
  effects: ['may-take-part-away', 'cuts-part'],
  about:
    'Cuts a part off from others, open connections too: by default from etcd and its peers, while clients still reach it.',
  describe: ({ from, direction }, parts, among) =>
    `${HOW[direction].cut} ${namesOf(parts)} ${HOW[direction].off} ${told(fitting(from, among))}`,
  async refusal(params, parts, world, signal) {
    const { cut } = await plan(params, parts, world, signal)
    const others = new Set(cut.blocked.flat().filter((spot) => !cut.targets.includes(spot)))
    if (cut.outside === null && ![...others].some(({ facts }) => hasNetwork(facts?.state))) {
      return `${namesOf(parts)} cannot be cut off from ${told(fitting(params.from, world.parts))}: none of it runs beside it`
    }
    return refuseStopped(cut.targets) ?? whyNot('nft', world, signal)
  },
  async inject(params, parts, scope, signal) {
    const { cut, spots } = await plan(params, parts, scope.world, signal)
    const proof = await makeCut(cut, scope, params.deadMan, signal)
    const { one, several } = HOW[params.direction]
    const from = told(fitting(params.from, scope.world.parts))
    return {
      text: `${one} ${from}`,
      textOfSeveral: `${several} ${from}`,
      proof,
      ...(isQuorumCut(cut, spots) && { effects: ['cuts-from-etcd'] }),
    }
  },
}

const HOW: Record<Direction, Readonly<Record<'cut' | 'off' | 'one' | 'several', string>>> = {
  both: { cut: 'cut', off: 'off from', one: 'was cut off from', several: 'were cut off from' },
  in: { cut: 'keep', off: 'from hearing', one: 'no longer hears', several: 'no longer hear' },
  out: { cut: 'keep', off: 'from reaching', one: 'no longer reaches', several: 'no longer reach' },
}

const OUTSIDE = ['clients', 'all']

async function plan(
  { from, direction }: Params,
  parts: readonly Part[],
  world: World,
  signal: AbortSignal,
): Promise<{ readonly cut: Cut; readonly spots: readonly Spot[] }> {
  const spots = await findSpots(world.parts, world, signal)
  const others = partsNamed(
    from.filter((each) => !OUTSIDE.includes(each)),
    world.parts,
    parts,
  )
  const targets = spots.filter(({ part }) => parts.includes(part))
  const beyond = spots.filter(({ part }) => others.includes(part))
  const blocked = targets.flatMap((target) =>
    beyond.flatMap((other): (readonly [Spot, Spot])[] => [
      ...(direction === 'out' ? [] : [[other, target] as const]),
      ...(direction === 'in' ? [] : [[target, other] as const]),
    ]),
  )
  const outside = from.includes('all') ? 'everybody' : from.includes('clients') ? 'clients' : null
  return { cut: { targets, blocked, outside, direction }, spots }
}
