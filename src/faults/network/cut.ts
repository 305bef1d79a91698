import { listOf } from '../../model/predicate.ts'
import { sum } from '../../model/sum.ts'
import { FaultError, type FaultScope } from '../fault.ts'
import type { Part, PartKind } from '../part.ts'
import { changeNetworks } from './change-networks.ts'
import { cutRules, nobody, type Others, readDrops } from './cut-rules.ts'
import { showTable } from './nft-table.ts'
import type { Direction } from './settings.ts'
import type { Changed, NetworkChange } from './side.ts'
import { addressesOf, hasNetwork, type Spot } from './spot.ts'

/** Who no longer reaches whom. */
export interface Cut {
  readonly targets: readonly Spot[]
  /** Packets from the first to the second are dropped, at both ends where those run. */
  readonly blocked: readonly (readonly [from: Spot, to: Spot])[]
  /** What else is kept from the targets: clients, or everybody. */
  readonly outside: 'clients' | 'everybody' | null
  /** Of what is outside, and as the proof has it, as seen from the targets. */
  readonly direction: Direction
}

/**
 * Makes a cut, and makes sure of it: what a target could reach before does not answer it any more, what was open is
 * dead, and packets were dropped in the right direction.
 *
 * It is made at both ends. A host that masquerades its bridge (a rule of a network that is gone does it) lets what a
 * container sends arrive as if the gateway had sent it: only the sender's end knows it then. And a container that is
 * restarted gets a new network without rules: only the other end holds then.
 * @returns the proof, for people
 * @throws {FaultError} it is not in force
 */
export async function makeCut(cut: Cut, scope: FaultScope, deadManMs: number, signal: AbortSignal): Promise<string> {
  const changes = cutChanges(cut, scope.id)
  const changed = await changeNetworks(changes, scope, { deadManMs }, signal)
  return proofOf(changed, cut)
}

/** One for each container that runs and has something to drop. */
function cutChanges(cut: Cut, faultId: string): readonly NetworkChange[] {
  const { targets, blocked } = cut
  const spots = [...new Set([...targets, ...blocked.flat()])].filter(({ facts }) => hasNetwork(facts?.state))
  return spots.flatMap((at) => {
    const isTarget = targets.includes(at)
    const from = othersOf(blocked.filter(([, to]) => to === at).map(([other]) => other))
    const to = othersOf(blocked.filter(([other]) => other === at).map(([, other]) => other))
    const rules = isTarget ? withOutside({ from, to }, at, cut) : { from, to }
    if (isEmpty(rules.from) && isEmpty(rules.to)) return []
    const make = cutRules(faultId, rules)
    return [{ at, isTarget, make, tries: triesOf(at, cut), show: showTable(faultId) }]
  })
}

function othersOf(spots: readonly Spot[]): Others {
  return { ...nobody, addresses: [...new Set(spots.flatMap(addressesOf))] }
}

function withOutside(
  rules: { readonly from: Others; readonly to: Others },
  { facts }: Spot,
  { outside, direction }: Cut,
): { readonly from: Others; readonly to: Others } {
  if (outside === null) return rules
  const networks = facts?.networks ?? []
  const isThere = (text: string | null): text is string => text !== null
  const clients = {
    gateways: networks.map(({ gateway }) => gateway).filter(isThere),
    subnets: networks.map(({ subnet }) => subnet).filter(isThere),
  }
  const add = (others: Others): Others =>
    outside === 'everybody' ? { ...others, isEverybody: true } : { ...others, clients }
  return {
    from: direction === 'out' ? rules.from : add(rules.from),
    to: direction === 'in' ? rules.to : add(rules.to),
  }
}

function isEmpty({ addresses, clients, isEverybody }: Others): boolean {
  return addresses.length === 0 && clients === null && !isEverybody
}

/** Ports that usually listen; where nothing does, the refusal is an answer too. */
const PORT_OF: Record<PartKind, number> = { node: 8008, etcd: 2379, proxy: 7001, app: 80, other: 80 }
const ANY_PORT = 9

