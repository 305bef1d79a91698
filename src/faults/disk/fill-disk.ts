import { z } from 'zod'
import { type FaultKind, noSettings } from '../fault.ts'
import { namesOf } from '../part.ts'
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
  describe: ({ percent }, parts) => `fill the data disk of ${namesOf(parts)} to ${percent} %`,
  refusal: ({ percent }, parts, world, signal) => refusalToFillDisks({ what: 'data', percent }, parts, world, signal),
  inject: ({ percent }, parts, scope, signal) => fillDisks({ what: 'data', percent }, parts, scope, signal),
}

const FULL = { what: 'wal', percent: 100 } as const

export const fillWal: FaultKind = {
  type: 'fill-wal',
  family: 'disk',
  schema: noSettings,
  aims: ['node'],
  effects: ['may-take-part-away', 'slows-part'],
  about:
    'Fills the file system that holds the WAL to the last byte: PostgreSQL panics as soon as it needs a new segment.',
  describe: (_params, parts) => `fill the WAL disk of ${namesOf(parts)}`,
  refusal: (_params, parts, world, signal) => refusalToFillDisks(FULL, parts, world, signal),
  inject: (_params, parts, scope, signal) => fillDisks(FULL, parts, scope, signal),
}
