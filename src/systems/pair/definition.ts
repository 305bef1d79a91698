import { z } from 'zod'
import { address, httpUrl, name } from '../definition-parts.ts'

/** The section of a lab definition that is a pair's. */
export const sections = {
  pair: z.strictObject({
    nodes: z
      .array(z.strictObject({ name, container: name.optional(), postgres: address }))
      .length(2, 'a pair has two servers'),
    /** What its proxy is to promote by; left out: whatever it does promote by. */
    rule: z.enum(['naive', 'fenced']).optional(),
    proxy: z.strictObject({ container: name.optional(), address, status: httpUrl }),
  }),
}

const schema = z.object(sections)
export type PairSections = z.output<typeof schema>
