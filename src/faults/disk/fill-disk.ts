import { z } from 'zod'
import type { FaultKind } from '../fault.ts'
import { fillDisks, refusalToFillDisks } from './fill.ts'

const schema = z.strictObject({
  /** How full the volume becomes, with what is in it already; 100 is to the last byte. */
  percent: z.int().min(1).max(100).default(100),
})

export const fillDisk: FaultKind<z.output<typeof schema>> = {
  type: 'fill-disk',
  family: 'disk',
  schema,
  aims: ['node'],
  effects: ['may-take-part-away', 'slows-part'],
  about:
    "Fills the volume that holds a node's data: PostgreSQL cannot extend a table, and stops when it cannot write WAL.",
  describe: ({ percent }, parts) =>
    `fill the data disk of ${parts.map((part) => part.name).join(', ')} to ${percent} %`,
  refusal: ({ percent }, parts, world, signal) => refusalToFillDisks({ what: 'data', percent }, parts, world, signal),
  inject: ({ percent }, parts, scope, signal) => fillDisks({ what: 'data', percent }, parts, scope, signal),
}
