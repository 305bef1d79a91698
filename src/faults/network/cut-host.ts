import { z } from 'zod'
import { listOf } from '../../model/predicate.ts'
import { FaultError, type FaultKind, type FaultScope } from '../fault.ts'
import { ANY_PART, type Part } from '../part.ts'
import type { World } from '../world.ts'
import { whyNot } from './abilities.ts'
import { isQuorumCut } from './cut.ts'
import { readDrops, showRules } from './cut-rules.ts'
import { hostSideName } from './rejoin-host.ts'
import { type Direction, deadMan, direction } from './settings.ts'
import {
  FAULT_LABEL,
  lookInside,
  makeAll,
  SIDE_LABEL,
  type Side,
  tableOf,
  takeBackCommand,
  toolsImage,
} from './side.ts'
import { SIDE_SCRIPT } from './side-script.ts'
import { findSpots, hasNetwork, type Spot } from './spot.ts'

const schema = z.strictObject({ direction, deadMan })
type Params = z.output<typeof schema>

/** Hosts that are cut at once are cut from each other as well. */
export const cutHost: FaultKind<Params> = {
  type: 'cut-host',
  family: 'network',
  schema,
  aims: ANY_PART,
  effects: ['may-take-part-away', 'cuts-part'],
  about:
    'Cuts a host off from the other hosts of the lab: what its containers say to those elsewhere is dropped (VXLAN, UDP 4789). Clients and the lab still reach it.',
  describe: (_params, parts) => `cut ${listOf(hostsOf(parts))} off from the other hosts`,
  async refusal(_params, parts, world, signal) {
    const homeless = parts.find(({ host }) => host === undefined)
    if (homeless !== undefined) return `${homeless.name} is on no host of its own: the lab definition names no hosts`
    const hosts = hostsOf(parts)
    if (hostsOf(world.parts).every((host) => hosts.includes(host)) && hosts.length < 2) return 'there is no other host'
    const spots = await findSpots(world.parts, world, signal)
    const still = hosts.find((host) => !spots.some(({ part, facts }) => part.host === host && hasNetwork(facts?.state)))
    if (still !== undefined) return `nothing runs on ${still}: there is nothing to cut off`
    return whyNot('nft', world, signal)
  },
  async inject({ direction, deadMan }, parts, scope, signal) {
    const { world } = scope
    const spots = await findSpots(world.parts, world, signal)
    const hosts = hostsOf(parts)
    const bridges = hosts.map((host) => bridgeFrom(host, spots))
    const before = await reachOf(bridges, world, signal)
    if (!before.includes(true)) {
      throw new FaultError(
        `${listOf(hosts)} reached no other host before the cut either, so it cannot be shown to be cut off`,
      )
    }
    const said = await cutAll(parts, scope, { direction, deadManMs: deadMan }, signal)
    const after = await reachOf(bridges, world, signal)
    const through = bridges.find((_bridge, index) => after[index] === true)
    if (through?.to)
      throw new FaultError(`${through.from.part.name} still reaches ${through.to.part.name} over the cut`)
    const drops = said.map(readDrops)
    const [from, to] = (['from', 'to'] as const).map((way) => drops.reduce((sum, each) => sum + each[way], 0))
    const targets = spots.filter(({ part }) => hosts.includes(part.host ?? ''))
    const blocked = targets.flatMap((target) =>
      spots
        .filter(({ part }) => part.host !== target.part.host)
        .flatMap((other) => [[target, other] as const, [other, target] as const]),
    )
    const isFromEtcd = isQuorumCut({ targets, blocked, outside: null, direction }, spots)
    return {
      text: 'was cut off with its host',
      textOfSeveral: 'were cut off with their host',
      proof: `connections to other hosts time out; dropped: ${from} packets in, ${to} out`,
      ...(isFromEtcd && { effects: ['cuts-from-etcd'] as const }),
    }
  },
}

