import type { Verb } from '../../docker/act.ts'
import { FaultError, type FaultScope } from '../fault.ts'
import type { Part } from '../part.ts'

export interface Doing {
  readonly verb: Verb
  /** The type of the undo. */
  readonly undo: 'start-again' | 'unpause'
  /** What Docker must say of each container afterwards. */
  readonly state: string
}

/** Does one thing to the container of each part at the same time, and makes sure that Docker says so of each. */
export async function actOnEach(
  parts: readonly Part[],
  scope: FaultScope,
  { verb, undo, state }: Doing,
  signal: AbortSignal,
): Promise<void> {
  const { containers } = scope.world
  for (const { service } of parts) await scope.defer({ type: undo, params: { service } })
  const acted = await Promise.allSettled(parts.map(({ service }) => containers.act(verb, service, signal)))
  for (const one of acted) if (one.status === 'rejected') throw one.reason
  for (const { service } of parts) {
    const facts = await containers.facts(service, signal)
    if (facts.state !== state) throw new FaultError(`${service} is ${facts.state}, not ${state}`)
  }
}
