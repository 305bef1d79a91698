import type { Known } from '../faults/target.ts'
import { orElse } from '../model/did-you-mean.ts'
import type { System } from '../systems/system.ts'
import { systems } from '../systems/systems.ts'

/** What a scenario is checked against: the parts and roles of the lab that it is to run in. */
export interface Stage extends Known {
  /** How many addresses of each kind clients can know; 0: there is nowhere to go. */
  readonly endpoints: number
  /** The sites and hosts with ways in of their own, in a lab on several, with the hosts of each; left out: none. */
  readonly places?: readonly { readonly from: string; readonly hosts: readonly string[] }[]
  /** The systems of a lab that has several, by name; none in any other lab. */
  readonly instances: readonly string[]
  /** Whose conditions, faults and settings it may use; left out: those of every system. */
  readonly systems?: readonly System[]
}

export function noSystem(name: string, instances: readonly string[]): string {
  return `there is no system ${name}; ${instances.length === 0 ? 'this lab has but one system' : orElse(name, instances)}`
}

/** Why something is refused that other systems know, and none of this lab does; undefined when there is no reason. */
export function foreignTo(
  { systems: own = systems }: Stage,
  word: string,
  words: (of: System) => readonly string[],
): string | undefined {
  const knows = (system: System) => words(system).includes(word)
  const owners = systems.filter(knows).map(({ type }) => type)
  if (owners.length === 0 || own.some(knows)) return undefined
  return `${word} is of ${owners.join(', ')}, and this is a lab of ${own.map(({ type }) => type).join(', ')}`
}