function hostsOf(parts: readonly Part[]): readonly string[] {
  return [...new Set(parts.flatMap(({ host }) => host ?? []))].sort()
}

/** A part of a host, and one elsewhere that it is to reach; null where none runs. */
interface Bridge {
  readonly from: Spot
  readonly to: Spot | null
}

function bridgeFrom(host: string, spots: readonly Spot[]): Bridge {
  const running = spots.filter(({ facts }) => facts?.state === 'running')
  const from = running.find(({ part }) => part.host === host)
  if (from === undefined) throw new FaultError(`nothing runs on ${host}`)
  return { from, to: running.find(({ part }) => part.host !== host) ?? null }
}

/** Whether an answer comes, a refusal too; not known (null) where there is nobody to be asked. */
function reachOf(bridges: readonly Bridge[], world: World, signal: AbortSignal): Promise<readonly (boolean | null)[]> {
  return Promise.all(
    bridges.map(async ({ from, to }) => {
      const address = to?.facts?.networks.find((network) => network.address !== null)?.address
      if (!address) return null
      const attempt = `timeout 1 bash -c 'exec 3<>/dev/tcp/${address}/9' 2>/dev/null; [ $? = 124 ] && echo silent || echo answered`
      return (await lookInside(from.part.service, attempt, world, signal)) === 'answered'
    }),
  )
}

/** One side container on each host, in the host's own network; they act at the same moment. */
async function cutAll(
  parts: readonly Part[],
  scope: FaultScope,
  { direction, deadManMs }: { readonly direction: Direction; readonly deadManMs: number },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { world, id } = scope
  const image = toolsImage(world)
  const ports = [...Map.groupBy(parts, ({ host }) => host ?? '').values()].flatMap((each) => each.slice(0, 1))
  const at = ports.map((part) => ({ service: part.service, host: part.host ?? '', side: hostSideName(id, part) }))
  await scope.defer({ type: 'rejoin-host', params: { faultId: id, at } })
  const script = [
    rulesOf(id, direction),
    takeBackCommand(id, false),
    String(Math.round(deadManMs / 1_000)),
    untilDropped(id),
  ]
  const started = await Promise.allSettled(
    ports.map(async (part): Promise<Side> => {
      const side = await world.containers.startOnHost(part.service, {
        image,
        name: hostSideName(id, part),
        labels: { [SIDE_LABEL]: world.mark, [FAULT_LABEL]: id },
        command: ['bash', '-c', SIDE_SCRIPT, 'chaoslab', ...script],
        vanishes: true,
      })
      return { side, part }
    }),
  )
  const sides = started.map((each) => {
    if (each.status === 'rejected') throw each.reason
    return each.value
  })
  signal.throwIfAborted()
  const said = await makeAll(sides, world, signal)
  scope.repeat(Math.min(SIGN_OF_LIFE_MS, deadManMs / 4), async (stop) => {
    for (const { side, part } of sides) {
      if (await world.containers.sides.signal(side, 'SIGUSR1', stop)) continue
      scope.ended(`what cut ${part.host} off has ended`)
    }
  })
  return said.map(({ text }) => text)
}

const SIGN_OF_LIFE_MS = 10_000

/** The packets between containers of different hosts, and nothing else: swarm's own traffic and ssh go on. */
function rulesOf(faultId: string, direction: Direction): string {
  const rule = 'udp dport 4789 counter drop'
  return `nft -f - <<'RULES'
table ${tableOf(faultId)} {
  chain from {
    type filter hook input priority -150; policy accept;
${direction === 'out' ? '' : `    ${rule}`}
  }
  chain to {
    type filter hook output priority -150; policy accept;
${direction === 'in' ? '' : `    ${rule}`}
  }
}
RULES`
}

/** Somebody always talks: shows the table once something was dropped, or after two seconds. */
function untilDropped(faultId: string): string {
  const show = showRules(faultId)
  return `for n in {1..20}; do ${show} | grep -q 'packets [1-9]' && break; sleep 0.1; done; ${show}`
}
