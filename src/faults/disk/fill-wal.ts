import { z } from 'zod'
import type { FaultKind } from '../fault.ts'
import { fillDisks, refusalToFillDisks } from './fill.ts'

const schema = z.strictObject({})
const FULL = { what: 'wal', percent: 100 } as const

export const fillWal: FaultKind<z.output<typeof schema>> = {
  type: 'fill-wal',
  family: 'disk',
  schema,
  aims: ['node'],
  effects: ['may-take-part-away', 'slows-part'],
  about:
    'Fills the file system that holds the WAL to the last byte: PostgreSQL panics as soon as it needs a new segment.',
  describe: (_params, parts) => `fill the WAL disk of ${parts.map((part) => part.name).join(', ')}`,
  refusal: (_params, parts, world, signal) => refusalToFillDisks(FULL, parts, world, signal),
  inject: (_params, parts, scope, signal) => fillDisks(FULL, parts, scope, signal),
}
