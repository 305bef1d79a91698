import { FaultError } from '../../src/faults/fault.ts'
import { partsAndOthers } from '../../src/faults/part.ts'
import type { Lab } from '../../src/lab/lab.ts'
import { seededRng } from '../../src/model/rng.ts'
import { findFaultKind } from '../../src/systems/fault-kinds.ts'

/** Does to a part what the keys of the screen do. */
export async function act(
  { faults, world }: Lab,
  verb: 'stop' | 'kill' | 'pause' | 'restart' | 'start',
  name: string,
): Promise<'done' | 'failed'> {
  const part = world && partsAndOthers(world.parts, world.state()).find((each) => each.name === name)
  if (faults === null || !part) throw new Error(`there is no part ${name}`)
  if (verb === 'start') return (await faults.start(part)) ? 'done' : 'failed'
  const kind = findFaultKind(verb)
  if (kind === null) throw new Error(`there is no fault ${verb}`)
  const order = { kind, params: kind.schema.parse({}), target: { type: 'name', name } } as const
  try {
    await faults.inject(order, seededRng(''), AbortSignal.timeout(90_000))
    return 'done'
  } catch (error) {
    if (error instanceof FaultError) return 'failed'
    throw error
  }
}
