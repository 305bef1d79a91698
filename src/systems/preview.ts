import type { Part } from '../faults/part.ts'
import type { FaultEffect } from '../model/fault-effect.ts'
import type { State } from '../model/state.ts'
import { systemOf } from './systems.ts'

/** What would remain if this were done to these parts now, a sentence a line. Nothing is touched; never throws. */
export function preview(
  { about, effects }: { readonly about: string; readonly effects: readonly FaultEffect[] },
  parts: readonly Pick<Part, 'name' | 'service'>[],
  state: State,
): readonly string[] {
  const isGone = effects.includes('takes-part-away')
  if (!isGone && !effects.includes('may-take-part-away')) return [about]
  const services = parts.map(({ service }) => service)
  const names = parts.map(({ name }) => name).join(', ')
  try {
    const gone = systemOf(state.lab).whatRemains(state, services, { handsOver: effects.includes('hands-over') })
    return isGone || gone.length === 0 ? gone : [`At worst it is as if ${names} were gone. Then:`, ...gone]
  } catch (error) {
    return [`What would remain cannot be told: ${(error as Error).message}`]
  }
}
