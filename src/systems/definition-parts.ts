import { z } from 'zod'

/* What the sections of a lab definition are made of. */

/** A name of a part, a cluster or a listener. */
export const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'expected a name: letters, digits, dots, dashes')
  // Names are keys of plain objects in the model: constructor, toString and the like would find something there.
  .refine((text) => !(text in {}), 'this name cannot be used')
/** What is wrong with a name that another part has. */
export const nameIsTaken = (taken: string) => `the name ${taken} is taken: every part needs one of its own`
/** Where something answers HTTP. */
export const httpUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    'expected a URL like http://host:port',
  )
/** `host:port`, taken apart. */
export const address = z
  .string()
  .regex(/^(\[[0-9A-Fa-f:]+\]|[^\s:/]+):\d{1,5}$/, 'expected host:port')
  .transform((text) => {
    const colon = text.lastIndexOf(':')
    return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) }
  })
  .refine(({ port }) => port > 0 && port < 65_536, 'expected a port from 1 to 65535')

/** A secret is never in the definition itself: it names an environment variable, a file, or both (the variable wins). */
export const secret = z
  .strictObject(
    { env: z.string().optional(), file: z.string().optional() },
    { error: (issue) => (issue.code === 'invalid_type' ? 'expected env: VARIABLE or file: PATH' : undefined) },
  )
  .refine((s) => s.env !== undefined || s.file !== undefined, 'expected env: VARIABLE or file: PATH')
