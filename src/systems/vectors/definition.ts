import { z } from 'zod'
import { address, httpUrl, name, secret } from '../definition-parts.ts'

const part = { name, container: name.optional() }

/** The section of a lab definition that is a vector store's. */
export const sections = {
  vectors: z.strictObject({
    /** What its servers know each other by: by it their copies are read back. */
    secret,
    /** How many shards it begins with, and copies of each. */
    shards: z.int().min(1),
    copies: z.int().min(1),
    gateways: z.array(z.strictObject({ ...part, url: httpUrl })).min(1),
    nodes: z
      .array(
        z.strictObject({
          ...part,
          url: httpUrl,
          /** How the servers themselves reach it. */
          inside: httpUrl,
          /** The PostgreSQL that it keeps its copies in; left out: in memory. */
          store: z.strictObject({ ...part, address }).optional(),
        }),
      )
      .min(1),
    /** Where the map is, if anywhere. */
    etcd: z.array(z.strictObject(part)).default([]),
  }),
}

const schema = z.object(sections)
export type VectorsSections = z.output<typeof schema>
