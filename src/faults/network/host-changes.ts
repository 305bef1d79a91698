import { allEnded } from '../all-ended.ts'
import { FaultError, type FaultScope } from '../fault.ts'
import type { Part } from '../part.ts'
import type { World, WorldHost } from '../world.ts'
import { type NetworkAbility, whyNot } from './abilities.ts'
import { addTable } from './nft-table.ts'
import { hostSideName } from './rejoin-host.ts'
import type { Direction } from './settings.ts'
import { makeAll, sideOptions, takeBackCommand, toolsImage } from './side.ts'
import { SIDE_SCRIPT } from './side-script.ts'
import { findSpots, hasNetwork, type Spot } from './spot.ts'

/*
 * Changes in the network of whole hosts, to what their containers say to those of other hosts (VXLAN, UDP 4789) and to
 * nothing else: the swarm's own traffic, ssh and clients go on.
 */

/** The hosts that these parts are on. */
export function hostsOf(parts: readonly Part[]): readonly string[] {
  return [...new Set(parts.flatMap(({ host }) => host ?? []))].sort()
}

/** Says which of these parts is on no host that the lab knows; null when none is. */
export function onNoHost(parts: readonly Part[]): string | null {
  const homeless = parts.find(({ host }) => host === undefined)
  return homeless === undefined ? null : `${homeless.name} is on no host of its own: the lab definition names no hosts`
}

/** A host that is aimed at, with those that it is to be kept from. */
export interface Link {
  readonly host: string
  readonly others: readonly WorldHost[]
  /** A part of it that runs, and one elsewhere. */
  readonly from: Spot | null
  readonly to: Spot | null
}

/**
 * @param isApart hosts that are aimed at together are kept from each other as well
 * @throws {EngineError} Docker does not answer
 */
export async function linksOf(
  parts: readonly Part[],
  { isApart }: { readonly isApart: boolean },
  world: World,
  signal: AbortSignal,
): Promise<readonly Link[]> {
  const hosts = hostsOf(parts)
  const spots = await findSpots(world.parts, world, signal)
  const running = spots.filter(({ facts }) => hasNetwork(facts?.state))
  return hosts.map((host) => {
    const others = world.hosts.filter(({ name }) => name !== host && (isApart || !hosts.includes(name)))
    const isBeyond = ({ part }: Spot) => others.some(({ name }) => name === part.host)
    const from = running.find(({ part, facts }) => part.host === host && facts?.state === 'running')
    return { host, others, from: from ?? null, to: running.find(isBeyond) ?? null }
  })
}

/** Why the network of the hosts of these parts cannot be changed; null when it can. */
export async function refuseHosts(
  parts: readonly Part[],
  how: { readonly isApart: boolean },
  abilities: readonly NetworkAbility[],
  world: World,
  signal: AbortSignal,
): Promise<string | null> {
  const homeless = onNoHost(parts)
  if (homeless !== null) return homeless
  const links = await linksOf(parts, how, world, signal)
  if (links.some(({ others }) => others.length === 0)) return 'there is no other host'
  const still = links.find(({ from }) => from === null)
  if (still !== undefined) return `nothing runs on ${still.host}: it has nothing to say to others`
  const lacks = await Promise.all(abilities.map((ability) => whyNot(ability, world, signal)))
  return lacks.find((lack) => lack !== null) ?? null
}

export interface HostChange extends Link {
  /** Shell commands that make it, in a table of the fault's own. */
  readonly make: string
  /** Shell commands that show it once it is made. */
  readonly show: string
}

/**
 * Makes them all at the same moment, from a side container in the network of each host, which takes its change back when
 * it is stopped or when the lab gives no sign of life. The undo of all of them is deferred first.
 * @returns what each printed
 */
export async function changeHosts(
  changes: readonly HostChange[],
  scope: FaultScope,
  deadManMs: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { world, id } = scope
  toolsImage(world)
  const placed = changes.map((change) => ({ ...change, part: partOn(change) }))
  const at = placed.map(({ part, host }) => ({ service: part.service, host, side: hostSideName(id, part) }))
  await scope.defer({ type: 'rejoin-host', params: { faultId: id, at } })
  const patience = String(Math.round(deadManMs / 1_000))
  const undo = takeBackCommand(id, false)
  const sides = await allEnded(
    placed.map(async ({ part, make, show }) => {
      const options = sideOptions(scope, hostSideName(id, part), [SIDE_SCRIPT, make, undo, patience, show])
      return { side: await world.containers.startOnHost(part.service, options), part }
    }),
  )
  signal.throwIfAborted()
  const said = await makeAll(sides, world, signal)
  scope.repeat(Math.min(SIGN_OF_LIFE_MS, deadManMs / 4), async (stop) => {
    for (const { side, part } of sides) {
      if (await world.containers.sides.signal(side, 'SIGUSR1', stop)) continue
      scope.ended(`what changed the network of ${part.host} is gone, as after a restart of that host or of its engine`)
    }
  })
  return said.map(({ text }) => text)
}

const SIGN_OF_LIFE_MS = 10_000

function partOn({ host, from }: Link): Part {
  if (from === null) throw new FaultError(`nothing runs on ${host}`)
  return from.part
}

/** A table with these rules for what comes from the other hosts, and for what goes to them. */
export function hostRules(
  faultId: string,
  {
    others,
    rules,
    direction,
  }: Pick<Link, 'others'> & { readonly rules: readonly string[]; readonly direction: Direction },
): string {
  const addresses = others.map(({ address }) => address).join(', ')
  const lines = (side: 'saddr' | 'daddr') => rules.map((rule) => `ip ${side} { ${addresses} } udp dport 4789 ${rule}`)
  return addTable(faultId, {
    from: direction === 'out' ? [] : lines('saddr'),
    to: direction === 'in' ? [] : lines('daddr'),
  })
}
