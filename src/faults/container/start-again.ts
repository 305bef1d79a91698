import { z } from 'zod'
import type { UndoKind } from '../fault.ts'

const schema = z.strictObject({ service: z.string() })

/** Starts a container that a fault has ended; one that runs is left alone. */
export const startAgain: UndoKind<z.output<typeof schema>> = {
  type: 'start-again',
  isIndependent: true,
  isDoneBy: ['start'],
  schema,
  async perform({ service }, { containers }, signal) {
    const { state } = await containers.facts(service, signal)
    if (state === 'paused') await containers.act('unpause', service, signal)
    else if (state !== 'running') await containers.act('start', service, signal)
  },
  async remains({ service }, { containers }, signal) {
    const { state } = await containers.facts(service, signal)
    return state === 'running' ? null : `${service} is ${state}`
  },
  byHand: ({ service }, { containers }) => containers.commandFor('start', service),
}