/** One of each kind that runs beyond the cut, and the way out for what is outside. */
function triesOf(at: Spot, { targets, blocked, outside }: Cut): readonly string[] {
  const beyond = blocked.flatMap(([from, to]) => (from === at ? [to] : to === at ? [from] : []))
  const kinds = new Map(beyond.filter(({ facts }) => hasNetwork(facts?.state)).map((spot) => [spot.part.kind, spot]))
  const tries = [...kinds.values()].flatMap((spot) =>
    addressesOf(spot)
      .slice(0, 1)
      .map((address) => `${address}:${PORT_OF[spot.part.kind]}`),
  )
  const gateway = outside !== null && targets.includes(at) ? at.facts?.networks[0]?.gateway : null
  return gateway ? [...tries, `${gateway}:${ANY_PORT}`] : tries
}

function proofOf(changed: readonly Changed[], { targets, blocked, direction, outside }: Cut): string {
  const nameAt = new Map(
    [...targets, ...blocked.flat()].flatMap((spot) => addressesOf(spot).map((address) => [address, spot.part.name])),
  )
  const tell = (to: string) => {
    const name = nameAt.get(to.split(':')[0] ?? '')
    return name === undefined ? `the gateway (${to})` : `${name} (${to})`
  }
  const silenced = new Set<string>()
  let dead = 0
  for (const { at, isTarget, said } of changed) {
    for (const [to, before] of said.before) {
      if (before === 'silent') continue
      if (said.after.get(to) !== 'silent') throw new FaultError(`${at.part.name} still reaches ${tell(to)}`)
      if (isTarget) silenced.add(tell(to))
    }
    for (const [to, how] of said.kept) {
      if (how === 'alive') throw new FaultError(`a connection of ${at.part.name} to ${tell(to)} still lives`)
      dead += 1
    }
  }
  const [into, outOf] = [droppedOnTheWay('in', changed), droppedOnTheWay('out', changed)]
  const isMissing = (direction !== 'out' && into === 0) || (direction !== 'in' && outOf === 0)
  if (isMissing || (silenced.size === 0 && outside === null)) {
    const names = listOf(targets.map(({ part }) => part.name))
    throw new FaultError(
      `${names} did not reach any of them before the cut either, so it cannot be shown to be cut off`,
    )
  }
  const timeouts = silenced.size > 0 ? [`connect to ${[...silenced].join(', ')} times out`] : []
  const open = dead > 0 ? [`${dead} connection${dead === 1 ? ' that was' : 's that were'} open got no answer`] : []
  return [...timeouts, ...open, `dropped: ${into} packets in, ${outOf} out`].join('; ')
}

/** At the targets and, of what goes the same way, at the others. */
function droppedOnTheWay(way: 'in' | 'out', changed: readonly Changed[]): number {
  const counts = changed.map(({ isTarget, said }) => {
    const { from, to } = readDrops(said.text)
    return (way === 'in') === isTarget ? from : to
  })
  return sum(counts)
}

/**
 * Whether every node among the parts could reach an etcd quorum without the cut, and cannot with it: no member that it
 * still reaches, of those that run, reaches enough of the others.
 */
export function isQuorumCut({ targets, blocked, outside }: Cut, spots: readonly Spot[]): boolean {
  const nodes = targets.filter(({ part }) => part.kind === 'node')
  const members = spots.filter(({ part }) => part.kind === 'etcd')
  const quorum = Math.floor(members.length / 2) + 1
  const running = members.filter(({ facts }) => facts?.state === 'running')
  if (nodes.length === 0 || running.length < quorum) return false
  const isCut = (a: Part, b: Part) =>
    (outside === 'everybody' && a !== b && [a, b].some((part) => targets.some((target) => target.part === part))) ||
    blocked.some(([from, to]) => (from.part === a && to.part === b) || (from.part === b && to.part === a))
  const hasQuorum = (member: Spot) => running.filter((other) => !isCut(member.part, other.part)).length >= quorum
  return nodes.every((node) => !running.some((member) => !isCut(node.part, member.part) && hasQuorum(member)))
}
