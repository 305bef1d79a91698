import { z } from 'zod'

const member = z.strictObject({ id: z.string(), url: z.url() })

/** Of one server: a gateway knows shards, a node holds what it is sent. */
export const naiveConfig = z.strictObject({
  id: z.string().default('server'),
  host: z.string().default('127.0.0.1'),
  port: z.int().default(8000),
  /** Left out: a node. */
  shards: z.array(z.strictObject({ id: z.string(), primary: member, replicas: z.array(member) })).optional(),
  health_check_interval_seconds: z.number().default(5),
  answer_ms: z.int().default(1_000),
})

export type NaiveConfig = z.output<typeof naiveConfig>
export type NaiveMember = z.output<typeof member>
