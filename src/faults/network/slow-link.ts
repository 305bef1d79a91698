import { z } from 'zod'
import { listOf } from '../../model/predicate.ts'
import { FaultError, type FaultKind } from '../fault.ts'
import { ANY_PART } from '../part.ts'
import type { World } from '../world.ts'
import { BURST_BYTES, DATAGRAM_BYTES, limited, rate } from './bandwidth.ts'
import { sendDatagrams } from './datagrams.ts'
import { changeHosts, hostRules, hostsOf, type Link, linksOf, refuseHosts } from './host-changes.ts'
import { enoughFor, isPlausible } from './loss.ts'
import { chainIn, showTable } from './nft-table.ts'
import { onHost } from './rejoin-host.ts'
import { deadMan, direction } from './settings.ts'
import { lookInside } from './side.ts'
import { addressesOf } from './spot.ts'

const schema = z
  .strictObject({
    /** Of the packets to and from the other hosts, each by chance; 0 for none. */
    percent: z.number().min(0).max(100).default(5),
    /** What of them passes, of each direction on its own; left out: all. */
    rate: rate.optional().describe('like 1mbit'),
    direction,
    deadMan,
  })
  .refine(({ percent, rate }) => percent > 0 || rate !== undefined, 'expected a percent above 0, a rate, or both')
type Params = z.output<typeof schema>

/** Hosts that are aimed at together, as those of a site, reach each other as before. */
export const slowLink: FaultKind<Params> = {
  type: 'slow-link',
  family: 'network',
  schema,
  aims: ANY_PART,
  effects: ['may-take-part-away', 'slows-part'],
  about:
    'Makes the link between a host or a site and the other hosts a bad one: packets between their containers are lost by chance, and too many at once are dropped.',
  describe: (params, parts) => `${toldOf(params)} between ${listOf(hostsOf(parts))} and the other hosts`,
  refusal({ percent, rate }, parts, world, signal) {
    const abilities = [...(percent > 0 ? ['nft-chance' as const] : []), ...(rate ? ['nft-limit' as const] : [])]
    return refuseHosts(parts, { isApart: false }, abilities, world, signal)
  },
  async inject(params, parts, scope, signal) {
    const { world, id } = scope
    const links = await linksOf(parts, { isApart: false }, world, signal)
    const { direction } = params
    const changes = links.map((link) => {
      const make = hostRules(id, { ...link, direction, rules: slowRules(params) })
      return { ...link, make, show: '' }
    })
    await changeHosts(changes, scope, params.deadMan, signal)
    const proofs = await Promise.all(links.map((link) => prove(link, params, { world, id }, signal)))
    return {
      text: `is behind a bad link: ${toldOf(params)}`,
      textOfSeveral: `are behind a bad link: ${toldOf(params)}`,
      proof: proofs.join('; '),
    }
  },
}

function toldOf({ percent, rate, direction }: Params): string {
  const way = { both: '', in: ' on the way in', out: ' on the way out' }[direction]
  const lost = percent > 0 ? [`${percent} % of the packets lost${rate === undefined ? way : ''}`] : []
  return [...lost, ...(rate === undefined ? [] : [limited({ rate, direction })])].join(', ')
}

/** Every packet is counted before chance has its say. */
export function slowRules({ percent, rate }: Pick<Params, 'percent' | 'rate'>): readonly string[] {
  const loss = `numgen random mod 10000 < ${Math.round(percent * 100)} counter drop`
  const limit = (bits: number) =>
    `limit rate over ${Math.round(bits / 8)} bytes/second burst ${BURST_BYTES} bytes counter drop`
  return ['counter', ...(percent > 0 ? [loss] : []), ...(rate === undefined ? [] : [limit(rate)])]
}

/** More is sent at once than passes, and so much that some of it must have been lost. */
async function prove(
  { host, from, to }: Link,
  params: Params,
  { world, id }: { readonly world: World; readonly id: string },
  signal: AbortSignal,
): Promise<string> {
  const [own, other] = [from, to].map((spot) => (spot === null ? undefined : addressesOf(spot)[0]))
  if (!from || !to || own === undefined || other === undefined) {
    throw new FaultError(`whether it takes effect on ${host} cannot be checked: nothing runs on any other host`)
  }
  const ways = params.direction === 'both' ? (['in', 'out'] as const) : [params.direction]
  for (const way of ways) {
    const [sender, address] = way === 'in' ? [to, own] : [from, other]
    await lookInside(sender.part.service, send(params, address), world, signal)
  }
  const table = await onHost(from.part.service, showTable(id), world, signal)
  return `${host}: ${ways.map((way) => tell(host, way, readCounts(table, way), params)).join(', ')}`
}

function send({ percent, rate }: Params, to: string): string {
  const many = percent > 0 ? enoughFor(percent) : 0
  const heavy = rate === undefined ? 0 : Math.ceil((1.5 * (rate / 8 + BURST_BYTES)) / DATAGRAM_BYTES)
  return heavy > 0 ? sendDatagrams(to, Math.max(many, heavy), DATAGRAM_BYTES) : sendDatagrams(to, many, 32)
}

interface Counts {
  readonly all: number
  readonly lost: number
  readonly tooMany: number
}

export function readCounts(table: string, way: 'in' | 'out'): Counts {
  const body = chainIn(table, way === 'in' ? 'from' : 'to')
  const count = (rule: RegExp) => Number(rule.exec(body)?.[1] ?? 0)
  return {
    all: count(/dport 4789 counter packets (\d+)/),
    lost: count(/numgen .*counter packets (\d+)/),
    tooMany: count(/limit rate .*counter packets (\d+)/),
  }
}

function tell(host: string, way: 'in' | 'out', { all, lost, tooMany }: Counts, { percent, rate }: Params): string {
  if (!isPlausible(all, lost, percent / 100)) {
    throw new FaultError(`${host} loses ${lost} of ${all} packets ${way}, not ${percent} %`)
  }
  if (rate !== undefined && tooMany === 0) {
    throw new FaultError(`more was sent ${way} at once than passes, and none was dropped: the limit has no effect`)
  }
  const over = rate === undefined ? '' : `, ${tooMany} were too many`
  return `${lost} of ${all} packets ${way} lost${over}`
}
