import { z } from 'zod'
import { FaultError, type FaultKind, type FaultScope } from '../fault.ts'
import { ANY_PART } from '../part.ts'
import { whyNot } from './abilities.ts'
import { changeNetworks } from './change-networks.ts'
import { findPartner, sendDatagrams } from './datagrams.ts'
import { namesOf } from './groups.ts'
import { showTable, tableOf } from './nft-table.ts'
import { addQueue, refuseQueued } from './queues.ts'
import { deadMan, direction } from './settings.ts'
import { lookInside, QUEUE } from './side.ts'
import { findSpots, refuseStopped, type Spot } from './spot.ts'

const UNITS = { kbit: 1_000, mbit: 1_000_000 } as const
const MIN_BITS = 64_000
const MAX_BITS = 50_000_000

/** `256kbit`, `1.5mbit` → bits a second. */
export const rate = z.string().transform((text, context) => {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*(kbit|mbit)$/.exec(text) ?? []
  const bits = number === undefined ? 0 : Math.round(Number(number) * UNITS[unit as keyof typeof UNITS])
  if (bits >= MIN_BITS && bits <= MAX_BITS) return bits
  context.addIssue({ code: 'custom', message: 'expected a rate from 64kbit to 50mbit' })
  return z.NEVER
})

const schema = z.strictObject({
  /** Of each direction on its own. */
  rate: rate.prefault('1mbit'),
  direction,
  deadMan,
})
type Params = z.output<typeof schema>

/**
 * What it sends waits in a queue (tc-tbf(8)). What it receives cannot be made to wait at its own end: what is too much
 * in a second is dropped (nft(8), limit), which makes TCP slow down, to less than the rate.
 */
export const bandwidth: FaultKind<Params> = {
  type: 'bandwidth',
  family: 'network',
  schema,
  aims: ANY_PART,
  effects: ['may-take-part-away', 'slows-part'],
  about: 'Narrows the network of a part: replication falls behind, and so do clients that ask for much.',
  describe: (params, parts) => `limit ${namesOf(parts)} to ${limited(params)}`,
  async refusal({ direction }, parts, world, signal) {
    const stopped = refuseStopped(await findSpots(parts, world, signal))
    if (stopped !== null) return stopped
    const lacks = [
      direction === 'in' ? null : await whyNot('tbf', world, signal),
      direction === 'out' ? null : await whyNot('nft-limit', world, signal),
    ]
    if (lacks.some((lack) => lack !== null)) return lacks.find((lack) => lack !== null) ?? null
    return direction === 'in' ? null : refuseQueued(parts, world, signal)
  },
  async inject(params, parts, scope, signal) {
    const targets = await findSpots(parts, scope.world, signal)
    const make = narrow(scope.id, params)
    const changes = targets.map((at) => ({ at, isTarget: true, make }))
    await changeNetworks(changes, scope, { deadManMs: params.deadMan, isShaped: true }, signal)
    const proofs = await Promise.all(targets.map((target) => prove(target, params, scope, signal)))
    const limit = limited(params)
    return { text: `is limited to ${limit}`, textOfSeveral: `are limited to ${limit}`, proof: proofs.join('; ') }
  },
}

export function limited({ rate, direction }: Pick<Params, 'rate' | 'direction'>): string {
  const what = { both: 'each way', in: 'on the way in', out: 'on the way out' }[direction]
  return `${rate >= UNITS.mbit ? `${rate / UNITS.mbit} Mbit/s` : `${rate / UNITS.kbit} kbit/s`} ${what}`
}

/** nft lets a second's worth through at once, and packets come in lumps of up to 64 KiB, of which one must fit. */
export const BURST_BYTES = 65_536
const QUEUE_MS = 200

function narrow(faultId: string, { rate, direction }: Params): string {
  const bytes = Math.round(rate / 8)
  const queue = addQueue(`tbf rate ${rate}bit burst ${Math.max(5_000, Math.round(bytes / 100))} latency ${QUEUE_MS}ms`)
  const table = `nft -f - <<'RULES'
table ${tableOf(faultId)} {
  chain from {
    type filter hook input priority -150; policy accept;
    iifname != "lo" limit rate over ${bytes} bytes/second burst ${BURST_BYTES} bytes counter drop
  }
}
RULES`
  return [direction === 'in' ? [] : [queue], direction === 'out' ? [] : [table]].flat().join('\n')
}

export const DATAGRAM_BYTES = 1_400

/** More is sent at once than fits: some of it has to wait or to be dropped. */
async function prove(
  target: Spot,
  { rate, direction }: Params,
  { world, id }: FaultScope,
  signal: AbortSignal,
): Promise<string> {
  const { partner, address, own } = await findPartner(target, ['all'], world, signal)
  const count = Math.ceil((1.5 * (rate / 8 + BURST_BYTES)) / DATAGRAM_BYTES)
  const { name, service } = target.part
  const found: string[] = []
  if (direction !== 'out') {
    await lookInside(partner.part.service, sendDatagrams(own, count, DATAGRAM_BYTES), world, signal)
    const shown = await lookInside(service, showTable(id), world, signal)
    const dropped = Number(/counter packets (\d+)/.exec(shown)?.[1] ?? 0)
    if (dropped === 0)
      throw new FaultError(`${name} received ${count} datagrams at once, and none was dropped: the limit has no effect`)
    found.push(`${dropped} packets in dropped`)
  }
  if (direction !== 'in') {
    const look = `${sendDatagrams(address, count, DATAGRAM_BYTES)}; tc -s qdisc show`
    const shown = await lookInside(service, look, world, signal)
    const own = shown.split(/^qdisc /m).find((each) => each.includes(` ${QUEUE} `)) ?? ''
    const waited = Number(/overlimits (\d+)/.exec(own)?.[1] ?? 0)
    if (waited === 0)
      throw new FaultError(`${name} sent ${count} datagrams at once, and none was held back: the limit has no effect`)
    found.push(`${waited} packets out had to wait, ${/dropped (\d+)/.exec(own)?.[1] ?? 0} were dropped`)
  }
  return found.join(', ')
}
