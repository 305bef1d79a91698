import { z } from 'zod'
import { type FaultKind, noSettings } from '../../../../faults/fault.ts'
import { changeConfig } from './change-config.ts'
import { readConfig } from './dynamic-config.ts'

const nodeSchema = z.object({ pause: z.boolean().default(false) })

export const pausePatroni: FaultKind = {
  type: 'pause-patroni',
  family: 'patroni',
  schema: noSettings,
  aims: ['node'],
  effects: [],
  about: 'Maintenance mode for the whole cluster: Patroni only looks on, and nobody is promoted when the leader dies.',
  describe: () => 'pause Patroni: maintenance mode for the whole cluster',
  async refusal(_params, _parts, world, signal) {
    const { pause } = await readConfig(world, signal)
    return pause === true ? 'the cluster is in maintenance mode already: patronictl resume ends it' : null
  },
  async inject(_params, _parts, scope, signal) {
    const isInForce = (answer: unknown) => nodeSchema.safeParse(answer).data?.pause === true
    const proof = await changeConfig({ pause: true }, { path: '/patroni', isInForce }, scope, signal)
    return { text: 'went into maintenance mode with the whole cluster', proof }
  },
}
