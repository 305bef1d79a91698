import { z } from 'zod'
import { noteKeys } from '../lab/known-keys.ts'

/*
 * What a transform of a schema needs to have parts of its value judged by schemas that it chooses.
 */

/** Says what is wrong at this place. */
export function refuse(context: z.RefinementCtx, path: PropertyKey[], message: string): never {
  context.issues.push({ code: 'custom', path, message, input: context.value })
  return z.NEVER
}

/** The value by this schema, whose mistakes are passed on. */
export function parseInto<T>(schema: z.ZodType<T>, value: unknown, context: z.RefinementCtx): T {
  const parsed = schema.safeParse(value, { error: noteKeys })
  if (parsed.success) return parsed.data
  passOn(parsed.error, context)
  return z.NEVER
}

export function passOn(error: z.ZodError, context: z.RefinementCtx): void {
  for (const issue of error.issues)
    context.issues.push({ ...issue, path: [...issue.path], input: context.value } as never)
}
