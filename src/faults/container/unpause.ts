import { z } from 'zod'
import type { UndoKind } from '../fault.ts'

const schema = z.strictObject({ service: z.string() })

/** Lets a paused container go on; one that is not paused is left alone. */
export const unpause: UndoKind<z.output<typeof schema>> = {
  type: 'unpause',
  isIndependent: true,
  isDoneBy: ['start', 'unpause'],
  schema,
  async perform({ service }, { containers }, signal) {
    const { state } = await containers.facts(service, signal)
    if (state === 'paused') await containers.act('unpause', service, signal)
  },
  async remains({ service }, { containers }, signal) {
    const { state } = await containers.facts(service, signal)
    return state === 'paused' ? `${service} is paused` : null
  },
  byHand: ({ service }, { containers }) => containers.commandFor('unpause', service),
}
