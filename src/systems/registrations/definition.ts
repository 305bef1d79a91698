import { z } from 'zod'
import { address, httpUrl, name } from '../definition-parts.ts'

const server = z.strictObject({ name, container: name.optional(), postgres: address })
const app = z.strictObject({ name, container: name.optional(), url: httpUrl })

/** The section of a lab definition: a master, its shards, and the applications that register and list. */
export const sections = {
  registrations: z.strictObject({
    master: server,
    shards: z.array(server).min(1, 'expected at least one shard'),
    apps: z.array(app).min(1, 'expected at least one application'),
  }),
}

const schema = z.object(sections)
export type RegistrationsSections = z.output<typeof schema>
