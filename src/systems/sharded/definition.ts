import { z } from 'zod'
import { address, httpUrl, name } from '../definition-parts.ts'

/** The section of a lab definition that is of databases without a leader, and of an executor of transactions over them. */
export const sections = {
  sharded: z.strictObject({
    shards: z
      .array(
        z.strictObject({
          name,
          container: name.optional(),
          postgres: address,
          /** What the executor's mapping calls it. */
          maps: name,
          /** As PostgreSQL calls it; left out: as `postgres` says of all. */
          database: z.string().optional(),
        }),
      )
      .min(2, 'there are at least two shards'),
    /** Where the decision log is. */
    coordinator: z.strictObject({
      name,
      container: name.optional(),
      postgres: address,
      database: z.string().optional(),
    }),
    executor: z.strictObject({ container: name.optional(), url: httpUrl }),
    recovery: z.strictObject({ container: name }).optional(),
  }),
}

const schema = z.object(sections)
export type ShardedSections = z.output<typeof schema>
