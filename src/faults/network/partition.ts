import { z } from 'zod'
import { was } from '../../model/predicate.ts'
import { FaultError, type FaultKind } from '../fault.ts'
import { ANY_PART, type Part } from '../part.ts'
import type { World } from '../world.ts'
import { whyNot } from './abilities.ts'
import { type Cut, isQuorumCut, makeCut } from './cut.ts'
import { namesOf, partsNamed } from './groups.ts'
import { deadMan, direction, oneOrMore, word } from './settings.ts'
import { findSpots, hasNetwork, refuseStopped, type Spot } from './spot.ts'

/** `[patroni1, etcd1]`, or `patroni1+etcd1` where there are no lists in lists. */
const group = z.preprocess((value) => (typeof value === 'string' ? value.split('+') : value), z.array(word).min(1))

const schema = z.strictObject({
  /**
   * Who stays together: names of parts, etcd, nodes, proxies, apps, or rest for all that no other group names. What the
   * fault is aimed at is a group of its own, unless it is all of one of these.
   */
  groups: oneOrMore(group).default([['rest']]),
  /** As seen from what it is aimed at; between the other groups it is both ways. */
  direction,
  deadMan,
})
type Params = z.output<typeof schema>

/** Parts that are in no group reach everybody, and so do clients. */
export const partition: FaultKind<Params> = {
  type: 'partition',
  family: 'network',
  schema,
  aims: ANY_PART,
  effects: ['may-take-part-away', 'cuts-part'],
  about: 'Splits the network: parts of one group reach each other, and nobody of another. Clients reach them all.',
  describe: ({ groups }, parts) => {
    const others = groups.filter((names) => !parts.some(({ name }) => names.includes(name)))
    return `split ${namesOf(parts)} from ${others.map((each) => each.join('+')).join(' | ') || 'the rest'}`
  },
  async refusal(params, parts, world, signal) {
    const { cut, groups } = await plan(params, parts, world, signal)
    const lively = groups.filter((spots) => spots.some(({ facts }) => hasNetwork(facts?.state)))
    if (lively.length < 2) return `there is nobody that runs to split ${namesOf(parts)} from`
    return refuseStopped(cut.targets) ?? whyNot('nft', world, signal)
  },
  async inject(params, parts, scope, signal) {
    const { cut, spots, groups } = await plan(params, parts, scope.world, signal)
    const proof = await makeCut(cut, scope, params.deadMan, signal)
    const others = groups.filter((each) => !each.some((spot) => cut.targets.includes(spot)))
    const from = namesOf(others.flat().map(({ part }) => part))
    return { ...was(`split from ${from}`), proof, ...(isQuorumCut(cut, spots) && { effects: ['cuts-from-etcd'] }) }
  },
}

async function plan(
  { groups: named, direction }: Params,
  parts: readonly Part[],
  world: World,
  signal: AbortSignal,
): Promise<{ readonly cut: Cut; readonly spots: readonly Spot[]; readonly groups: readonly (readonly Spot[])[] }> {
  const spots = await findSpots(world.parts, world, signal)
  const groups = resolveGroups(named, parts, world.parts).map((group) =>
    spots.filter(({ part }) => group.includes(part)),
  )
  const [targets = [], ...others] = groups
  const blocked = groups.flatMap((group) =>
    groups
      .filter((other) => other !== group)
      .flatMap((other) => group.flatMap((from) => other.map((to) => [from, to] as const)))
      .filter(([from, to]) =>
        direction === 'in' ? !targets.includes(from) : direction !== 'out' || !targets.includes(to),
      ),
  )
  return { cut: { targets, blocked, outside: null, direction }, spots, groups: [targets, ...others] }
}

/** Each part in one group at most, that of the target first. @throws {FaultError} they overlap, or the target is half of one */
function resolveGroups(
  named: Params['groups'],
  parts: readonly Part[],
  all: readonly Part[],
): readonly (readonly Part[])[] {
  const isRest = (words: readonly string[]) => words.includes('rest')
  if (named.filter(isRest).length > 1) throw new FaultError('only one group can be the rest')
  const explicit = named.map((words) =>
    partsNamed(
      words.filter((each) => each !== 'rest'),
      all,
    ),
  )
  const own = explicit.find((group) => group.some((part) => parts.includes(part)))
  const taken = new Set([...explicit.flat(), ...parts])
  const rest = all.filter((part) => !taken.has(part))
  const groups = explicit.map((group, index) => (isRest(named[index] ?? []) ? [...group, ...rest] : group))
  const first = own === undefined ? parts : (groups[explicit.indexOf(own)] ?? [])
  if (first.length !== parts.length) {
    throw new FaultError(`aim at the whole group ${namesOf(first)}, or leave ${namesOf(parts)} out of it`)
  }
  const others = groups.filter((_, index) => explicit[index] !== own)
  const twice = [...first, ...others.flat()].find((part, index, list) => list.indexOf(part) !== index)
  if (twice) throw new FaultError(`${twice.name} is in two groups`)
  return [first, ...others].filter((group) => group.length > 0)
}
