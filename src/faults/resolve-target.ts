import { type Rng, sample } from '../model/rng.ts'
import type { State } from '../model/state.ts'
import { FaultError, type FaultKind } from './fault.ts'
import { type MissingPart, type Part, partsAndOthers } from './part.ts'
import { formatTarget, noSuchPart, type Target } from './target.ts'
import type { SystemParts } from './world.ts'

export interface TargetScene {
  readonly parts: readonly Part[]
  readonly missing: readonly MissingPart[]
  readonly system: Pick<SystemParts, 'roles' | 'inRole'>
  state(): State
}

/**
 * What a target stands for at this moment, each part once, in the order of the lab definition.
 * @throws {FaultError} nothing fits it now, or the kind cannot be aimed at what does
 */
export function resolveTarget(
  target: Target,
  kind: Pick<FaultKind, 'type' | 'aims'>,
  { parts, missing, state, system }: TargetScene,
  rng: Rng,
): readonly Part[] {
  const all = partsAndOthers(parts, state())
  const names = new Set(resolve(target, { parts: all, missing, state: state(), system, rng }))
  const found = all.filter((part) => names.has(part.name))
  if (found.length === 0) throw new FaultError(`${formatTarget(target)}: there is none at this moment`)
  const unfit = found.find((part) => !kind.aims.includes(part.kind))
  if (unfit) throw new FaultError(`${kind.type} cannot be aimed at ${unfit.name} (only at ${kind.aims.join(', ')})`)
  return found
}

/** Every host of the lab, in a lab on several. */
export const HOSTS = 'hosts'

/** Hosts are drawn whole. */
function onSomeHosts(target: Target & { type: 'random' }, { parts, rng }: Now): readonly string[] {
  const hosts = [...new Set(parts.flatMap(({ host }) => host ?? []))].sort()
  if (hosts.length < target.count) {
    throw new FaultError(`${formatTarget(target)}: there are only ${hosts.length} hosts in this lab`)
  }
  const drawn = sample(rng, hosts, target.count)
  return parts.filter(({ host }) => host !== undefined && drawn.includes(host)).map(({ name }) => name)
}

interface Now {
  readonly parts: readonly Part[]
  readonly missing: readonly MissingPart[]
  readonly state: State
  readonly system: TargetScene['system']
  readonly rng: Rng
}

function resolve(target: Target, now: Now): readonly string[] {
  const { parts, missing, state, system, rng } = now
  switch (target.type) {
    case 'name': {
      const { name } = target
      if (system.roles.some((role) => role.name === name)) return system.inRole(name, parts, state)
      if (!parts.some((part) => part.name === name)) {
        throw new FaultError(noSuchPart(name, { parts, roles: system.roles, missing }))
      }
      return [name]
    }
    case 'random': {
      if (target.of.type === 'name' && target.of.name === HOSTS) return onSomeHosts(target, now)
      const among = [...new Set(resolve(target.of, now))].sort()
      if (among.length < target.count) {
        throw new FaultError(`${formatTarget(target)}: there are only ${among.length} at this moment`)
      }
      return sample(rng, among, target.count)
    }
    case 'all':
      return target.of.flatMap((each) => resolve(each, now))
  }
}
