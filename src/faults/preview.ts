import type { State } from '../model/state.ts'
import { whatRemains } from '../model/what-remains.ts'
import type { Part } from './part.ts'

const VERBS = ['stop', 'kill', 'pause', 'restart'] as const
/** Families whose faults may leave a part as good as gone. */
const GOING: readonly string[] = ['container', 'process', 'network', 'disk']

/** What would remain if this were done to these parts now, a sentence a line. Nothing is touched; never throws. */
export function preview(
  { type, family, about }: { readonly type: string; readonly family: string; readonly about: string },
  parts: readonly Pick<Part, 'name' | 'service'>[],
  state: State,
): readonly string[] {
  const services = parts.map(({ service }) => service)
  const verb = VERBS.find((each) => each === type)
  try {
    if (verb !== undefined) return whatRemains(state, verb, services)
    if (!GOING.includes(family)) return [about]
    const gone = whatRemains(state, 'kill', services)
    const names = parts.map(({ name }) => name).join(', ')
    return gone.length === 0 ? [] : [`At worst it is as if ${names} were gone. Then:`, ...gone]
  } catch (error) {
    return [`What would remain cannot be told: ${(error as Error).message}`]
  }
}
